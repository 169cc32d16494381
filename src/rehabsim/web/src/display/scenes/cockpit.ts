// The car around the driver: bonnet, dashboard and wheel, which stay still before the eye.

import { type BufferGeometry, Group, Mesh, type ShaderMaterial } from "three";
import { type Point, Shape, rgb, tint } from "../kit/shape";

const PAINT = rgb(0x7d1f2a);
const DASH = rgb(0x2b2e31);
const WHEEL = rgb(0x17191b);
const WHEEL_TURN_RAD = 1.7;

export class Cockpit {
  readonly group = new Group();
  private readonly wheel: Mesh;

  // Its origin is the eye.
  constructor(material: ShaderMaterial) {
    const body = new Mesh(bodyGeometry(), material);
    this.wheel = new Mesh(wheelGeometry(), material);
    this.wheel.position.set(0.62, 0, -0.5);
    this.wheel.rotation.order = "ZYX";
    body.frustumCulled = this.wheel.frustumCulled = false;
    this.group.add(body, this.wheel);
  }

  // Left is positive: the top of the wheel goes left.
  steer(steer_frac: number): void {
    this.wheel.rotation.set(-WHEEL_TURN_RAD * steer_frac, 0.45, 0);
  }
}

function bodyGeometry(): BufferGeometry {
  const shape = new Shape();
  // The bonnet, rounded in five strips.
  const heights = [-0.72, -0.6, -0.555, -0.555, -0.6, -0.72];
  const widths = [-0.86, -0.62, -0.22, 0.22, 0.62, 0.86];
  for (let index = 0; index < 5; index += 1) {
    const at = (x: number, k: number, drop: number): Point => [
      x,
      widths[k] ?? 0,
      (heights[k] ?? 0) - drop,
    ];
    const shade = tint(PAINT, 0.95 + 0.08 * (2 - Math.abs(index - 2)));
    shape.quad(
      at(0.95, index, 0),
      at(1.7, index, 0.03),
      at(1.7, index + 1, 0.03),
      at(0.95, index + 1, 0),
      shade,
    );
    shape.quad(
      at(1.7, index, 0.03),
      at(2.15, index, 0.2),
      at(2.15, index + 1, 0.2),
      at(1.7, index + 1, 0.03),
      tint(shade, 0.9),
    );
  }
  // The dashboard, with a hood over the instruments.
  shape.quad(
    [0.5, -0.95, -0.66],
    [0.98, -0.95, -0.5],
    [0.98, 0.95, -0.5],
    [0.5, 0.95, -0.66],
    DASH,
  );
  shape.quad(
    [0.5, -0.95, -1.2],
    [0.5, -0.95, -0.66],
    [0.5, 0.95, -0.66],
    [0.5, 0.95, -1.2],
    tint(DASH, 0.7),
  );
  shape.box([0.78, 0, -0.53], [0.26, 0.5, 0.08], tint(DASH, 0.85));
  return shape.geometry();
}

function wheelGeometry(): BufferGeometry {
  const shape = new Shape();
  const [radius_m, thick_m, count] = [0.21, 0.018, 28];
  const at = (index: number, radius: number, x: number): Point => {
    const turn_rad = (2 * Math.PI * index) / count;
    return [x, radius * Math.cos(turn_rad), radius * Math.sin(turn_rad)];
  };
  for (let index = 0; index < count; index += 1) {
    const [inner, outer] = [radius_m - thick_m, radius_m + thick_m];
    // Towards the driver is backwards.
    shape.quad(
      at(index + 1, inner, -0.01),
      at(index + 1, outer, -0.01),
      at(index, outer, -0.01),
      at(index, inner, -0.01),
      tint(WHEEL, 1.6),
    );
    shape.quad(
      at(index, outer, 0.02),
      at(index, outer, -0.01),
      at(index + 1, outer, -0.01),
      at(index + 1, outer, 0.02),
      WHEEL,
    );
  }
  shape.box([0, 0, 0], [0.03, 2 * radius_m, 0.035], tint(WHEEL, 1.3));
  shape.box([0, 0, -radius_m / 2], [0.03, 0.04, radius_m], tint(WHEEL, 1.3));
  shape.box([-0.012, 0, 0], [0.03, 0.12, 0.09], tint(WHEEL, 2));
  // A mark at the top, so that its turn is seen.
  shape.box([-0.014, 0, radius_m], [0.012, 0.05, 2 * thick_m], rgb(0xf2b705));
  return shape.geometry();
}
