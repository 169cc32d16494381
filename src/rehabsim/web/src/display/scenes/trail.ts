// The land along the trail, piece by piece; heights here are above the trail's own height.

import { type BufferGeometry, Group, Mesh, type Scene, type ShaderMaterial } from "three";
import { Conveyor, type Piece } from "../kit/conveyor";
import { refill, roomFor } from "../kit/ground";
import { dice, hash, noise, roughness, smoothstep } from "../kit/noise";
import { broadleaf, bush, conifer, grass, stone } from "../kit/plants";
import { Copies } from "../kit/scatter";
import { type Point, type Rgb, Shape, blend, rgb, tint } from "../kit/shape";

const LENGTH_M = 20;
const AHEAD_M = 165;
const BEHIND_M = 12;
const ROW_M = 2.5;
const ROWS = LENGTH_M / ROW_M;
const ASIDE_M = [1.1, 2.2, 3.6, 6, 10, 16, 25, 40, 64];
const PATH_ROWS = LENGTH_M;
const PATH_ASIDE_M = [-1.3, -0.8, -0.35, 0.05, 0.45, 0.85, 1.3];
const MILESTONE_M = 100;
const UPHILL_FRAC = 0.72;

const EARTH = rgb(0xb08c60);
const VERGE = rgb(0x8a9a4e);
const MEADOW = rgb(0x78993f);
const MOSS = rgb(0x4e7337);
const ROCK = rgb(0x938c80);

// The middle of the trail, to the left of the first course.
export function middle_m(x_m: number): number {
  return 9 * Math.sin(x_m / 80) + 3 * Math.sin(x_m / 36 + 1) - 3 * Math.sin(1);
}

export function bearing_rad(x_m: number): number {
  return Math.atan((middle_m(x_m + 3) - middle_m(x_m - 3)) / 6);
}

// Up to the left, down to the right, with bumps; flat where people walk.
function relief_m(x_m: number, aside_m: number): number {
  const far_m = Math.abs(aside_m);
  const bumps = roughness(x_m * 0.09, aside_m * 0.09, 3, 5) - 0.45;
  const large = roughness(x_m * 0.013, aside_m * 0.016, 2, 6);
  const slope = aside_m > 0 ? 0.1 + 0.75 * large : -0.12 - 0.42 * large;
  const beside = smoothstep(1.3, 5, far_m);
  return (
    beside * (1.5 * bumps + slope * Math.max(0, far_m - 2.5)) + 0.1 * smoothstep(0.8, 1.6, far_m)
  );
}

export class Trail {
  private readonly conveyor: Conveyor;

  constructor(
    scene: Scene,
    private readonly material: ShaderMaterial,
  ) {
    this.conveyor = new Conveyor(scene, LENGTH_M, () => this.makePiece());
  }

  update(x_m: number): void {
    this.conveyor.keep(x_m - BEHIND_M, x_m + AHEAD_M);
  }

  private makePiece(): Piece {
    const group = new Group();
    const triangles = 4 * ROWS * ASIDE_M.length + 2 * PATH_ROWS * (PATH_ASIDE_M.length - 1);
    const land = new Mesh(roomFor(triangles), this.material);
    land.frustumCulled = false;
    const copies = (geometry: BufferGeometry, capacity: number) =>
      new Copies(geometry, this.material, capacity);
    const growth: Growth = {
      pines: copies(conifer(rgb(0x3f7446), 3, 7), 30),
      firs: copies(conifer(rgb(0x356442), 4, 6), 14),
      leafy: copies(broadleaf(rgb(0x6f9c4a), 4), 9),
      bushes: copies(bush(rgb(0x7b9f4a), 6), 14),
      stones: copies(stone(rgb(0x99938a), 2), 22),
      pebbles: copies(stone(rgb(0x9a8567), 9), 40),
      grass: copies(grass(rgb(0x8cb04c), 1), 80),
      posts: copies(signpost(), 1),
    };
    group.add(land, ...Object.values(growth).map((each) => each.mesh));
    return {
      group,
      fill: (index) => {
        refill(land.geometry, landShape(index * LENGTH_M));
        plant(index, growth);
      },
    };
  }
}

interface Growth {
  pines: Copies;
  firs: Copies;
  leafy: Copies;
  bushes: Copies;
  stones: Copies;
  pebbles: Copies;
  grass: Copies;
  posts: Copies;
}

function landShape(start_m: number): Shape {
  const shape = new Shape();
  const at = (x_m: number, aside_m: number) => {
    const world_m = start_m + x_m;
    return [x_m, middle_m(world_m) + aside_m, relief_m(world_m, aside_m)] as const;
  };
  addPath(shape, start_m);
  for (let row = 0; row < ROWS; row += 1) {
    const [from_m, to_m] = [row * ROW_M, (row + 1) * ROW_M];
    for (let column = 0; column + 1 < ASIDE_M.length; column += 1) {
      const [near_m, far_m] = [ASIDE_M[column] ?? 0, ASIDE_M[column + 1] ?? 0];
      for (const side of [1, -1]) {
        const [a, b] = [at(from_m, side * near_m), at(to_m, side * near_m)];
        const [c, d] = [at(to_m, side * far_m), at(from_m, side * far_m)];
        const steep = Math.abs(c[2] - b[2]) / (far_m - near_m);
        const colour = landColour(start_m + from_m, side * near_m, steep);
        if (side > 0) {
          shape.quad(a, b, c, d, colour);
        } else {
          shape.quad(d, c, b, a, colour);
        }
      }
    }
  }
  return shape;
}

// The path lies a finger above the land, whose inner edge goes under it.
function addPath(shape: Shape, start_m: number): void {
  const at = (row: number, column: number): Point => {
    const world_m = start_m + row;
    const aside_m = PATH_ASIDE_M[column] ?? 0;
    // Uneven, but not where the next piece begins.
    const isFree = row > 0 && row < PATH_ROWS;
    const shift_m = isFree ? 0.7 * (hash(world_m, column, 31) - 0.5) : 0;
    const sway_m = isFree ? 0.22 * (hash(world_m, column, 32) - 0.5) : 0;
    return [
      row + shift_m,
      middle_m(world_m + shift_m) + aside_m + sway_m,
      0.03 + relief_m(world_m, aside_m) + 0.05 * hash(world_m, column, 33),
    ];
  };
  for (let row = 0; row < PATH_ROWS; row += 1) {
    for (let column = 0; column + 1 < PATH_ASIDE_M.length; column += 1) {
      const [a, b] = [at(row, column), at(row + 1, column)];
      const [c, d] = [at(row + 1, column + 1), at(row, column + 1)];
      shape.triangle(a, b, c, pathColour(start_m + row, column));
      shape.triangle(a, c, d, pathColour(start_m + row + 500, column));
    }
  }
}

// Each metre of the path looks a little different, so that its flow is seen.
function pathColour(x_m: number, column: number): Rgb {
  const isEdge = column === 0 || column === PATH_ASIDE_M.length - 2;
  const worn = 0.9 + 0.12 * hash(Math.round(x_m), column, 4) + 0.08 * noise(x_m * 0.3, column, 2);
  const colour = tint(EARTH, worn);
  return isEdge ? blend(colour, VERGE, 0.35 + 0.4 * hash(Math.round(x_m), column, 9)) : colour;
}

function landColour(x_m: number, aside_m: number, steep: number): Rgb {
  const patch = roughness(x_m * 0.06, aside_m * 0.06, 2, 12);
  const green = blend(MEADOW, MOSS, smoothstep(0.35, 0.65, patch + Math.abs(aside_m) * 0.004));
  const verge = 1 - smoothstep(1.5, 4, Math.abs(aside_m));
  const colour = blend(green, VERGE, 0.7 * verge);
  return tint(
    blend(colour, ROCK, smoothstep(0.9, 1.4, steep)),
    0.9 + 0.2 * hash(Math.round(x_m), Math.round(aside_m)),
  );
}

function plant(index: number, growth: Growth): void {
  const roll = dice(index, 23);
  const start_m = index * LENGTH_M;
  for (const copies of Object.values(growth) as Copies[]) {
    copies.begin();
  }
  const put = (
    copies: Copies,
    near_m: number,
    far_m: number,
    small: number,
    large: number,
    sink = 0,
  ) => {
    // The valley side stays open, so that the hills are seen.
    const side = roll() < (near_m > 5 ? UPHILL_FRAC : 0.5) ? 1 : -1;
    const x_m = LENGTH_M * roll();
    const aside_m = side * (near_m + (far_m - near_m) * roll() ** 1.7);
    const scale = small + (large - small) * roll() ** 1.5;
    const z_m = relief_m(start_m + x_m, aside_m) - sink * scale;
    const y_m = middle_m(start_m + x_m) + aside_m;
    copies.put(x_m, y_m, z_m, scale, 6.28 * roll(), 0.8 + 0.4 * roll());
  };
  const times = (count: number, act: () => void) => Array.from({ length: count }).forEach(act);
  times(26, () => put(growth.pines, 7.5, 62, 0.7, 1.7, 0.3));
  times(14, () => put(growth.firs, 9, 63, 1.0, 2.0, 0.3));
  times(9, () => put(growth.leafy, 6, 40, 0.7, 1.4, 0.2));
  times(14, () => put(growth.bushes, 2.6, 22, 0.4, 1.3, 0.15));
  times(22, () => put(growth.stones, 1.7, 14, 0.2, 1.4, 0.15));
  times(40, () => put(growth.pebbles, 0, 1.2, 0.05, 0.14));
  times(80, () => put(growth.grass, 1.15, 6, 0.7, 1.5));
  if (start_m % MILESTONE_M === 0) {
    growth.posts.put(
      0,
      middle_m(start_m) - 1.9,
      relief_m(start_m, -1.9),
      1,
      bearing_rad(start_m),
      1,
    );
  }
  for (const copies of Object.values(growth) as Copies[]) {
    copies.end();
  }
}

// Stands at every hundredth metre.
function signpost(): BufferGeometry {
  const wood = rgb(0x8d6a45);
  return new Shape()
    .post([0, 0, -0.3], 0.08, 0.07, 2.3, 6, tint(wood, 0.8))
    .box([-0.08, 0.32, 1.75], [0.05, 0.9, 0.24], rgb(0xf2c230))
    .box([-0.08, -0.25, 1.42], [0.05, 0.7, 0.2], wood)
    .geometry();
}
