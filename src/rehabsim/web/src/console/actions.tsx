// The acts that change the mode. Two of them, in two places, start the belts.

import type { Mode } from "../net/messages";
import { Press } from "./press";
import { client, isCommander, isLive, isOver, isReplay, state } from "./store";
import { who } from "./words";

// The act that is most likely next; the others stay where they are, but quiet.
const NEXT: Record<Mode, string> = {
  locked: "reset",
  idle: "arm",
  armed: "start",
  starting: "pause",
  running: "pause",
  stopping: "",
  holding: "pause",
  perturbing: "pause",
};

export function Actions() {
  const mode = state.value?.mode;
  const canAct = isLive.value && !isReplay.value && state.value?.needs_restart !== true && !isOver.value;
  const next = canAct && mode !== undefined ? NEXT[mode] : "";
  const look = (name: string) => `act ${name}${name === next ? " next" : ""}`;
  return (
    <div class="actions">
      <Press control="pause" name="pause" class={look("pause")} hint="ramp to rest">
        <span aria-hidden="true">❚❚</span> Pause
      </Press>
      <Press control="arm" name="arm" class={look("arm")} hint="first of two acts">
        <span aria-hidden="true">1</span> Arm
      </Press>
      <Press control="start" name="start" class={look("start")} hint="second act: belts move">
        <span aria-hidden="true">2</span> Start
      </Press>
      <Press control="reset" name="reset" class={look("reset")} hint="unlock">
        <span aria-hidden="true">⟲</span> Reset
      </Press>
      <Commander />
    </div>
  );
}

function Commander() {
  const commander = state.value?.commander ?? "";
  return (
    <div class={`commander${isCommander.value ? " self" : ""}`} id="commander">
      <small>in command</small>
      <b class="live">{commander === "" ? "nobody" : who(commander, client.value)}</b>
      <small>this console: {client.value === "" ? "–" : client.value}</small>
      {commander !== "" && isLive.value && !isReplay.value && <Change />}
    </div>
  );
}

// Command changes hands in two acts at two consoles, and the belts go on.
function Change() {
  return isCommander.value ? (
    <Press control="hand_over" name="hand_over" class="change" label="Hand over" />
  ) : (
    <Press control="take_over" name="take_over" class="change" label="Take over" />
  );
}
