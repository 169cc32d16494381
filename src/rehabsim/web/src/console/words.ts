// How the console says what the machine says.

import type { Mode, Severity, State } from "../net/messages";

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

export const SEVERITY_MARKS: Record<Severity, string> = {
  none: "",
  warn: "!",
  hold: "!",
  ramp: "!!",
  fast: "!!!",
  estop: "!!!",
};
