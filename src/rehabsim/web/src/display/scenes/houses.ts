// Rows of houses on both sides of a street.

import { dice, hash } from "../kit/noise";
import { type Point, type Rgb, type Shape, rgb, tint } from "../kit/shape";

const FLOOR_M = 3.1;
const DEPTH_M = 11;
const PANE_EVERY_M = 2.6;
const WINDOW = rgb(0x4a6274);
const DOOR = rgb(0x6a4630);
const WALLS = [0xd8c3a0, 0xc98d6b, 0xe3d9c6, 0xa9b7b4, 0xcfa98c, 0xbfc7cf, 0xe0c7b0].map(rgb);

interface House {
  x_m: number;
  length_m: number;
  front_m: number;
  side: 1 | -1;
  floors: number;
  wall: Rgb;
}

// Told where the fronts stand on either side; the same place always has the same houses.
export function addHouses(
  shape: Shape,
  index: number,
  street_m: number,
  right_m: number,
  left_m: number,
): void {
  const roll = dice(index, 51);
  for (const side of [1, -1] as const) {
    let x_m = 1;
    while (x_m < street_m - 9) {
      const length_m = Math.min(9 + 8 * roll(), street_m - 1 - x_m);
      const floors = 2 + Math.floor(3.4 * roll());
      const wall = WALLS[Math.floor(roll() * WALLS.length)] ?? [1, 1, 1];
      const front_m = (side > 0 ? left_m : right_m) + side * 2 * roll();
      addHouse(shape, { x_m, length_m, front_m, side, floors, wall });
      x_m += length_m + (roll() < 0.3 ? 5 : 0.4);
    }
  }
}

function addHouse(shape: Shape, house: House): void {
  const { x_m, length_m, front_m, side, floors, wall } = house;
  const height_m = floors * FLOOR_M + 0.8;
  const [x, y] = [x_m + length_m / 2, front_m + (side * DEPTH_M) / 2];
  shape.box([x, y, height_m / 2], [length_m, DEPTH_M, height_m], wall);
  shape.box([x, y, height_m + 0.15], [length_m + 0.3, DEPTH_M + 0.6, 0.3], tint(wall, 0.7));
  for (let floor = 0; floor < floors; floor += 1) {
    const sill_m = 0.9 + floor * FLOOR_M;
    addFront(shape, house, floor, sill_m);
    // The gable towards the driver has windows too.
    for (const part of [0.3, 0.7]) {
      const at = (y_m: number, z_m: number): Point => [x_m - 0.02, y_m, z_m];
      const [a, b] = [
        front_m + side * DEPTH_M * part + 0.55,
        front_m + side * DEPTH_M * part - 0.55,
      ];
      const top_m = sill_m + 1.6;
      shape.quad(at(a, sill_m), at(b, sill_m), at(b, top_m), at(a, top_m), WINDOW);
    }
  }
}

// One floor's windows, and the door, in the wall that looks on the street.
function addFront(shape: Shape, house: House, floor: number, sill_m: number): void {
  const { x_m, length_m, front_m, side } = house;
  const columns = Math.max(2, Math.floor(length_m / PANE_EVERY_M));
  const at = (x: number, z_m: number): Point => [x, front_m - side * 0.03, z_m];
  for (let column = 0; column < columns; column += 1) {
    const middle_m = x_m + (length_m * (column + 0.5)) / columns;
    const isDoor = floor === 0 && column === 1;
    const [low_m, high_m] = isDoor ? [0.15, 2.45] : [sill_m, sill_m + 1.6];
    const light = 0.85 + 0.5 * hash(column, floor, Math.round(middle_m));
    // Seen from the street, the left edge of a pane is nearer on one side and farther on the other.
    const [a, b] = [middle_m - side * 0.6, middle_m + side * 0.6];
    shape.quad(
      at(a, low_m),
      at(b, low_m),
      at(b, high_m),
      at(a, high_m),
      isDoor ? DOOR : tint(WINDOW, light),
    );
  }
}
