// Low-poly things from flat coloured triangles, in the frame lab: x ahead, y left, z up.

import { BufferAttribute, BufferGeometry } from "three";
import { hash, lerp } from "./noise";

export type Point = readonly [number, number, number];
export type Rgb = readonly [number, number, number];

export function rgb(hex: number): Rgb {
  return [((hex >> 16) & 255) / 255, ((hex >> 8) & 255) / 255, (hex & 255) / 255];
}

export function tint(colour: Rgb, factor: number): Rgb {
  return [colour[0] * factor, colour[1] * factor, colour[2] * factor];
}

export function blend(a: Rgb, b: Rgb, part: number): Rgb {
  return [lerp(a[0], b[0], part), lerp(a[1], b[1], part), lerp(a[2], b[2], part)];
}

export function lerpPoint(a: Point, b: Point, part: number): Point {
  return [lerp(a[0], b[0], part), lerp(a[1], b[1], part), lerp(a[2], b[2], part)];
}

export class Shape {
  private readonly points: number[] = [];
  private readonly colours: number[] = [];

  // Counter-clockwise seen from outside.
  triangle(a: Point, b: Point, c: Point, colour: Rgb): this {
    this.points.push(...a, ...b, ...c);
    this.colours.push(...colour, ...colour, ...colour);
    return this;
  }

  quad(a: Point, b: Point, c: Point, d: Point, colour: Rgb): this {
    return this.triangle(a, b, c, colour).triangle(a, c, d, colour);
  }

  // A box on its centre.
  box(centre: Point, size: Point, colour: Rgb): this {
    const [x, y, z] = centre;
    const [a, b, c] = [size[0] / 2, size[1] / 2, size[2] / 2];
    const at = (i: number, j: number, k: number): Point => [x + a * i, y + b * j, z + c * k];
    this.quad(at(1, -1, -1), at(1, 1, -1), at(1, 1, 1), at(1, -1, 1), colour);
    this.quad(at(-1, 1, -1), at(-1, -1, -1), at(-1, -1, 1), at(-1, 1, 1), colour);
    this.quad(at(1, 1, -1), at(-1, 1, -1), at(-1, 1, 1), at(1, 1, 1), colour);
    this.quad(at(-1, -1, -1), at(1, -1, -1), at(1, -1, 1), at(-1, -1, 1), colour);
    this.quad(at(-1, -1, 1), at(1, -1, 1), at(1, 1, 1), at(-1, 1, 1), colour);
    return this.quad(at(-1, 1, -1), at(1, 1, -1), at(1, -1, -1), at(-1, -1, -1), colour);
  }

  // A round post that may narrow; a cone where the top has no radius. Stands on its base.
  post(base: Point, bottom_m: number, top_m: number, height_m: number, sides: number, colour: Rgb) {
    const ring = (index: number, radius_m: number, z_m: number): Point => {
      const angle_rad = (2 * Math.PI * index) / sides;
      return [
        base[0] + radius_m * Math.cos(angle_rad),
        base[1] + radius_m * Math.sin(angle_rad),
        base[2] + z_m,
      ];
    };
    const tip: Point = [base[0], base[1], base[2] + height_m];
    for (let index = 0; index < sides; index += 1) {
      const a = ring(index, bottom_m, 0);
      const b = ring(index + 1, bottom_m, 0);
      if (top_m <= 0) {
        this.triangle(a, b, tip, colour);
        continue;
      }
      const c = ring(index + 1, top_m, height_m);
      const d = ring(index, top_m, height_m);
      this.quad(a, b, c, d, colour).triangle(tip, d, c, colour);
    }
    return this;
  }

  // A rough ball.
  lump(centre: Point, size: Point, colour: Rgb, seed: number, rings = 4, sides = 6): this {
    const at = (ring: number, side: number): Point => {
      const down_rad = (Math.PI * ring) / rings;
      const turn_rad = (2 * Math.PI * (side % sides)) / sides + 0.5 * ring;
      const isPole = ring === 0 || ring === rings;
      const radius = isPole ? 1 : 0.82 + 0.36 * hash(ring, side % sides, seed);
      return [
        centre[0] + (size[0] / 2) * radius * Math.sin(down_rad) * Math.cos(turn_rad),
        centre[1] + (size[1] / 2) * radius * Math.sin(down_rad) * Math.sin(turn_rad),
        centre[2] + (size[2] / 2) * radius * Math.cos(down_rad),
      ];
    };
    for (let ring = 0; ring < rings; ring += 1) {
      for (let side = 0; side < sides; side += 1) {
        const shade = tint(colour, 0.9 + 0.2 * hash(ring, side, seed + 7));
        if (ring > 0) {
          this.triangle(at(ring, side), at(ring + 1, side), at(ring, side + 1), shade);
        }
        if (ring + 1 < rings) {
          this.triangle(at(ring + 1, side), at(ring + 1, side + 1), at(ring, side + 1), shade);
        }
      }
    }
    return this;
  }

  get triangleCount(): number {
    return this.points.length / 9;
  }

  geometry(): BufferGeometry {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(this.points), 3));
    geometry.setAttribute("color", new BufferAttribute(new Float32Array(this.colours), 3));
    // Corners are not shared, so that each triangle gets its own flat normal.
    geometry.computeVertexNormals();
    return geometry;
  }
}
