// How the console says what the machine says.

import type { BlockPlace, Ended, Event, Mode, Severity, State } from "../net/messages";

export function fixed(value: number | undefined, digits: number): string {
  if (value === undefined || !Number.isFinite(value)) {
    return "–";
  }
  // Nothing is not less than nothing.
  return value.toFixed(digits).replace(/^-(?=[0.]+$)/, "");
}

export function kmh(speed_mps: number | undefined): string {
  return fixed(speed_mps === undefined ? undefined : speed_mps * 3.6, 1);
}

export function milliseconds(value_s: number | undefined): string {
  if (value_s === undefined || !Number.isFinite(value_s)) {
    return "–";
  }
  if (value_s >= 1) {
    return `${value_s.toFixed(1)} s`;
  }
  return `${(value_s * 1000).toFixed(value_s < 0.001 ? 1 : 0)} ms`;
}

export function clock(t_s: number | undefined): string {
  if (t_s === undefined || !Number.isFinite(t_s)) {
    return "–:––";
  }
  const whole_s = Math.max(0, Math.floor(t_s));
  const minutes = Math.floor(whole_s / 60);
  return `${minutes}:${String(whole_s % 60).padStart(2, "0")}`;
}

export function age(age_s: number): string {
  return age_s < 10 ? `${age_s.toFixed(1)} s` : clock(age_s) + (age_s < 3600 ? " min" : "");
}

// Which console, from where this one stands.
export function who(name: string, self: string): string {
  return name === self ? "this console" : name;
}

export function causeWords(cause: string, self: string): string {
  if (cause === "") {
    return "";
  }
  if (cause === "start-up") {
    return "Locked since start-up.";
  }
  if (cause === "paused") {
    return "Paused.";
  }
  const from = /^STOP from (.+)$/.exec(cause)?.[1];
  if (from !== undefined) {
    return from === self ? "STOP was pressed on this console." : `STOP came from ${from}.`;
  }
  const sentence = cause.charAt(0).toUpperCase() + cause.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

export const MODE_WORDS: Record<Mode, string> = {
  locked: "LOCKED",
  idle: "IDLE",
  armed: "ARMED",
  starting: "STARTING",
  running: "RUNNING",
  stopping: "STOPPING",
  holding: "HOLDING",
  perturbing: "PERTURBING",
};

export type Tone = "calm" | "ready" | "moving" | "attention" | "alarm" | "unknown";

export function tone(state: State): Tone {
  switch (state.mode) {
    case "idle":
      return "ready";
    case "armed":
      return "attention";
    case "starting":
    case "running":
    case "perturbing":
      return "moving";
    case "holding":
      return "attention";
    case "stopping":
      return state.cause === "paused" ? "attention" : "alarm";
    case "locked":
      return state.cause === "start-up" || state.cause === "" ? "calm" : "alarm";
  }
}

export function modeSentence(state: State, self: string, armedLeft_s: number): string {
  const cause = causeWords(state.cause, self);
  const target = `${fixed(state.cruise_speed_mps, 2)} m/s`;
  switch (state.mode) {
    case "idle":
      return "Belts at rest. To walk: Arm, then Start.";
    case "armed":
      return Number.isFinite(armedLeft_s)
        ? `Belts move when Start is pressed within ${Math.ceil(armedLeft_s)} s.`
        : "Belts move when Start is pressed.";
    case "starting":
      return `Belts speed up; set speed ${target}.`;
    case "running":
      return `Belts follow the scenario; set speed ${target}.`;
    case "perturbing":
      return `A perturbation is on; set speed ${target}.`;
    case "holding":
      return `${cause} The speed is held until that has gone; soon the belts stop.`;
    case "stopping":
      return (state.needs_restart ?? false)
        ? `${cause} Still moving? Press the machine's red button.`
        : `${cause} Belts are ramping to rest.`;
    case "locked":
      if (state.needs_restart ?? false) {
        return `${cause} Look after the person, check the treadmill, then start rehabsim again.`;
      }
      return state.cause === "start-up"
        ? `${cause} Person ready and clipped in? Press Reset.`
        : `${cause} Look after the person, then press Reset.`;
  }
}

const ENDED: Record<Ended, string> = {
  "": "",
  time: "The time is over.",
  tasks: "All of its tasks are over.",
  pain: "It ended because of the pain that was told.",
  effort: "It ended because of the effort that was told.",
  hand: "It was ended by hand.",
};

// What a session leaves on the screen; after it nobody answers until the next one begins.
export function overSentence(
  state: State,
  block: BlockPlace | null,
  restLeft_s: number,
  isHearing: boolean,
  self: string,
): string {
  const isOrdinary = state.cause === "" || state.cause === "paused" || state.cause === "start-up";
  const cause = isOrdinary ? "" : `${causeWords(state.cause, self)} `;
  const next = isHearing
    ? nextHere(state, block, restLeft_s)
    : nextAtTerminal(state, block, restLeft_s);
  return `${cause}${ENDED[state.ended ?? ""]} ${next}`;
}

function nextHere(state: State, block: BlockPlace | null, restLeft_s: number): string {
  if (state.ended === "pain" || state.ended === "effort") {
    return "Help the person off the belts. Tell pain and effort, then press End.";
  }
  const title = block?.next_title ?? "";
  if (title === "") {
    return "That was the last block. Tell pain and effort, then press End.";
  }
  return restLeft_s > 0
    ? `Rest ${clock(Math.ceil(restLeft_s))}, then: ${title}. Tell pain and effort meanwhile.`
    : `The rest is over. Tell pain and effort, then press Next block: ${title}.`;
}

function nextAtTerminal(state: State, block: BlockPlace | null, restLeft_s: number): string {
  if (block === null) {
    return "Nothing is heard of the belts any more.";
  }
  if (Number.isFinite(state.rest_left_s ?? NaN)) {
    return block.next_title === "" ? "That was the last block." : `Next: ${block.next_title}.`;
  }
  if (state.ended === "pain" || state.ended === "effort") {
    return "Help the person off the belts; the terminal says what follows.";
  }
  const asked = "Pain and effort are asked for in the terminal.";
  if (block.next_title === "") {
    return `That was the last block. ${asked}`;
  }
  return restLeft_s > 0
    ? `Rest ${clock(Math.ceil(restLeft_s))}, then: ${block.next_title}. ${asked}`
    : `The rest is over. Next, from the terminal: ${block.next_title}.`;
}

const ASKED: Record<string, string> = {
  set_speed: "Set speed",
  turn: "Turned:",
  accept: "Change of difficulty accepted",
  keep: "Difficulty kept",
  undo: "Change of difficulty taken back",
  rate: "Told:",
  perturb: "Perturbations may come",
  calm: "Perturbations held back",
  follow: "Belts follow the person",
  fix: "Belts keep the set speed",
  hand_over: "Command offered",
  take_over: "Command taken over",
  go_on: "Gone on after the rest",
  rest: "Rest",
  engage: "Platform rises",
  settle: "Platform goes home",
  zero_plates: "Zero the plates",
  check_left: "Check the left plate",
  check_right: "Check the right plate",
};

// What was asked is told by the names on the wire; here in the words of this page.
export function eventWords(event: Event, self: string): string {
  const text = self === "" ? event.text : event.text.replaceAll(self, "this console");
  const asked = event.kind === "request" ? /^(\w+)(.*?) (applied|rejected)(.*)$/.exec(text) : null;
  if (asked === null) {
    return text;
  }
  const [, name = "", numbers = "", status, rest = ""] = asked;
  const words = ASKED[name] ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
  return `${words}${numbers}${status === "applied" ? rest : ` – refused${rest}`}`;
}

export const SEVERITY_MARKS: Record<Severity, string> = {
  none: "",
  warn: "!",
  hold: "!",
  ramp: "!!",
  fast: "!!!",
  estop: "!!!",
};
