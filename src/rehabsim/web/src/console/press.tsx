// A button that asks the session for something, and shows what became of it where it was pressed.

import type { ComponentChildren } from "preact";
import type { Request, RequestName } from "../net/messages";
import { type Outcome, ask, dismiss, outcomes } from "./asks";

interface PressProps {
  control: string;
  name: RequestName;
  extra?: () => Partial<Request>;
  class?: string;
  label?: string;
  hint?: string;
  side?: "left" | "right";
  children?: ComponentChildren;
}

export function Press(props: PressProps) {
  const outcome = outcomes.value[props.control];
  const note = noteOf(outcome);
  const noteId = `note-${props.control}`;
  return (
    <div class={`press ${props.class ?? ""}`}>
      <button
        type="button"
        id={props.control}
        class={outcome?.step ?? ""}
        aria-describedby={note === "" ? undefined : noteId}
        onClick={() => ask(props.control, props.name, props.extra?.())}
      >
        <span class="press-label">{props.children ?? props.label}</span>
        <small class="press-hint">{word(outcome, props.hint ?? "")}</small>
      </button>
      <span role="status">
        {note !== "" && (
          <span class={`note ${props.side ?? "left"}`} id={noteId}>
            {note}
            <button
              type="button"
              class="note-close"
              aria-label="Close this note"
              onClick={() => dismiss(props.control)}
            >
              ×
            </button>
          </span>
        )}
      </span>
    </div>
  );
}

function noteOf(outcome: Outcome | undefined): string {
  return outcome?.step === "refused" || outcome?.step === "unanswered" ? outcome.reason : "";
}

function word(outcome: Outcome | undefined, hint: string): string {
  switch (outcome?.step) {
    case "sent":
      return "sent …";
    case "done":
      return `✓ ${outcome.took_ms} ms`;
    case "refused":
      return "✗ refused";
    case "unanswered":
      return "? no answer";
    default:
      return hint;
  }
}
