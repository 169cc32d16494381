// The street, piece by piece: own lane around y = 0, the other lane to the left, houses beside.

import { type BufferGeometry, Group, Mesh, type Scene, type ShaderMaterial } from "three";
import { Conveyor, type Piece } from "../kit/conveyor";
import { refill, roomFor } from "../kit/ground";
import { dice, hash } from "../kit/noise";
import { broadleaf } from "../kit/plants";
import { Copies } from "../kit/scatter";
import { type Rgb, Shape, rgb, tint } from "../kit/shape";
import { car } from "./cars";
import { addHouses } from "./houses";

const LENGTH_M = 40;
const AHEAD_M = 250;
const BEHIND_M = 12;
const ROW_M = 5;
const MAX_TRIANGLES = 3600;
const PARKING_M = 2.3;
const PAVEMENT_M = 3.4;
const KERB_M = 0.14;
const DASH_EVERY_M = 8;
const DASH_M = 3.2;
const PAINT_M = 0.16;

export const ASPHALT = rgb(0x5d6369);
const PARKING = rgb(0x70767b);
const PAVING = rgb(0xb5b1a8);
const KERB = rgb(0xcfcbc2);
const LAWN = rgb(0x7d9c52);
const PAINT = rgb(0xf1f1ec);
const CARS = [0x3d5f86, 0x8d9296, 0x9c3b34].map(rgb);

// A stretch of the road.
interface Span {
  from_m: number;
  to_m: number;
}
const REMEMBERED = 4;

export class Street {
  private readonly conveyor: Conveyor;
  private readonly clear: Span[] = [];

  constructor(
    scene: Scene,
    private readonly material: ShaderMaterial,
    private readonly lane_m: number,
  ) {
    this.conveyor = new Conveyor(scene, LENGTH_M, () => this.makePiece());
  }

  update(x_m: number): void {
    this.conveyor.keep(x_m - BEHIND_M, x_m + AHEAD_M);
  }

  // Nothing stands beside the road from one place to another.
  keepClear(from_m: number, to_m: number): void {
    this.clear.push({ from_m, to_m });
    this.clear.splice(0, this.clear.length - REMEMBERED);
    this.conveyor.refill(from_m, to_m);
  }

  private isClear(x_m: number): boolean {
    return this.clear.some(({ from_m, to_m }) => x_m > from_m && x_m < to_m);
  }

  private makePiece(): Piece {
    const group = new Group();
    const solid = new Mesh(roomFor(MAX_TRIANGLES), this.material);
    solid.frustumCulled = false;
    const trees = new Copies(broadleaf(rgb(0x6f9a4c), 7), this.material, 8);
    const lamps = new Copies(lamp(), this.material, 4);
    const parked = CARS.map((colour) => new Copies(car(colour), this.material, 4));
    group.add(solid, trees.mesh, lamps.mesh, ...parked.map((copies) => copies.mesh));
    return {
      group,
      fill: (index) => {
        const shape = new Shape();
        addRoad(shape, this.lane_m, index * LENGTH_M);
        addPaint(shape, this.lane_m);
        const right_m = -this.lane_m / 2 - PARKING_M - PAVEMENT_M - 1;
        addHouses(shape, index, LENGTH_M, right_m, 1.5 * this.lane_m + PAVEMENT_M + 1);
        refill(solid.geometry, shape);
        this.furnish(index, trees, lamps, parked);
      },
    };
  }

  private furnish(index: number, trees: Copies, lamps: Copies, parked: Copies[]): void {
    const roll = dice(index, 41);
    const all = [trees, lamps, ...parked];
    all.forEach((copies) => copies.begin());
    const grow = (x_m: number, y_m: number) => {
      const [scale, yaw_rad, tone] = [0.75 + 0.25 * roll(), 6.28 * roll(), 0.9 + 0.2 * roll()];
      if (!this.isClear(index * LENGTH_M + x_m)) {
        trees.put(x_m, y_m, 0, scale, yaw_rad, tone);
      }
    };
    const right_m = -this.lane_m / 2 - PARKING_M;
    const left_m = 1.5 * this.lane_m;
    for (let count = 0; count < 4; count += 1) {
      const x_m = 5 + 10 * count;
      grow(x_m, right_m - 0.9);
      grow(x_m + 4, left_m + 0.9);
      if (roll() < 0.62) {
        const kind = parked[Math.floor(roll() * parked.length)];
        if (!this.isClear(index * LENGTH_M + x_m - 3)) {
          kind?.put(x_m - 3, right_m + PARKING_M / 2, 0, 1, 0, 1);
        }
      }
    }
    lamps.put(10, right_m - 0.5, 0, 1, 0, 1);
    lamps.put(30, left_m + 0.5, 0, 1, Math.PI, 1);
    all.forEach((copies) => copies.end());
  }
}

// Strips along the street, each cut into rows so that it can bend.
function addRoad(shape: Shape, lane_m: number, start_m: number): void {
  const right_m = -lane_m / 2;
  const left_m = 1.5 * lane_m;
  const outer_m = right_m - PARKING_M;
  const strip = (
    from_m: number,
    to_m: number,
    low_m: number,
    high_m: number,
    colour: Rgb,
    fleck = 0.03,
  ) => {
    for (let x_m = 0; x_m < LENGTH_M; x_m += ROW_M) {
      const shade = tint(
        colour,
        1 - fleck + 2 * fleck * hash(start_m + x_m, Math.round(from_m * 10)),
      );
      shape.quad(
        [x_m, from_m, low_m],
        [x_m + ROW_M, from_m, low_m],
        [x_m + ROW_M, to_m, high_m],
        [x_m, to_m, high_m],
        shade,
      );
    }
  };
  strip(right_m, left_m, 0, 0, ASPHALT);
  strip(outer_m, right_m, 0, 0, PARKING);
  strip(outer_m - 0.2, outer_m, KERB_M, KERB_M, KERB);
  strip(outer_m, outer_m + 0.001, KERB_M, 0, tint(KERB, 0.8));
  strip(outer_m - PAVEMENT_M, outer_m - 0.2, KERB_M, KERB_M, PAVING, 0.07);
  strip(left_m - 0.001, left_m, 0, KERB_M, tint(KERB, 0.8));
  strip(left_m, left_m + 0.2, KERB_M, KERB_M, KERB);
  strip(left_m + 0.2, left_m + PAVEMENT_M, KERB_M, KERB_M, PAVING, 0.07);
  strip(outer_m - 60, outer_m - PAVEMENT_M, 0, KERB_M, LAWN);
  strip(left_m + PAVEMENT_M, left_m + 60, KERB_M, 0, LAWN);
}

// Lines on the road, a finger above it.
function addPaint(shape: Shape, lane_m: number): void {
  const half_m = PAINT_M / 2;
  const paint = (x_m: number, y_m: number, length_m: number) =>
    shape.quad(
      [x_m, y_m - half_m, 0.012],
      [x_m + length_m, y_m - half_m, 0.012],
      [x_m + length_m, y_m + half_m, 0.012],
      [x_m, y_m + half_m, 0.012],
      PAINT,
    );
  for (let x_m = 0; x_m < LENGTH_M; x_m += ROW_M) {
    paint(x_m, -lane_m / 2 + half_m, ROW_M);
    paint(x_m, 1.5 * lane_m - 2 * half_m, ROW_M);
  }
  for (let x_m = 0; x_m < LENGTH_M; x_m += DASH_EVERY_M) {
    paint(x_m, lane_m / 2, DASH_M);
  }
}

function lamp(): BufferGeometry {
  const grey = rgb(0x5f676d);
  return new Shape()
    .post([0, 0, 0], 0.09, 0.06, 5.6, 6, grey)
    .box([0, 0.7, 5.6], [0.1, 1.5, 0.08], grey)
    .box([0, 1.3, 5.52], [0.22, 0.55, 0.1], rgb(0xf2efdf))
    .geometry();
}
