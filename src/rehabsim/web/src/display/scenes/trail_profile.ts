// How high the trail is: published points every 10 m, remembered, with a smooth curve through them.

import type { Scene } from "../../net/messages";
import { finite } from "../world";

const GRID_M = 10;
const POINTS = 12;
const FORGET_BEHIND = 8;
const FLATTENING = 0.8;
const SETTLE_PER_S = 1.5;
const SIDE_M = 8;

// Heights handed to the shader, from `FIRST_BEHIND` grid points behind the person on.
export const WINDOW = 28;
const FIRST_BEHIND = 5;

export class TrailProfile {
  private readonly known = new Map<number, number>();
  private readonly shown = new Map<number, number>();
  private readonly sides = new Map<number, number>();

  hear(scene: Scene): void {
    const start = Math.round(finite(scene.profile_start_m) / GRID_M);
    for (let k = 0; k < POINTS; k += 1) {
      const height_m = scene[`height_${k}_m`];
      if (height_m !== undefined && Number.isFinite(height_m)) {
        this.known.set(start + k, height_m);
      }
      this.sides.set(start + k, Math.tan(finite(scene[`side_${k}_rad`])));
    }
    for (const index of this.known.keys()) {
      if (Math.abs(index - start) > POINTS + FORGET_BEHIND) {
        this.known.delete(index);
        this.shown.delete(index);
        this.sides.delete(index);
      }
    }
  }

  // Lets heights that were only guessed settle to what became known; fills the shader's window.
  settle(
    distance_m: number,
    dt_s: number,
    heights_m: Float32Array,
    sides: Float32Array,
  ): number {
    const first = Math.floor(distance_m / GRID_M) - FIRST_BEHIND;
    for (let k = 0; k < WINDOW; k += 1) {
      const index = first + k;
      const target_m = this.guess(index);
      const shown_m = this.shown.get(index) ?? target_m;
      const next_m = shown_m + (target_m - shown_m) * Math.min(1, SETTLE_PER_S * dt_s);
      this.shown.set(index, next_m);
      heights_m[k] = next_m;
      sides[k] = this.sides.get(index) ?? 0;
    }
    return first * GRID_M;
  }

  height_m(distance_m: number): number {
    const place = distance_m / GRID_M;
    const index = Math.floor(place);
    const part = place - index;
    const [a, b, c, d] = [-1, 0, 1, 2].map(
      (k) => this.shown.get(index + k) ?? this.guess(index + k),
    );
    return curve(a ?? 0, b ?? 0, c ?? 0, d ?? 0, part);
  }

  // Rise per metre to the left.
  side(distance_m: number): number {
    const index = Math.floor(distance_m / GRID_M);
    const part = distance_m / GRID_M - index;
    const [here, there] = [this.sides.get(index) ?? 0, this.sides.get(index + 1) ?? 0];
    return here + part * (there - here);
  }

  slope(distance_m: number): number {
    return (this.height_m(distance_m + 2) - this.height_m(distance_m - 2)) / 4;
  }

  // A known height, or the trail's end going on ever flatter.
  private guess(index: number): number {
    const known_m = this.known.get(index);
    if (known_m !== undefined) {
      return known_m;
    }
    const indices = [...this.known.keys()];
    if (indices.length === 0) {
      return 0;
    }
    const first = Math.min(...indices);
    const last = Math.max(...indices);
    const [end, step] = index > last ? [last, -1] : [first, 1];
    const end_m = this.known.get(end) ?? 0;
    let rise_m = end_m - (this.known.get(end + step) ?? end_m);
    let height_m = end_m;
    for (let k = 0; k < Math.abs(index - end); k += 1) {
      rise_m *= FLATTENING;
      height_m += rise_m;
    }
    return height_m;
  }
}

// Catmull and Rom's curve between b and c.
function curve(a: number, b: number, c: number, d: number, part: number): number {
  const square = 2 * a - 5 * b + 4 * c - d;
  const cube = 3 * (b - c) + d - a;
  return b + 0.5 * part * (c - a + part * (square + part * cube));
}

// The same in the shader: lifts every place by the trail's height there, and by its side slope as
// far as that reaches.
export const LIFT = `
  uniform float heights_m[${WINDOW}];
  uniform float sides[${WINDOW}];
  uniform float first_m;
  vec3 bend(vec3 place) {
    float last = ${(WINDOW - 2).toFixed(1)} - 0.001;
    float at = clamp((place.x - first_m) / ${GRID_M.toFixed(1)}, 1.0, last);
    int k = int(at);
    float part = at - float(k);
    float a = heights_m[k - 1], b = heights_m[k], c = heights_m[k + 1], d = heights_m[k + 2];
    float square = 2.0 * a - 5.0 * b + 4.0 * c - d;
    float cube = 3.0 * (b - c) + d - a;
    float middle = 9.0 * sin(place.x / 80.0) + 3.0 * sin(place.x / 36.0 + 1.0) - 2.5244;
    float aside = clamp(place.y - middle, -${SIDE_M.toFixed(1)}, ${SIDE_M.toFixed(1)});
    place.z += aside * mix(sides[k], sides[k + 1], part);
    place.z += b + 0.5 * part * (c - a + part * (square + part * cube));
    return place;
  }`;
