// The boat that the person stands in: a wooden hull, seen from its stern.

import type { BufferGeometry } from "three";
import { type Point, type Rgb, Shape, lerpPoint, rgb, tint } from "../kit/shape";

const OUTSIDE = rgb(0x24506b);
const STRIPE = rgb(0xf1ece0);
const INSIDE = rgb(0xa8743f);
const FLOOR = rgb(0xc08c52);
const TRIM = rgb(0x6d4526);

// Along the hull: place, half width, height of the rim.
const STATIONS: readonly (readonly [number, number, number])[] = [
  [-2.4, 0.72, 0.62],
  [-1.4, 0.84, 0.56],
  [-0.2, 0.88, 0.54],
  [1.0, 0.76, 0.58],
  [1.9, 0.52, 0.68],
  [2.6, 0.22, 0.82],
  [2.95, 0.03, 0.92],
];
const FLOOR_M = 0.12;
const KEEL_M = -0.3;
const RIM_M = 0.07;
const YELLOW = rgb(0xf2b705);

// Where the pennant is tied.
export const BOW_M: Point = [2.86, 0, 1.5];

export function hull(): BufferGeometry {
  const shape = new Shape();
  for (let index = 0; index + 1 < STATIONS.length; index += 1) {
    const a = STATIONS[index];
    const b = STATIONS[index + 1];
    if (a !== undefined && b !== undefined) {
      side(shape, a, b, 1);
      side(shape, a, b, -1);
      planks(shape, a, b, index);
    }
  }
  bench(shape, 1.45, 0.6);
  bench(shape, 0.1, 0.84);
  shape.post([BOW_M[0], BOW_M[1], 0.8], 0.035, 0.028, 0.75, 6, TRIM);
  return shape.geometry();
}

// Flies ahead from the top of the bow post, to be turned to where the air goes.
export function pennant(): BufferGeometry {
  const top: Point = [0, 0, 0];
  const tip: Point = [0.5, 0, -0.1];
  const foot: Point = [0, 0, -0.22];
  return new Shape().triangle(top, tip, foot, YELLOW).triangle(foot, tip, top, YELLOW).geometry();
}

type Station = readonly [number, number, number];

// One side between two stations: outside, rim and inside.
function side(shape: Shape, a: Station, b: Station, sign: 1 | -1): void {
  const at = (s: Station, width: number, z_m: number): Point => [s[0], sign * s[1] * width, z_m];
  const face = (p: Point, q: Point, r: Point, s: Point, colour: Rgb) =>
    sign > 0 ? shape.quad(p, q, r, s, colour) : shape.quad(s, r, q, p, colour);
  const stripe = (s: Station) => s[2] - 0.14;
  face(
    at(b, 0.55, KEEL_M),
    at(a, 0.55, KEEL_M),
    at(a, 0.96, stripe(a)),
    at(b, 0.96, stripe(b)),
    OUTSIDE,
  );
  face(at(b, 0.96, stripe(b)), at(a, 0.96, stripe(a)), at(a, 1, a[2]), at(b, 1, b[2]), STRIPE);
  const inner = (s: Station): number => Math.max(0, 1 - RIM_M / Math.max(s[1], 0.07));
  face(at(b, 1, b[2]), at(a, 1, a[2]), at(a, inner(a), a[2]), at(b, inner(b), b[2]), TRIM);
  const middle = (s: Station, part: number): Point =>
    lerpPoint(at(s, inner(s), s[2]), at(s, inner(s) * 0.8, FLOOR_M), part);
  for (let board = 0; board < 4; board += 1) {
    const [from, to] = [board / 4, (board + 1) / 4];
    const shade = tint(INSIDE, 0.98 - 0.13 * board + (board % 2) * 0.08);
    face(middle(b, from), middle(a, from), middle(a, to), middle(b, to), shade);
  }
}

function planks(shape: Shape, a: Station, b: Station, index: number): void {
  const count = 6;
  for (let board = 0; board < count; board += 1) {
    const from = 2 * (board / count) - 1;
    const to = 2 * ((board + 1) / count) - 1;
    const at = (s: Station, part: number): Point => [
      s[0],
      part * Math.max(0, s[1] - RIM_M) * 0.8,
      FLOOR_M,
    ];
    const shade = tint(FLOOR, 0.9 + 0.07 * ((board + index) % 3));
    shape.quad(at(a, from), at(b, from), at(b, to), at(a, to), shade);
  }
}

function bench(shape: Shape, x_m: number, half_m: number): void {
  shape.box([x_m, 0, 0.42], [0.26, 2 * half_m - 0.1, 0.05], tint(FLOOR, 1.1));
  shape.box([x_m, 0, 0.27], [0.06, 2 * half_m - 0.5, 0.28], tint(INSIDE, 0.8));
}
