// Moves what was published on to the moment that is drawn: for a quarter of a second at most, then
// it comes to rest. Nothing jumps: what a new state corrects is given back over a few pictures.

import type { Scene, State } from "../net/messages";

const MAX_AHEAD_S = 0.25;
const EASE_FROM_S = 0.15;
const RATE_OVER_S = 0.045;
const QUICK_S = 0.05;
const SLOW_S = 0.4;
const REMEMBERED = 8;
const MAX_RATE = 60;
const MAX_SHIFT = 8;

interface Known {
  t_s: number;
  values: Scene;
}

export interface Shown {
  t_s: number;
  scene: Scene;
  distance_m: number;
  // The world is so far to the left of where it belongs.
  sway_m: number;
}

// Fields of the state itself that move too; no scene has these names.
const LEFT = "belt.left_m";
const RIGHT = "belt.right_m";
const SWAY = "visual_sway_m";

export class Follower {
  private readonly names: readonly string[];
  private known: Known[] = [];
  private shift: Scene = {};
  private bleed_s = QUICK_S;
  private shown_s = NaN;

  constructor(
    moving: readonly string[],
    private readonly derive: (scene: Scene) => Scene = (scene) => scene,
  ) {
    this.names = [...moving, LEFT, RIGHT, SWAY];
  }

  push(state: State): void {
    const newest = this.known[this.known.length - 1];
    if (newest !== undefined && state.t_s <= newest.t_s) {
      return;
    }
    const before = Number.isFinite(this.shown_s) && newest ? this.values(this.shown_s) : null;
    const wasWaiting = newest !== undefined && this.shown_s - newest.t_s > EASE_FROM_S;
    const values = { ...this.derive(state.scene) };
    values[LEFT] = state.left_distance_m;
    values[RIGHT] = state.right_distance_m;
    values[SWAY] = state.visual_sway_m ?? 0;
    this.known.push({ t_s: state.t_s, values });
    if (this.known.length > REMEMBERED) {
      this.known.shift();
    }
    if (before !== null) {
      this.bleed_s = wasWaiting ? SLOW_S : this.bleed_s;
      this.correct(before);
    }
  }

  get isEmpty(): boolean {
    return this.known.length === 0;
  }

  // What to show at session time t_s, dt_s after the picture before.
  sample(t_s: number, dt_s: number): Shown {
    const newest = this.known[this.known.length - 1];
    if (newest === undefined) {
      return { t_s: 0, scene: {}, distance_m: 0, sway_m: 0 };
    }
    const keep = Math.exp(-dt_s / this.bleed_s);
    let largest = 0;
    for (const name of Object.keys(this.shift)) {
      const left = (this.shift[name] ?? 0) * keep;
      this.shift[name] = left;
      largest = Math.max(largest, Math.abs(left));
    }
    if (largest < 0.01) {
      this.bleed_s = QUICK_S;
    }
    this.shown_s = t_s;
    const scene = this.values(t_s);
    return {
      t_s: newest.t_s + ahead_s(t_s - newest.t_s),
      scene,
      distance_m: ((scene[LEFT] ?? 0) + (scene[RIGHT] ?? 0)) / 2,
      sway_m: scene[SWAY] ?? 0,
    };
  }

  private values(t_s: number): Scene {
    const newest = this.known[this.known.length - 1] as Known;
    const further_s = ahead_s(t_s - newest.t_s);
    const scene = { ...newest.values };
    for (const name of this.names) {
      const value = newest.values[name];
      if (value !== undefined && Number.isFinite(value)) {
        scene[name] = value + this.rate(name, newest) * further_s + (this.shift[name] ?? 0);
      }
    }
    return scene;
  }

  private rate(name: string, newest: Known): number {
    let older = this.known[0] as Known;
    for (const known of this.known) {
      if (newest.t_s - known.t_s >= RATE_OVER_S) {
        older = known;
      }
    }
    const over_s = newest.t_s - older.t_s;
    const rate = ((newest.values[name] ?? NaN) - (older.values[name] ?? NaN)) / over_s;
    return over_s > 0 && Math.abs(rate) <= MAX_RATE ? rate : 0;
  }

  private correct(before: Scene): void {
    const shift: Scene = {};
    this.shift = {};
    const after = this.values(this.shown_s);
    for (const name of this.names) {
      const difference = (before[name] ?? NaN) - (after[name] ?? NaN);
      // What jumped that far is somewhere else.
      shift[name] = Math.abs(difference) <= MAX_SHIFT ? difference : 0;
    }
    this.shift = shift;
  }
}

// How far to move on for a state that is so old; the last part slows down smoothly.
function ahead_s(age_s: number): number {
  if (age_s <= EASE_FROM_S) {
    return Math.max(age_s, -0.1);
  }
  const room_s = MAX_AHEAD_S - EASE_FROM_S;
  return EASE_FROM_S + room_s * (1 - Math.exp(-(age_s - EASE_FROM_S) / room_s));
}
