// The few words over the picture.

import type { Score } from "./world";

const PRAISE_MS = 900;

export class Hud {
  private readonly box = document.getElementById("hud") as HTMLElement;
  private readonly words = document.getElementById("note") as HTMLElement;
  private readonly label = document.createElement("span");
  private readonly value = document.createElement("b");
  private readonly more = document.createElement("span");
  private readonly arrow = document.createElement("span");
  private readonly badge = document.createElement("strong");
  private praiseTimer = 0;

  constructor() {
    this.badge.className = "badge";
    this.badge.textContent = "REPLAY";
    this.badge.hidden = true;
    const score = document.createElement("p");
    score.className = "score";
    score.append(this.label, this.value, this.more);
    this.more.className = "more";
    this.arrow.className = "arrow";
    this.box.append(score, this.arrow, this.badge);
  }

  note(text: string): void {
    if (this.words.textContent !== text) {
      this.words.textContent = text;
    }
  }

  replay(isReplay: boolean): void {
    this.badge.hidden = !isReplay;
  }

  private point(turn: "left" | "right" | undefined): void {
    const text = turn === undefined ? "" : turn === "left" ? "◀" : "▶";
    if (this.arrow.textContent !== text) {
      this.arrow.textContent = text;
      this.arrow.className = `arrow ${turn ?? ""}`;
    }
  }

  score(score: Score | null): void {
    this.box.classList.toggle("empty", score === null);
    this.point(score?.turn);
    if (this.more.textContent !== (score?.more ?? "")) {
      this.more.textContent = score?.more ?? "";
    }
    if (
      score === null ||
      (score.value === this.value.textContent && score.label === this.label.textContent)
    ) {
      return;
    }
    const isPraise = this.value.textContent !== "" && score.label === "Gates";
    this.label.textContent = score.label;
    this.value.textContent = score.value;
    if (isPraise) {
      this.box.classList.add("praise");
      clearTimeout(this.praiseTimer);
      this.praiseTimer = window.setTimeout(() => this.box.classList.remove("praise"), PRAISE_MS);
    }
  }
}
