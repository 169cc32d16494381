// Geometry that is filled again and again with new triangles.

import { BufferAttribute, BufferGeometry } from "three";
import type { Shape } from "./shape";

const ATTRIBUTES = ["position", "color", "normal"] as const;

export function roomFor(triangleCount: number): BufferGeometry {
  const geometry = new BufferGeometry();
  for (const name of ATTRIBUTES) {
    geometry.setAttribute(name, new BufferAttribute(new Float32Array(9 * triangleCount), 3));
  }
  return geometry;
}

export function refill(geometry: BufferGeometry, shape: Shape): void {
  const made = shape.geometry();
  for (const name of ATTRIBUTES) {
    const from = made.getAttribute(name) as BufferAttribute;
    const to = geometry.getAttribute(name) as BufferAttribute;
    (to.array as Float32Array).set(from.array as Float32Array);
    to.needsUpdate = true;
  }
  geometry.setDrawRange(0, 3 * shape.triangleCount);
  made.dispose();
}
