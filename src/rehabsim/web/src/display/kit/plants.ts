// Trees, bushes and stones.

import { type BufferGeometry } from "three";
import { type Rgb, Shape, rgb, tint } from "./shape";

const BARK = rgb(0x5b4433);

export function conifer(green: Rgb, tiers: number, sides: number): BufferGeometry {
  const shape = new Shape().post([0, 0, 0], 0.22, 0.14, 1.6, 5, BARK);
  for (let tier = 0; tier < tiers; tier += 1) {
    const part = tier / tiers;
    const width_m = 2.1 * (1 - 0.75 * part);
    const shade = tint(green, 0.82 + 0.35 * part);
    shape.post(
      [0, 0, 1.1 + 5.6 * part],
      width_m,
      0,
      5.6 / tiers + 1.5 * (1 - 0.5 * part),
      sides,
      shade,
    );
  }
  return shape.geometry();
}

export function broadleaf(green: Rgb, seed: number): BufferGeometry {
  return new Shape()
    .post([0, 0, 0], 0.26, 0.16, 2.6, 5, BARK)
    .lump([0, 0, 4.1], [3.8, 3.8, 3.4], green, seed)
    .lump([1.0, 0.7, 3.4], [2.4, 2.2, 2.0], tint(green, 0.88), seed + 1)
    .lump([-0.9, -0.5, 3.6], [2.4, 2.4, 2.1], tint(green, 1.08), seed + 2)
    .geometry();
}

export function bush(green: Rgb, seed: number): BufferGeometry {
  return new Shape()
    .lump([0, 0, 0.4], [1.3, 1.2, 1.0], green, seed, 3, 6)
    .lump([0.5, 0.3, 0.3], [0.8, 0.8, 0.7], tint(green, 1.1), seed + 1, 3, 5)
    .geometry();
}

export function stone(grey: Rgb, seed: number): BufferGeometry {
  return new Shape().lump([0, 0, 0.2], [1, 0.85, 0.7], grey, seed, 3, 6).geometry();
}

// Blades of grass, each one triangle seen from both sides.
export function grass(green: Rgb, seed: number): BufferGeometry {
  const shape = new Shape();
  for (let blade = 0; blade < 5; blade += 1) {
    const turn_rad = blade * 1.26 + seed;
    const [c, s] = [Math.cos(turn_rad), Math.sin(turn_rad)];
    const root = 0.08 * blade - 0.16;
    const tip_m = 0.28 + 0.07 * ((blade * 7) % 3);
    const lean = 0.16;
    const shade = tint(green, 0.8 + 0.06 * blade);
    const [a, b, tip] = [
      [root - 0.035 * s, root + 0.035 * c, 0],
      [root + 0.035 * s, root - 0.035 * c, 0],
      [root + lean * c, root + lean * s, tip_m],
    ] as const;
    shape.triangle(a, b, tip, shade).triangle(b, a, tip, shade);
  }
  return shape.geometry();
}
