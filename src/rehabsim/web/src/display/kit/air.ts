// Light and haze of a world, and the one paint that everything solid is made of.
// Light is worked out at the corners, so that a picture costs little even without a GPU.

import { Color, type IUniform, ShaderMaterial, Vector3 } from "three";
import type { Point, Rgb } from "./shape";

export interface Air {
  sun: Point;
  sun_colour: Rgb;
  sky_light: Rgb;
  ground_light: Rgb;
  zenith: Rgb;
  horizon: Rgb;
  haze_start_m: number;
  haze_end_m: number;
}

export type Uniforms = Record<string, IUniform>;

export function colour(value: Rgb): Color {
  return new Color(value[0], value[1], value[2]);
}

export function airUniforms(air: Air): Uniforms {
  return {
    sun: { value: new Vector3(...air.sun).normalize() },
    sun_colour: { value: colour(air.sun_colour) },
    sky_light: { value: colour(air.sky_light) },
    ground_light: { value: colour(air.ground_light) },
    horizon: { value: colour(air.horizon) },
    zenith: { value: colour(air.zenith) },
    haze_start_m: { value: air.haze_start_m },
    haze_end_m: { value: air.haze_end_m },
  };
}

const NO_BEND = "vec3 bend(vec3 place) { return place; }";

const VERTEX = `
  uniform vec3 sun, sun_colour, sky_light, ground_light, horizon;
  uniform float haze_start_m, haze_end_m;
  varying vec3 shade;
  BEND
  void main() {
    vec4 place = vec4(position, 1.0);
    vec3 up = normal;
    #ifdef USE_INSTANCING
      place = instanceMatrix * place;
      up = mat3(instanceMatrix) * up;
    #endif
    place = modelMatrix * place;
    place.xyz = bend(place.xyz);
    up = normalize(mat3(modelMatrix) * up);
    vec3 light = mix(ground_light, sky_light, up.z * 0.5 + 0.5)
      + sun_colour * max(dot(up, sun), 0.0);
    vec3 tone = color;
    #ifdef USE_INSTANCING_COLOR
      tone *= instanceColor;
    #endif
    float haze = smoothstep(haze_start_m, haze_end_m, distance(place.xyz, cameraPosition));
    shade = mix(tone * light, horizon, haze);
    gl_Position = projectionMatrix * viewMatrix * place;
  }`;

const FRAGMENT = `
  varying vec3 shade;
  void main() { gl_FragColor = vec4(shade, 1.0); }`;

// `bend` may move every place of the world: GLSL of `vec3 bend(vec3 place)`.
export function paint(uniforms: Uniforms, bend = NO_BEND): ShaderMaterial {
  return new ShaderMaterial({
    uniforms,
    vertexColors: true,
    vertexShader: VERTEX.replace("BEND", bend),
    fragmentShader: FRAGMENT,
  });
}
