// What lies on the trail: mud, stones, a rope bridge, lines to land on and logs to step over.

import { type BufferGeometry, Group, Mesh, type ShaderMaterial } from "three";
import type { Scene } from "../../net/messages";
import { hash } from "../kit/noise";
import { type Point, type Rgb, Shape, blend, rgb, tint } from "../kit/shape";
import { finite } from "../world";
import { middle_m } from "./trail";

const STONES = 3;
const MUD = 4;
const BRIDGE = 5;
const SECTIONS = 4;
const HALF_M = 1.15;

const WET = rgb(0x5d4630);
const PUDDLE = rgb(0x7f8c8c);
const GREY = rgb(0x9b958b);
const PLANK = rgb(0xa47a4c);
const ROPE = rgb(0x6d5636);
const STREAM = rgb(0x5f9db0);
const BARK = rgb(0x6b4c31);
const LEFT = rgb(0xffd21f);
const RIGHT = rgb(0x38b6ff);

export class TrailThings {
  readonly group = new Group();
  private readonly stretches = new Map<number, Mesh>();
  private readonly lines: Record<"left" | "right", Mesh>;
  private readonly log: Mesh;

  constructor(private readonly material: ShaderMaterial) {
    this.lines = { left: this.add(line(1, LEFT)), right: this.add(line(-1, RIGHT)) };
    this.log = this.add(trunk());
  }

  // Where the next line or log lies ahead of the person; NaN where there is none.
  update(scene: Scene): number {
    this.showStretches(scene);
    const x_m = finite(scene.distance_m);
    const gain = finite(scene.path_gain, 1);
    const target_m = scene.has_target ? gain * finite(scene.target_ahead_m) : NaN;
    const log_m = scene.has_obstacle ? gain * finite(scene.obstacle_ahead_m) : NaN;
    for (const side of ["left", "right"] as const) {
      const isShown = Number.isFinite(target_m) && (side === "left") === Boolean(scene.is_target_left);
      this.lines[side].visible = isShown;
      if (isShown) {
        this.place(this.lines[side], x_m + target_m);
        this.lines[side].scale.x = 2 * finite(scene.target_tolerance_m, 0.1);
      }
    }
    this.log.visible = Number.isFinite(log_m);
    if (this.log.visible) {
      const depth_m = finite(scene.obstacle_depth_m, 0.15);
      this.place(this.log, x_m + log_m + depth_m / 2);
      this.log.scale.x = depth_m;
    }
    return Number.isFinite(target_m) ? target_m : log_m;
  }

  private place(thing: Mesh, x_m: number): void {
    thing.position.set(x_m, middle_m(x_m), 0);
  }

  private add(geometry: BufferGeometry): Mesh {
    const mesh = new Mesh(geometry, this.material);
    mesh.frustumCulled = false;
    mesh.visible = false;
    this.group.add(mesh);
    return mesh;
  }

  private showStretches(scene: Scene): void {
    const first_m = finite(scene.section_0_m);
    for (let k = 0; k < SECTIONS; k += 1) {
      const start_m = scene[`section_${k}_m`];
      const end_m = scene[`section_${k + 1}_m`];
      const kind = scene[`section_${k}`];
      if (start_m === undefined || end_m === undefined || this.stretches.has(start_m)) {
        continue;
      }
      const shape = stretch(kind ?? 0, start_m, end_m);
      if (shape !== null) {
        const mesh = this.add(shape.geometry());
        mesh.visible = true;
        mesh.position.x = start_m;
        this.stretches.set(start_m, mesh);
      }
    }
    for (const [start_m, mesh] of this.stretches) {
      if (start_m < first_m - 60) {
        this.group.remove(mesh);
        mesh.geometry.dispose();
        this.stretches.delete(start_m);
      }
    }
  }
}

function stretch(kind: number, start_m: number, end_m: number): Shape | null {
  switch (kind) {
    case STONES:
      return stones(start_m, end_m - start_m);
    case MUD:
      return mud(start_m, end_m - start_m);
    case BRIDGE:
      return bridge(start_m, end_m - start_m);
    default:
      return null;
  }
}

// A place beside the middle of the trail, within a stretch that starts somewhere.
function beside(start_m: number, x_m: number, aside_m: number, z_m: number): Point {
  return [x_m, middle_m(start_m + x_m) + aside_m, z_m];
}

function strip(
  shape: Shape,
  start_m: number,
  from_m: number,
  to_m: number,
  asides: readonly [number, number],
  z_m: number,
  colour: Rgb,
): void {
  shape.quad(
    beside(start_m, from_m, asides[0], z_m),
    beside(start_m, to_m, asides[0], z_m),
    beside(start_m, to_m, asides[1], z_m),
    beside(start_m, from_m, asides[1], z_m),
    colour,
  );
}

function mud(start_m: number, length_m: number): Shape {
  const shape = new Shape();
  for (let x_m = 3; x_m < length_m - 3; x_m += 1) {
    for (let column = 0; column < 4; column += 1) {
      const left_m = -HALF_M + (2 * HALF_M * column) / 4;
      const dice = hash(Math.round(start_m + x_m), column, 61);
      const colour = dice > 0.84 ? blend(WET, PUDDLE, 0.6) : tint(WET, 0.8 + 0.35 * dice);
      strip(shape, start_m, x_m, x_m + 1, [left_m, left_m + HALF_M / 2], 0.13, colour);
    }
  }
  return shape;
}

function stones(start_m: number, length_m: number): Shape {
  const shape = new Shape();
  for (let index = 0; index < 3.2 * length_m; index += 1) {
    const roll = (seed: number) => hash(index, Math.round(start_m), seed);
    const size_m = 0.12 + 0.3 * roll(1) ** 2;
    const at = beside(start_m, 4 + (length_m - 8) * roll(2), 2.1 * (roll(3) - 0.5), 0.07);
    shape.lump(at, [size_m, 0.85 * size_m, 0.55 * size_m], tint(GREY, 0.8 + 0.4 * roll(4)), index, 3, 5);
  }
  return shape;
}

// Planks between two ropes, over a stream that hides the path.
function bridge(start_m: number, length_m: number): Shape {
  const shape = new Shape();
  const [from_m, to_m] = [3, length_m - 3];
  for (let x_m = from_m; x_m < to_m; x_m += 1) {
    strip(shape, start_m, x_m, x_m + 1, [-5, 5], 0.14, tint(STREAM, 0.92 + 0.16 * hash(x_m, 3, 7)));
  }
  for (let x_m = from_m; x_m < to_m; x_m += 0.34) {
    const shade = tint(PLANK, 0.8 + 0.3 * hash(Math.round(10 * x_m), 1, 5));
    const [x, y, z] = beside(start_m, x_m, 0, 0.3);
    shape.box([x, y, z], [0.27, 1.5, 0.05], shade);
  }
  for (const side of [-0.85, 0.85]) {
    for (let x_m = from_m; x_m < to_m; x_m += 1) {
      for (const z_m of [0.75, 1.15]) {
        const [a, b] = [beside(start_m, x_m, side, z_m), beside(start_m, x_m + 1, side, z_m)];
        const up = (p: Point): Point => [p[0], p[1], p[2] + 0.05];
        shape.quad(a, b, up(b), up(a), ROPE).quad(b, a, up(a), up(b), ROPE);
      }
    }
    for (let x_m = from_m; x_m <= to_m; x_m += 4) {
      shape.post(beside(start_m, x_m, side, 0.1), 0.05, 0.04, 1.15, 5, ROPE);
    }
  }
  return shape;
}

// One metre deep, to be scaled; for the left foot on the left half.
function line(side: number, colour: Rgb): BufferGeometry {
  const [near_m, far_m] = side > 0 ? [0.05, 0.62] : [-0.62, -0.05];
  return new Shape()
    .quad([-0.5, near_m, 0.17], [0.5, near_m, 0.17], [0.5, far_m, 0.17], [-0.5, far_m, 0.17], colour)
    .box([0, (near_m + far_m) / 2, 0.18], [0.12, 0.57, 0.02], [1, 1, 1])
    .geometry();
}

function trunk(): BufferGeometry {
  return new Shape()
    .box([0, 0, 0.2], [1, 2.3, 0.16], BARK)
    .box([0, 1.16, 0.2], [0.8, 0.03, 0.12], tint(PLANK, 1.2))
    .box([0, -1.16, 0.2], [0.8, 0.03, 0.12], tint(PLANK, 1.2))
    .geometry();
}
