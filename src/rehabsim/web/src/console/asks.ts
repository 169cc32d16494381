// What this console asks, and what became of it: shown at the control that was pressed.

import { signal } from "@preact/signals";
import { page_s } from "../net/clock";
import { randomHex } from "../net/key";
import type { Request, RequestName, Told } from "../net/messages";
import { info, isCommander, isLive, link, listeners, proof } from "./store";

const ANSWER_MS = 1000;
const SHOW_DONE_MS = 2500;
const SHOW_REFUSAL_MS = 12000;
const MAX_ALIVE_EVERY_S = 0.4;

export type Outcome =
  | { step: "sent" }
  | { step: "done"; took_ms: number }
  | { step: "refused"; reason: string }
  | { step: "unanswered"; reason: string };

// By name of the control.
export const outcomes = signal<Record<string, Outcome>>({});

interface Pending {
  control: string;
  sent_s: number;
  timer: number;
}

const pending = new Map<string, Pending>();
const clearTimers = new Map<string, number>();

const page = randomHex(4);
let askCount = 0;

export function nextId(): string {
  askCount += 1;
  return `${page}-${askCount}`;
}

const NOT_SENT = "No live connection, so nothing was sent. Press again when it is back.";
const NO_ANSWER = "No answer within 1 s. What the machine does is shown above.";

// Asks for something that could start or change the belts: only while what is shown is live.
export function ask(control: string, name: RequestName, extra: Partial<Request> = {}): void {
  // Pause only ever takes permission away, so it is tried even when nothing is known.
  const mayAsk = isLive.value || name === "pause";
  const request: Request = { id: nextId(), name, ...proof(), ...extra };
  if (!mayAsk || !link.send(request)) {
    settle(control, { step: "refused", reason: NOT_SENT });
    return;
  }
  const timer = window.setTimeout(() => {
    settle(control, { step: "unanswered", reason: NO_ANSWER });
  }, ANSWER_MS);
  pending.set(request.id, { control, sent_s: page_s(), timer });
  settle(control, { step: "sent" });
}

export function dismiss(control: string): void {
  const { [control]: _, ...rest } = outcomes.value;
  outcomes.value = rest;
}

export function isAsking(control: string): boolean {
  return outcomes.value[control]?.step === "sent";
}

function settle(control: string, outcome: Outcome): void {
  clearTimeout(clearTimers.get(control));
  outcomes.value = { ...outcomes.value, [control]: outcome };
  if (outcome.step !== "sent") {
    const show_ms = outcome.step === "done" ? SHOW_DONE_MS : SHOW_REFUSAL_MS;
    clearTimers.set(
      control,
      window.setTimeout(() => dismiss(control), show_ms),
    );
  }
}

function hear(told: Told): void {
  if (told.k !== "ack") {
    return;
  }
  const asked = pending.get(told.id);
  if (asked === undefined) {
    return;
  }
  pending.delete(told.id);
  clearTimeout(asked.timer);
  settle(
    asked.control,
    told.status === "rejected" || told.reason !== ""
      ? { step: "refused", reason: told.reason || "Refused without a reason." }
      : { step: "done", took_ms: Math.round((page_s() - asked.sent_s) * 1000) },
  );
}

// A console that sees nothing is not in command: it stays alive only while what it shows is live.
function stayInCommand(): void {
  if (isCommander.value && isLive.value) {
    link.send({ id: nextId(), name: "alive", ...proof() });
  }
  const life_s = info.value?.limits.max_operator_age_s ?? 1;
  setTimeout(stayInCommand, 1000 * Math.min(MAX_ALIVE_EVERY_S, life_s / 4));
}

listeners.push(hear);
stayInCommand();
