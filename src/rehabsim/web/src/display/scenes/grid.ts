// A neutral floor that moves with the belts, for scenarios that have no picture of their own.

import { BufferAttribute, BufferGeometry, Mesh, Scene, ShaderMaterial } from "three";
import { type Air, airUniforms } from "../kit/air";
import { type HillLayer, hills, sky } from "../kit/sky";
import { rgb } from "../kit/shape";
import { type Eye, type Moment, type World, follow } from "../world";

const EYE_M = 1.65;
const HALF_M = 600;

const AIR: Air = {
  sun: [0.3, 0.6, 0.8],
  sun_colour: [0.5, 0.5, 0.48],
  sky_light: [0.7, 0.72, 0.76],
  ground_light: [0.4, 0.4, 0.4],
  zenith: rgb(0x8fa9bf),
  horizon: rgb(0xdfe6ea),
  haze_start_m: 15,
  haze_end_m: 130,
};

const HILLS: HillLayer[] = [
  {
    distance_m: 900,
    height_m: 60,
    roughness_m: 2,
    bumps: 3,
    foot: rgb(0xd8e1e7),
    top: rgb(0xb9c8d3),
    seed: 4,
  },
];

export class Grid implements World {
  readonly scene = new Scene();
  readonly moving: readonly string[] = [];
  private readonly far = [sky(AIR, 0), hills(HILLS)];
  private readonly way = { value: 0 };

  constructor() {
    const geometry = new BufferGeometry();
    const h = HALF_M;
    const corners = new Float32Array([-h, -h, 0, h, -h, 0, h, h, 0, -h, h, 0]);
    geometry.setAttribute("position", new BufferAttribute(corners, 3));
    geometry.setIndex([0, 1, 2, 0, 2, 3]);
    const material = new ShaderMaterial({
      uniforms: { ...airUniforms(AIR), way_m: this.way },
      vertexShader: `
        varying vec2 place;
        void main() {
          place = position.xy;
          gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
        }`,
      fragmentShader: `
        uniform vec3 horizon;
        uniform float haze_start_m, haze_end_m, way_m;
        varying vec2 place;
        float lines(vec2 p, float width) {
          vec2 wide = fwidth(p);
          vec2 gap = abs(fract(p - 0.5) - 0.5);
          vec2 ink = 1.0 - smoothstep(vec2(width), vec2(width) + wide, gap);
          ink *= 1.0 - smoothstep(0.3, 0.8, wide);
          return max(ink.x, ink.y);
        }
        void main() {
          vec2 p = vec2(place.x + way_m, place.y);
          vec2 cell = floor(p);
          float board = mod(cell.x + cell.y, 2.0);
          vec3 tone = mix(vec3(0.55, 0.61, 0.66), vec3(0.60, 0.66, 0.71), board);
          tone = mix(tone, vec3(0.93, 0.95, 0.97), 0.8 * lines(p, 0.012));
          tone = mix(tone, vec3(0.13, 0.30, 0.45), 0.9 * lines(p / 5.0, 0.006));
          float haze = smoothstep(haze_start_m, haze_end_m, length(place));
          gl_FragColor = vec4(mix(tone, horizon, haze), 1.0);
        }`,
    });
    const floor = new Mesh(geometry, material);
    floor.frustumCulled = false;
    this.scene.add(...this.far, floor);
  }

  update(moment: Moment): Eye {
    // The floor repeats every 10 m.
    this.way.value = moment.distance_m % 10;
    const eye = { x_m: 0, y_m: 0, z_m: EYE_M, yaw_rad: 0, pitch_rad: -0.08, roll_rad: 0 };
    follow(this.far, eye);
    return eye;
  }

  score(): null {
    return null;
  }
}
