// What the console knows. States come 50 times a second and go into a plain field and the plot's
// ring; the signals that pages are drawn from change 10 times a second, or at once when it matters.

import { computed, signal } from "@preact/signals";
import { page_s } from "../net/clock";
import { Link, type LinkStatus } from "../net/link";
import { LOST_S, STALE_S } from "../net/liveness";
import type { Event, SessionInfo, State, Told } from "../net/messages";
import { History } from "./history";

const RATE_HZ = 50;
const SHOW_EVERY_S = 0.1;
const WATCH_MS = 50;
const MAX_EVENTS = 200;
const PONG_LIFE_S = 1.5;

export const status = signal<LinkStatus>("connecting");
export const state = signal<State | null>(null);
export const isLive = signal(false);
export const age_s = signal(Infinity);
export const client = signal("");
export const now_s = signal(0);
export const isPageCurrent = signal(true);
const hasKeeperSaid = signal(false);
const allEvents = signal<Event[]>([]);
const lastInfo = signal<SessionInfo | null>(null);

export const history = new History();

let newest: State | null = null;
let shown_s = 0;
let pong_s = -Infinity;
let modeSince_t_s = 0;
let ended_s = 0;

export const listeners: ((told: Told) => void)[] = [];

export const link = new Link("console", RATE_HZ, {
  onState: hearState,
  onTold: hearTold,
  onStatus: (next) => {
    status.value = next;
    watch();
  },
  onNewSession: forget,
});

// News of another session than the one shown is never shown.
export const info = computed(() => {
  const current = state.value;
  const last = lastInfo.value;
  return last !== null && (current === null || last.boot_id === current.boot_id) ? last : null;
});
export const events = computed(() => {
  const bootId = state.value?.boot_id ?? lastInfo.value?.boot_id;
  return allEvents.value.filter((event) => event.boot_id === bootId);
});

// STOP goes to the keeper, so what counts for it is whether the keeper is heard.
export const hasKeeper = computed(
  () => status.value === "open" && hasKeeperSaid.value && isPageCurrent.value,
);
export const isCommander = computed(
  () => client.value !== "" && state.value?.commander === client.value,
);
export const isReplay = computed(() => state.value?.is_replay ?? info.value?.is_replay ?? false);
export const isLost = computed(() => !isLive.value && age_s.value > LOST_S);

// Seconds that are left to press Start, by the session's own time.
export function armedLeft_s(current: State): number {
  const life_s = info.value?.limits.armed_life_s ?? NaN;
  return Math.max(0, life_s - (current.t_s - modeSince_t_s));
}

// It has ended of itself or by hand, and its last word was that the belts rest.
export const isOver = computed(() => {
  const current = state.value;
  const isAtRest = current?.mode === "idle" || current?.mode === "locked";
  return (current?.ended ?? "") !== "" && isAtRest && !isReplay.value;
});

// The block is over, and the session still hears what the person tells, until somebody goes on.
export const isHearing = computed(
  () => isLive.value && !isReplay.value && hasRest(state.value),
);

export function hasRest(current: State | null): boolean {
  return Number.isFinite(current?.rest_left_s ?? NaN);
}

// How much of the rest after a block is left: by the session, or where that has ended by this
// page's clock; the programme holds the rest.
export function restLeft_s(): number {
  if (isHearing.value) {
    return state.value?.rest_left_s ?? 0;
  }
  return Math.max(0, (info.value?.block?.rest_s ?? 0) - (now_s.value - ended_s));
}

// What we have seen last: the session refuses to start or change anything for who has not.
export function proof(): { boot_id?: string; t_s?: number } {
  return newest === null ? {} : { boot_id: newest.boot_id, t_s: newest.t_s };
}

function hearState(next: State): void {
  const before = newest;
  if (before === null || before.mode !== next.mode) {
    modeSince_t_s = next.t_s;
  }
  if ((next.ended ?? "") !== "" && (before?.ended ?? "") === "") {
    ended_s = page_s();
  }
  newest = next;
  history.push(next);
  const now = page_s();
  const isUrgent =
    before === null ||
    before.mode !== next.mode ||
    before.cause !== next.cause ||
    before.commander !== next.commander ||
    before.cruise_speed_mps !== next.cruise_speed_mps;
  if (isUrgent || now - shown_s >= SHOW_EVERY_S) {
    shown_s = now;
    state.value = next;
  }
  watch();
}

function hearTold(told: Told): void {
  if (told.k === "hello" || told.k === "pong") {
    pong_s = page_s();
    hasKeeperSaid.value = told.has_keeper;
  }
  if (told.k === "hello") {
    client.value = told.client;
    // The gateway tells again what happened before; what we had would double.
    allEvents.value = [];
  } else if (told.k === "session") {
    lastInfo.value = told;
  } else if (told.k === "event") {
    allEvents.value = [...allEvents.value, told].slice(-MAX_EVENTS);
  }
  for (const listener of listeners) {
    listener(told);
  }
}

function forget(): void {
  newest = null;
  state.value = null;
  history.clear();
}

function watch(): void {
  const now = page_s();
  isLive.value = link.liveness.isLive(now) && status.value === "open";
  const age = link.liveness.age_s(now);
  age_s.value = age <= STALE_S ? 0 : Math.floor(age * 10) / 10;
  isPageCurrent.value = now - pong_s <= PONG_LIFE_S;
  now_s.value = Math.floor(now * 10) / 10;
}

setInterval(watch, WATCH_MS);
