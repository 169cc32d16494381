// Wooded shores on both sides of the lake. They keep their distance, so that no boat runs aground.

import { type BufferGeometry, Group, Mesh, type Scene, type ShaderMaterial } from "three";
import { Conveyor, type Piece } from "../kit/conveyor";
import { refill, roomFor } from "../kit/ground";
import { dice, lerp, roughness, smoothstep } from "../kit/noise";
import { bush, conifer, broadleaf } from "../kit/plants";
import { Copies } from "../kit/scatter";
import { Shape, blend, rgb, tint } from "../kit/shape";

const LENGTH_M = 90;
const WIDTH_M = 120;
const DEPTH_M = 240;
const ROWS = 10;
const COLUMNS = 9;
const AHEAD_M = 620;
const BEHIND_M = 60;
const ROOM_M = 55;

const SAND = rgb(0xcdb98a);
const MEADOW = rgb(0x7c9a4a);
const WOOD = rgb(0x47693a);
const ROCK = rgb(0x8d897e);

export class Shore {
  readonly group = new Group();
  private readonly conveyor: Conveyor;
  private middle_m = 0;

  constructor(
    scene: Scene,
    private readonly material: ShaderMaterial,
  ) {
    scene.add(this.group);
    this.conveyor = new Conveyor(this.group, LENGTH_M, () => this.makePiece());
  }

  update(x_m: number, y_m: number, heading_rad: number): void {
    const aside_m = y_m - this.middle_m;
    this.middle_m += Math.sign(aside_m) * Math.max(0, Math.abs(aside_m) - ROOM_M);
    this.group.position.y = this.middle_m;
    const towards = Math.cos(heading_rad);
    const reach = (part: number) => BEHIND_M + ((AHEAD_M - BEHIND_M) * (1 + part)) / 2;
    this.conveyor.keep(x_m - reach(-towards), x_m + reach(towards));
  }

  private makePiece(): Piece {
    const group = new Group();
    const left = new Mesh(roomFor(2 * ROWS * COLUMNS), this.material);
    const right = new Mesh(roomFor(2 * ROWS * COLUMNS), this.material);
    const pines = new Copies(conifer(rgb(0x3c6b41), 3, 6), this.material, 90);
    const leafy = new Copies(broadleaf(rgb(0x6c9446), 5), this.material, 26);
    const low = new Copies(bush(rgb(0x7fa04a), 3), this.material, 24);
    const cabins = new Copies(cabin(), this.material, 2);
    left.frustumCulled = right.frustumCulled = false;
    group.add(left, right, pines.mesh, leafy.mesh, low.mesh, cabins.mesh);
    return {
      group,
      fill: (index) => {
        fillGround(left.geometry, index, 1);
        fillGround(right.geometry, index, -1);
        plant(index, pines, leafy, low, cabins);
      },
    };
  }
}

// Distance of the water's edge from the middle.
function edge_m(x_m: number, side: 1 | -1): number {
  return WIDTH_M + 55 * (roughness(x_m * 0.006, side * 40, 3, 21) - 0.3);
}

function height_m(x_m: number, inland: number, side: 1 | -1): number {
  const rise = smoothstep(0, 190, inland);
  const bumps = roughness(x_m * 0.011, inland * 0.014 + side * 90, 3, 31);
  return inland < 0 ? 0.08 * inland : 0.045 * inland + rise * (14 + 110 * bumps * bumps);
}

const FIRST_INLAND_M = -14;
const WIDENING = 1.7;

function inland_m(row: number): number {
  return FIRST_INLAND_M + DEPTH_M * (row / ROWS) ** WIDENING;
}

// Height of the ground as it is drawn, between its corners.
function ground_m(x_m: number, inland: number, side: 1 | -1): number {
  const row = ROWS * (Math.max(0, inland - FIRST_INLAND_M) / DEPTH_M) ** (1 / WIDENING);
  const column = (x_m * COLUMNS) / LENGTH_M;
  const [i, j] = [Math.floor(column), Math.min(ROWS - 1, Math.floor(row))];
  const at = (c: number, r: number) => height_m((c * LENGTH_M) / COLUMNS, inland_m(r), side);
  const part = (inland - inland_m(j)) / (inland_m(j + 1) - inland_m(j));
  return lerp(
    lerp(at(i, j), at(i + 1, j), column - i),
    lerp(at(i, j + 1), at(i + 1, j + 1), column - i),
    part,
  );
}

function fillGround(geometry: BufferGeometry, index: number, side: 1 | -1): void {
  const shape = new Shape();
  const at = (column: number, row: number) => {
    const x_m = (LENGTH_M * column) / COLUMNS;
    const world_m = index * LENGTH_M + x_m;
    const inland = inland_m(row);
    return [x_m, side * (edge_m(world_m, side) + inland), height_m(world_m, inland, side)] as const;
  };
  for (let column = 0; column < COLUMNS; column += 1) {
    for (let row = 0; row < ROWS; row += 1) {
      const [a, b, c, d] = [
        at(column, row),
        at(column + 1, row),
        at(column + 1, row + 1),
        at(column, row + 1),
      ];
      const patch = roughness((index * LENGTH_M + a[0]) * 0.03, row * 0.7 + side, 2, 8);
      const steep = smoothstep(
        0.6,
        1.1,
        Math.abs(c[2] - b[2]) / Math.max(1, Math.abs(c[1] - b[1])),
      );
      const green = blend(MEADOW, WOOD, smoothstep(0.25, 0.65, patch + row * 0.05));
      const colour = row === 0 ? SAND : tint(blend(green, ROCK, steep), 0.92 + 0.16 * patch);
      if (side > 0) {
        shape.quad(a, b, c, d, colour);
      } else {
        shape.quad(d, c, b, a, colour);
      }
    }
  }
  refill(geometry, shape);
}

function plant(index: number, pines: Copies, leafy: Copies, low: Copies, cabins: Copies): void {
  const roll = dice(index, 17);
  for (const copies of [pines, leafy, low, cabins]) {
    copies.begin();
  }
  const put = (copies: Copies, near_m: number, far_m: number, small: number, large: number) => {
    const side = roll() < 0.5 ? 1 : -1;
    const x_m = LENGTH_M * roll();
    const inland = near_m + (far_m - near_m) * roll() ** 1.6;
    const world_m = index * LENGTH_M + x_m;
    const y_m = side * (edge_m(world_m, side) + inland);
    const scale = small + (large - small) * roll();
    const z_m = ground_m(world_m, inland, side) - 0.3;
    if (roughness(world_m * 0.02, inland * 0.02 + side * 7, 2, 3) > 0.34) {
      copies.put(x_m, y_m, z_m, scale, 6.28 * roll(), 0.8 + 0.45 * roll());
    }
  };
  for (let count = 0; count < 90; count += 1) {
    put(pines, 8, 200, 1.0, 2.1);
  }
  for (let count = 0; count < 26; count += 1) {
    put(leafy, 5, 90, 0.9, 1.7);
    put(low, 1, 18, 0.8, 2.2);
  }
  if (index % 2 === 0) {
    const side = roll() < 0.5 ? 1 : -1;
    const world_m = index * LENGTH_M + 40;
    cabins.put(
      40,
      side * (edge_m(world_m, side) + 7),
      ground_m(world_m, 7, side),
      1,
      side > 0 ? -1.57 : 1.57,
      1,
    );
  }
  for (const copies of [pines, leafy, low, cabins]) {
    copies.end();
  }
}

// A boathouse; its gable looks along x.
function cabin() {
  const wall = rgb(0xb5493c);
  const roof = rgb(0x4c5258);
  const shape = new Shape().box([0, 0, 1.4], [6, 4.6, 3.6], wall);
  shape.box([3.02, 0, 1.1], [0.06, 1.4, 2.2], rgb(0xf3efe6));
  shape.box([3.02, 1.5, 1.9], [0.06, 0.8, 0.9], rgb(0xdfeaf0));
  shape.box([3.02, -1.5, 1.9], [0.06, 0.8, 0.9], rgb(0xdfeaf0));
  const [l, w, z, top] = [3.4, 2.8, 3.1, 5.2];
  shape.quad([-l, -w, z], [l, -w, z], [l, 0, top], [-l, 0, top], roof);
  shape.quad([l, w, z], [-l, w, z], [-l, 0, top], [l, 0, top], tint(roof, 1.15));
  shape.triangle([l, -w, z], [l, w, z], [l, 0, top], wall);
  shape.triangle([-l, w, z], [-l, -w, z], [-l, 0, top], wall);
  return shape.geometry();
}
