// A pedestrian crossing with a traffic light: position tells the phase as well as colour does.

import { type BufferGeometry, Group, Mesh, MeshBasicMaterial, type ShaderMaterial } from "three";
import { Shape, rgb } from "../kit/shape";
import { finite } from "../world";
import { ASPHALT } from "./street";

const RED = 0;
const AMBER = 1;
const GREEN = 2;
const SAME_M = 2;
const KEPT = 2;
const ZEBRA_FROM_M = 1.6;
const ZEBRA_M = 3;
// From before the line to behind the stripes.
export const CROSSING_M = ZEBRA_FROM_M + ZEBRA_M + 0.8;
// Across the road, where its lamps are seen from the line without looking up.
const MAST_M = 12;
const LAMP_M = 4.9;
// Nobody parks so near, and no tree hides the people who cross.
const CLEAR_M = 3;

const LIT = ["#ff3b30", "#ffb300", "#2fe07a"];
const DARK = ["#4a1512", "#4a3508", "#0c3d22"];

export class Crossings {
  readonly group = new Group();
  private readonly places: Crossing[] = [];

  constructor(
    private readonly material: ShaderMaterial,
    private readonly lampMaterial: () => MeshBasicMaterial,
    private readonly lane_m: number,
    // Told of the places that a crossing takes.
    private readonly clear: (from_m: number, to_m: number) => void,
  ) {}

  // Told where the next line is and what its light shows.
  update(line_m: number, phase: number): void {
    if (!Number.isFinite(line_m)) {
      return;
    }
    let next = this.places.find((place) => Math.abs(place.line_m - line_m) < SAME_M);
    if (next === undefined) {
      next = this.places.length < KEPT ? this.add() : this.places.shift();
      if (next === undefined) {
        return;
      }
      next.moveTo(line_m);
      this.clear(line_m - CLEAR_M, line_m + CROSSING_M + CLEAR_M);
      this.places.push(next);
    }
    next.show(Math.round(finite(phase, RED)));
  }

  private add(): Crossing {
    const crossing = new Crossing(this.material, this.lampMaterial, this.lane_m);
    this.group.add(crossing.group);
    return crossing;
  }
}

class Crossing {
  readonly group = new Group();
  line_m = NaN;
  private readonly lamps: MeshBasicMaterial[] = [];

  constructor(material: ShaderMaterial, lampMaterial: () => MeshBasicMaterial, lane_m: number) {
    const solid = new Mesh(crossingGeometry(lane_m), material);
    solid.frustumCulled = false;
    this.group.add(solid);
    const side_m = -lane_m / 2 - 2.9;
    for (const phase of [RED, AMBER, GREEN]) {
      const paint = lampMaterial();
      this.lamps.push(paint);
      const drop_m = 0.42 * phase;
      const over = new Mesh(disc(0, LAMP_M + 0.55 - drop_m, 0.17), paint);
      const beside = new Mesh(disc(side_m, 2.9 + 0.42 - drop_m, 0.15), paint);
      over.frustumCulled = beside.frustumCulled = false;
      this.group.add(over, beside);
    }
  }

  moveTo(line_m: number): void {
    this.line_m = line_m;
    this.group.position.x = line_m;
  }

  show(phase: number): void {
    this.lamps.forEach((lamp, index) => {
      lamp.color.set((index === phase ? LIT[index] : DARK[index]) ?? "#000000");
    });
  }
}

// A round lamp that looks back at the driver.
function disc(y_m: number, z_m: number, radius_m: number): BufferGeometry {
  const shape = new Shape();
  const x_m = MAST_M - 0.2;
  const at = (index: number) => {
    const turn_rad = (2 * Math.PI * index) / 14;
    return [x_m, y_m + radius_m * Math.cos(turn_rad), z_m + radius_m * Math.sin(turn_rad)] as const;
  };
  for (let index = 0; index < 14; index += 1) {
    shape.triangle([x_m, y_m, z_m], at(index + 1), at(index), [1, 1, 1]);
  }
  return shape.geometry();
}

function crossingGeometry(lane_m: number): BufferGeometry {
  const white = rgb(0xf4f4f0);
  const steel = rgb(0x3a4147);
  const shape = new Shape();
  const [right_m, left_m] = [-lane_m / 2 - 2.3, 1.5 * lane_m];
  const patch = (
    x_m: number,
    length_m: number,
    y_m: number,
    width_m: number,
    z_m = 0.03,
    colour = white,
  ) =>
    shape.quad(
      [x_m, y_m, z_m],
      [x_m + length_m, y_m, z_m],
      [x_m + length_m, y_m + width_m, z_m],
      [x_m, y_m + width_m, z_m],
      colour,
    );
  // Lanes have no lines here.
  patch(-0.4, CROSSING_M, -lane_m / 2, 2 * lane_m, 0.02, ASPHALT);
  patch(0, 0.45, -lane_m / 2 + 0.1, lane_m - 0.2);
  for (let y_m = right_m + 0.3; y_m < left_m - 0.5; y_m += 1) {
    patch(ZEBRA_FROM_M, ZEBRA_M, y_m, 0.5);
  }
  const side_m = right_m - 0.6;
  const reach_m = 0.3 - side_m;
  shape.post([MAST_M, side_m, 0], 0.12, 0.09, LAMP_M + 0.4, 8, steel);
  shape.box([MAST_M, side_m + reach_m / 2, LAMP_M + 0.35], [0.1, reach_m, 0.1], steel);
  shape.box([MAST_M, 0, LAMP_M + 0.13], [0.3, 0.56, 1.36], steel);
  shape.box([MAST_M, side_m, 2.9], [0.28, 0.5, 1.3], steel);
  return shape.geometry();
}
