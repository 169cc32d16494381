// STOP: one press, no question, sent again until somebody has confirmed it.

import { signal } from "@preact/signals";
import { page_s } from "../net/clock";
import type { Told } from "../net/messages";
import { nextId } from "./asks";
import { isLive, isReplay, link, listeners, state } from "./store";

const RESEND_MS = 100;
const UNCONFIRMED_S = 0.3;
const GIVE_UP_S = 30;

export interface Stop {
  id: string;
  pressed_s: number;
  isSent: boolean;
  by: "" | "keeper" | "state";
  took_ms: number;
  reason: string;
}

export const stop = signal<Stop | null>(null);

export function pressStop(): void {
  const known = stop.value;
  if (known === null || known.by !== "" || page_s() - known.pressed_s > GIVE_UP_S) {
    stop.value = {
      id: nextId(),
      pressed_s: page_s(),
      isSent: false,
      by: "",
      took_ms: 0,
      reason: "",
    };
  }
  send();
}

export function isUnconfirmed(known: Stop): boolean {
  return known.by === "" && page_s() - known.pressed_s > UNCONFIRMED_S;
}

function send(): void {
  const known = stop.value;
  if (known === null || known.by !== "" || page_s() - known.pressed_s > GIVE_UP_S) {
    return;
  }
  if (link.send({ id: known.id, name: "stop" })) {
    if (!known.isSent) {
      stop.value = { ...known, isSent: true };
    }
  } else {
    link.reconnectNow();
  }
}

function hear(told: Told): void {
  const known = stop.value;
  if (known === null || known.by !== "") {
    return;
  }
  if (told.k === "keeper" && told.id === known.id) {
    stop.value = told.is_accepted
      ? { ...known, by: "keeper", took_ms: since_ms(known), reason: "" }
      : { ...known, reason: told.reason };
  } else if (told.k === "ack" && told.id === known.id && told.status === "rejected") {
    stop.value = { ...known, reason: told.reason };
  }
}

function since_ms(known: Stop): number {
  return Math.round((page_s() - known.pressed_s) * 1000);
}

// The mode itself is a confirmation too, should the keeper's answer not come.
function lookAtState(): void {
  const known = stop.value;
  const current = state.value;
  if (known !== null && known.isSent && isUnconfirmed(known) && isLive.value && current !== null) {
    const isStopped = current.mode === "stopping" || current.mode === "locked";
    if (isStopped && !isReplay.value && current.cause.startsWith("STOP")) {
      stop.value = { ...known, by: "state", took_ms: since_ms(known) };
    }
  }
  if (known !== null && known.by !== "" && isLive.value && current !== null) {
    const isOver = current.mode !== "stopping" && current.mode !== "locked";
    if (isOver && page_s() - known.pressed_s > 1) {
      stop.value = null;
    }
  }
}

function onKey(key: KeyboardEvent): void {
  const target = key.target;
  const isTyping = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  const isStop = key.key === "Escape" || (key.code === "Space" && !isTyping);
  if (!isStop) {
    return;
  }
  // A focused button must not be pressed by the same key.
  key.preventDefault();
  key.stopPropagation();
  if (key.type === "keydown" && !key.repeat) {
    pressStop();
  }
}

listeners.push(hear);
setInterval(() => {
  send();
  lookAtState();
}, RESEND_MS);
addEventListener("keydown", onKey, true);
addEventListener("keyup", onKey, true);
