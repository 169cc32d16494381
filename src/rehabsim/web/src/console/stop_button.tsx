// The largest thing on the page, and truthful about whether it would work.

import { age } from "./words";
import { hasKeeper, isReplay, now_s, status } from "./store";
import { type Stop, isUnconfirmed, pressStop, stop } from "./stopping";

const RED_BUTTON = "Use the red button on the machine";

export function StopButton() {
  const isConnected = status.value === "open";
  const doubt = isReplay.value
    ? "Replay: there is no belt to stop"
    : !isConnected
      ? `No connection. ${RED_BUTTON}`
      : !hasKeeper.value
        ? `Keeper silent. ${RED_BUTTON}`
        : "";
  return (
    <div class="stop-box">
      <button
        type="button"
        id="stop"
        class={`stop${doubt === "" ? "" : " doubtful"}`}
        aria-keyshortcuts="Escape Space"
        aria-describedby="stop-answer"
        onPointerDown={(press) => {
          if (press.button === 0) {
            pressStop();
          }
        }}
        onClick={(click) => {
          // Pointers have acted already; this is a keyboard or a reading aid.
          if (click.detail === 0) {
            pressStop();
          }
        }}
      >
        <span class="stop-face">
          <span class="stop-word">STOP</span>
          <small class="stop-hint">{doubt === "" ? "Space or Esc" : doubt}</small>
        </span>
      </button>
      <p id="stop-answer" class={`stop-answer ${answerTone(stop.value)}`} role="alert">
        {answer(stop.value)}
      </p>
    </div>
  );
}

function answerTone(known: Stop | null): string {
  now_s.value;
  if (known === null) {
    return "";
  }
  return known.by !== "" ? "confirmed" : isUnconfirmed(known) || known.reason ? "failed" : "sent";
}

function answer(known: Stop | null): string {
  if (known === null) {
    return "";
  }
  const since = age(Math.max(0, now_s.value - known.pressed_s));
  if (known.by === "keeper") {
    return `✓ The keeper stops the belts (${known.took_ms} ms)`;
  }
  if (known.by === "state") {
    return `✓ The belts are stopped (${known.took_ms} ms)`;
  }
  if (known.reason !== "") {
    return `✗ ${known.reason}`;
  }
  if (!isUnconfirmed(known)) {
    return "STOP sent …";
  }
  const what = known.isSent ? "NOT confirmed" : "NOT sent";
  return `STOP ${what} (${since}). ${RED_BUTTON}.`;
}
