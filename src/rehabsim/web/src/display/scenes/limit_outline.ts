// How far someone could lean: half an ellipse ahead, a flatter one behind, as a thin line.

import { BufferAttribute, BufferGeometry } from "three";

const SIDES = 96;

// Lies in x (aside) and y (ahead).
export function limitOutline(
  ahead_m: number,
  behind_m: number,
  aside_m: number,
  thick_m: number,
): BufferGeometry {
  const places: number[] = [];
  const corners: number[] = [];
  for (let index = 0; index <= SIDES; index += 1) {
    const turn_rad = (2 * Math.PI * index) / SIDES;
    const [c, s] = [Math.cos(turn_rad), Math.sin(turn_rad)];
    const far_m = s >= 0 ? ahead_m : behind_m;
    places.push(aside_m * c, far_m * s, 0, (aside_m + thick_m) * c, (far_m + thick_m) * s, 0);
    if (index < SIDES) {
      const a = 2 * index;
      corners.push(a, a + 1, a + 2, a + 1, a + 3, a + 2);
    }
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(places), 3));
  geometry.setIndex(corners);
  return geometry;
}
