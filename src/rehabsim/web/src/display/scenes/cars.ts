// Cars: parked ones, and the one ahead, which pulls out and turns off where it can be seen.

import { type BufferGeometry, Group, Mesh, MeshBasicMaterial, type ShaderMaterial } from "three";
import { type Rgb, Shape, rgb, tint } from "../kit/shape";

const GLASS = rgb(0x2b3d4a);
const RUBBER = rgb(0x24272a);
const TREAD = rgb(0x191b1d);
const WHEEL_M = 0.33;
const WHEEL_SIDES = 10;
const LAMP = rgb(0xf4efe0);
const MANOEUVRE_S = 2.2;
const KERB_M = -3.0;
const BRAKES_MPS2 = 0.25;

// Its middle is at the origin, on the road, facing ahead.
export function car(colour: Rgb): BufferGeometry {
  const shape = new Shape();
  const [length_m, half_m] = [4.3, 0.88];
  shape.box([0, 0, 0.62], [length_m, 2 * half_m, 0.56], colour);
  shape.box([0, 0, 0.32], [length_m - 0.2, 2 * half_m - 0.1, 0.14], tint(colour, 0.5));
  cabin(shape, colour, half_m);
  for (const [x, y] of [
    [1.35, 1],
    [1.35, -1],
    [-1.35, 1],
    [-1.35, -1],
  ] as const) {
    wheel(shape, x, y, half_m);
  }
  shape.box([-length_m / 2, 0.62, 0.74], [0.06, 0.3, 0.16], rgb(0x8c1d1d));
  shape.box([-length_m / 2, -0.62, 0.74], [0.06, 0.3, 0.16], rgb(0x8c1d1d));
  shape.box([-length_m / 2, 0, 0.62], [0.06, 0.52, 0.13], LAMP);
  shape.box([length_m / 2, 0.62, 0.68], [0.06, 0.34, 0.14], LAMP);
  shape.box([length_m / 2, -0.62, 0.68], [0.06, 0.34, 0.14], LAMP);
  return shape.geometry();
}

// Stands on the road beside the body; only its tread and its outer face are ever seen.
function wheel(shape: Shape, x_m: number, side: 1 | -1, half_m: number): void {
  const [inner_m, outer_m] = [side * (half_m - 0.17), side * (half_m + 0.03)];
  const at = (index: number, y_m: number) => {
    const turn_rad = (2 * Math.PI * index) / WHEEL_SIDES;
    return [x_m + WHEEL_M * Math.cos(turn_rad), y_m, WHEEL_M * (1 + Math.sin(turn_rad))] as const;
  };
  for (let index = 0; index < WHEEL_SIDES; index += 1) {
    // Towards +y they go round the other way.
    const [a, b] = side > 0 ? [index + 1, index] : [index, index + 1];
    shape.triangle([x_m, outer_m, WHEEL_M], at(a, outer_m), at(b, outer_m), RUBBER);
    shape.quad(at(a, outer_m), at(a, inner_m), at(b, inner_m), at(b, outer_m), TREAD);
  }
}

// Glass all round, a roof on top.
function cabin(shape: Shape, colour: Rgb, half_m: number): void {
  const [low, high] = [0.9, 1.42];
  const [wide, narrow] = [half_m - 0.04, half_m - 0.22];
  const foot = (x: number, y: number) => [x, y * wide, low] as const;
  const roof = (x: number, y: number) => [x, y * narrow, high] as const;
  const [front, rear, roofFront, roofRear] = [0.95, -1.75, 0.25, -1.25];
  shape.quad(foot(front, -1), foot(front, 1), roof(roofFront, 1), roof(roofFront, -1), GLASS);
  shape.quad(foot(rear, 1), foot(rear, -1), roof(roofRear, -1), roof(roofRear, 1), GLASS);
  shape.quad(foot(rear, -1), foot(front, -1), roof(roofFront, -1), roof(roofRear, -1), GLASS);
  shape.quad(foot(front, 1), foot(rear, 1), roof(roofRear, 1), roof(roofFront, 1), GLASS);
  const top = tint(colour, 1.05);
  shape.quad(roof(roofRear, -1), roof(roofFront, -1), roof(roofFront, 1), roof(roofRear, 1), top);
}

export class LeadCar {
  readonly group = new Group();
  private readonly brakes: Mesh;
  private place_m = NaN;
  private speed_mps = 0;
  private aside_m = KERB_M;
  private isThere = false;
  private goneFor_s = 0;
  private brakesFor_s = 0;

  constructor(material: ShaderMaterial, brakeMaterial: MeshBasicMaterial) {
    const shape = new Shape()
      .box([-2.2, 0.62, 0.76], [0.06, 0.34, 0.2], [1, 1, 1])
      .box([-2.2, -0.62, 0.76], [0.06, 0.34, 0.2], [1, 1, 1])
      .box([-1.62, 0, 1.34], [0.05, 0.5, 0.06], [1, 1, 1]);
    this.brakes = new Mesh(shape.geometry(), brakeMaterial);
    const body = new Mesh(car(rgb(0xd9a520)), material);
    body.frustumCulled = this.brakes.frustumCulled = false;
    this.group.add(body, this.brakes);
    this.group.visible = false;
  }

  // Told where the car ahead is, or NaN when there is none.
  update(place_m: number, speed_mps: number, dt_s: number): void {
    const isThere = Number.isFinite(place_m);
    if (isThere) {
      this.aside_m = this.isThere ? this.aside_m : KERB_M;
      this.light(speed_mps, dt_s);
      this.place_m = place_m;
      this.speed_mps = Number.isFinite(speed_mps) ? speed_mps : 0;
      this.goneFor_s = 0;
    } else {
      this.goneFor_s += dt_s;
      this.place_m += this.speed_mps * dt_s;
    }
    this.isThere = isThere;
    const target_m = isThere ? 0 : KERB_M;
    const step_m = (Math.abs(KERB_M) / MANOEUVRE_S) * dt_s;
    this.aside_m += Math.max(-step_m, Math.min(step_m, target_m - this.aside_m));
    this.group.visible = Number.isFinite(this.place_m) && this.goneFor_s < MANOEUVRE_S;
    // Half a length, so that the gap is from bumper to bumper.
    this.group.position.set(this.place_m + 2.15, this.aside_m, 0);
  }

  private light(speed_mps: number, dt_s: number): void {
    const isSlowing = (this.speed_mps - speed_mps) / Math.max(dt_s, 1e-3) > BRAKES_MPS2;
    this.brakesFor_s = isSlowing || speed_mps < 0.1 ? 0.4 : this.brakesFor_s - dt_s;
    this.brakes.visible = this.brakesFor_s > 0;
  }
}
