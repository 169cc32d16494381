// Pairs of buoys: a red can on the left, a green cone on the right; shape tells as well as colour.

import { Group, Mesh, type ShaderMaterial } from "three";
import type { Scene } from "../../net/messages";
import { Shape, rgb, tint } from "../kit/shape";
import { finite } from "../world";
import { type Wave, surface_m } from "./water";

const BEHIND_M = 25;
const SAME_M = 0.5;
const FLOATS = 9;
// Brighter than daylight allows, since the sun is behind them.
const RED = tint(rgb(0xe03a30), 1.25);
const GREEN = tint(rgb(0x12a866), 1.2);
const WHITE = tint(rgb(0xf6f6f2), 1.15);
const DARK = rgb(0x2c3338);
const GOLD = tint(rgb(0xffc93c), 1.5);

interface Gate {
  group: Group;
  x_m: number;
  y_m: number;
  heading_rad: number;
  width_m: number;
}

export class Gates {
  readonly group = new Group();
  private readonly gates: Gate[] = [];
  private readonly arrow: Mesh;
  private readonly can;
  private readonly cone;
  private readonly float;

  constructor(private readonly material: ShaderMaterial) {
    this.can = can().geometry();
    this.cone = cone().geometry();
    this.float = new Shape()
      .post([0, 0, -0.14], 0.1, 0.17, 0.14, 8, WHITE)
      .post([0, 0, 0], 0.17, 0.08, 0.12, 8, WHITE)
      .geometry();
    this.arrow = new Mesh(arrow().geometry(), material);
    this.group.add(this.arrow);
  }

  update(scene: Scene, wave: Wave, t_s: number, isCalm: boolean): void {
    const width_m = finite(scene.gate_width_m, 10);
    const after_m = finite(scene.next_gate_width_m, width_m);
    const next = this.meet(scene.gate_x_m, scene.gate_y_m, scene.gate_heading_rad, width_m);
    this.meet(scene.next_gate_x_m, scene.next_gate_y_m, scene.next_gate_heading_rad, after_m);
    this.leaveBehind(finite(scene.x_m), finite(scene.y_m), finite(scene.heading_rad));
    for (const gate of this.gates) {
      float(gate, wave, t_s);
    }
    this.arrow.visible = next !== null;
    if (next !== null) {
      const bob_m = isCalm ? 0 : 0.18 * Math.sin(1.6 * t_s);
      this.arrow.position.set(next.x_m, next.y_m, 4.2 + bob_m);
      this.arrow.rotation.z = next.heading_rad;
    }
  }

  private meet(x?: number, y?: number, heading?: number, width_m = 10): Gate | null {
    const [x_m, y_m, heading_rad] = [finite(x, NaN), finite(y, NaN), finite(heading)];
    if (Number.isNaN(x_m) || Number.isNaN(y_m)) {
      return null;
    }
    const known = this.gates.find((gate) => Math.hypot(gate.x_m - x_m, gate.y_m - y_m) < SAME_M);
    if (known !== undefined) {
      return known;
    }
    const gate = { group: new Group(), x_m, y_m, heading_rad, width_m };
    const left = new Mesh(this.can, this.material);
    const right = new Mesh(this.cone, this.material);
    left.position.y = width_m / 2;
    right.position.y = -width_m / 2;
    gate.group.add(left, right);
    for (let index = 1; index < FLOATS; index += 1) {
      const small = new Mesh(this.float, this.material);
      small.position.y = width_m * (index / FLOATS - 0.5);
      gate.group.add(small);
    }
    gate.group.position.set(x_m, y_m, 0);
    gate.group.rotation.z = heading_rad;
    this.gates.push(gate);
    this.group.add(gate.group);
    return gate;
  }

  private leaveBehind(x_m: number, y_m: number, heading_rad: number): void {
    const [c, s] = [Math.cos(heading_rad), Math.sin(heading_rad)];
    for (let index = this.gates.length - 1; index >= 0; index -= 1) {
      const gate = this.gates[index];
      if (gate === undefined) {
        continue;
      }
      const ahead_m = (gate.x_m - x_m) * c + (gate.y_m - y_m) * s;
      if (ahead_m < -BEHIND_M || this.gates.length > 6) {
        this.group.remove(gate.group);
        this.gates.splice(index, 1);
      }
    }
  }
}

// Everything that floats goes up and down with the water under it.
function float(gate: Gate, wave: Wave, t_s: number): void {
  const [c, s] = [Math.cos(gate.heading_rad), Math.sin(gate.heading_rad)];
  for (const child of gate.group.children) {
    const x_m = gate.x_m - s * child.position.y;
    const y_m = gate.y_m + c * child.position.y;
    child.position.z = surface_m(wave, x_m, y_m, t_s);
  }
}

function can(): Shape {
  return new Shape()
    .post([0, 0, -0.5], 0.75, 0.7, 1.5, 12, RED)
    .post([0, 0, 1.0], 0.72, 0.72, 0.3, 12, WHITE)
    .post([0, 0, 1.3], 0.08, 0.06, 0.9, 6, DARK)
    .box([0, 0, 2.55], [0.85, 0.85, 0.8], RED);
}

function cone(): Shape {
  return new Shape()
    .post([0, 0, -0.5], 0.8, 0.45, 1.6, 12, GREEN)
    .post([0, 0, 1.1], 0.46, 0.4, 0.25, 12, WHITE)
    .post([0, 0, 1.35], 0.08, 0.06, 0.75, 6, DARK)
    .post([0, 0, 2.1], 0.62, 0, 1.0, 12, GREEN);
}

// Points down to where the boat should pass.
function arrow(): Shape {
  const shape = new Shape();
  const [wide, high, thick] = [0.8, 1.0, 0.16];
  for (const sign of [1, -1] as const) {
    const face = (x_m: number) => {
      const corner = [x_m, wide, 0] as const;
      const other = [x_m, -wide, 0] as const;
      const tip = [x_m, 0, -high] as const;
      return sign < 0
        ? shape.triangle(corner, tip, other, GOLD)
        : shape.triangle(other, tip, corner, GOLD);
    };
    face(sign * thick);
  }
  shape.quad([-thick, wide, 0], [-thick, -wide, 0], [thick, -wide, 0], [thick, wide, 0], GOLD);
  return shape;
}
