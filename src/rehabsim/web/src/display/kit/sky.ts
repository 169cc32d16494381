// A dome with sun and clouds, painted once into a texture, and far hills around the horizon.
// Both go where the eye goes: they have no parallax, and the horizon never moves.

import {
  BufferAttribute,
  BufferGeometry,
  DataTexture,
  Group,
  LinearFilter,
  Mesh,
  MeshBasicMaterial,
  RGBAFormat,
  ShaderMaterial,
  UnsignedByteType,
} from "three";
import type { Air } from "./air";
import { hash, lerp, noise, roughness, smoothstep } from "./noise";
import { type Point, type Rgb, Shape, blend } from "./shape";

const TEXTURE_SIZE = 512;
const DOME_M = 1000;
const BELOW = 0.12;

export interface HillLayer {
  distance_m: number;
  height_m: number;
  roughness_m: number;
  bumps: number;
  foot: Rgb;
  top: Rgb;
  seed: number;
  // Roofs instead of ridges.
  isCity?: boolean;
}

export function sky(air: Air, cloudiness: number): Mesh {
  const material = new ShaderMaterial({
    uniforms: { picture: { value: skyPicture(air, cloudiness) } },
    vertexShader: `
      varying vec3 way;
      void main() {
        way = position;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    // The dome is folded flat around its top: the horizon is the circle of radius one half.
    fragmentShader: `
      uniform sampler2D picture;
      varying vec3 way;
      void main() {
        vec3 d = normalize(way);
        d.z = max(d.z, 0.0);
        gl_FragColor = texture2D(picture, 0.5 + 0.5 * d.xy / (1.0 + d.z));
      }`,
    depthWrite: false,
    depthTest: false,
  });
  const mesh = new Mesh(domeGeometry(), material);
  mesh.renderOrder = -20;
  mesh.frustumCulled = false;
  return mesh;
}

function domeGeometry(): BufferGeometry {
  const sides = 32;
  const rings = 8;
  const at = (side: number, ring: number): Point => {
    const z = lerp(-BELOW, 1, ring / rings);
    const radius = Math.sqrt(Math.max(0, 1 - z * z));
    const turn_rad = (2 * Math.PI * side) / sides;
    return [DOME_M * radius * Math.cos(turn_rad), DOME_M * radius * Math.sin(turn_rad), DOME_M * z];
  };
  const shape = new Shape();
  const white: Rgb = [1, 1, 1];
  for (let side = 0; side < sides; side += 1) {
    for (let ring = 0; ring < rings; ring += 1) {
      // Seen from inside.
      shape.quad(
        at(side + 1, ring),
        at(side, ring),
        at(side, ring + 1),
        at(side + 1, ring + 1),
        white,
      );
    }
  }
  return shape.geometry();
}

function skyPicture(air: Air, cloudiness: number): DataTexture {
  const size = TEXTURE_SIZE;
  const pixels = new Uint8Array(size * size * 4);
  const length = Math.hypot(...air.sun);
  const sun: Point = [air.sun[0] / length, air.sun[1] / length, air.sun[2] / length];
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const u = ((column + 0.5) / size) * 2 - 1;
      const v = ((row + 0.5) / size) * 2 - 1;
      const square = u * u + v * v;
      const z = Math.max(0, (1 - square) / (1 + square));
      const tone = skyColour(air, sun, [u * (1 + z), v * (1 + z), z], cloudiness);
      const at = (row * size + column) * 4;
      pixels[at] = 255 * Math.min(1, tone[0]);
      pixels[at + 1] = 255 * Math.min(1, tone[1]);
      pixels[at + 2] = 255 * Math.min(1, tone[2]);
      pixels[at + 3] = 255;
    }
  }
  const texture = new DataTexture(pixels, size, size, RGBAFormat, UnsignedByteType);
  texture.magFilter = LinearFilter;
  texture.minFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}

function skyColour(air: Air, sun: Point, way: Point, cloudiness: number): Rgb {
  const z = way[2];
  let tone = blend(air.horizon, air.zenith, Math.pow(z, 0.55));
  const towardsSun = Math.max(0, way[0] * sun[0] + way[1] * sun[1] + z * sun[2]);
  const glow = 0.28 * towardsSun ** 6 + 0.35 * towardsSun ** 60;
  tone = blend(tone, [1, 0.95, 0.82], Math.min(1, glow));
  if (cloudiness > 0 && z > 0.015) {
    // Clouds lie on a flat ceiling, so that they crowd together towards the horizon.
    const x = (way[0] / (z + 0.16)) * 1.5;
    const y = (way[1] / (z + 0.16)) * 1.5;
    const body = roughness(x, y, 4, 11);
    const thick =
      smoothstep(1 - cloudiness, 1.25 - cloudiness, body + 0.2) * smoothstep(0.015, 0.16, z);
    const lit = roughness(x + 0.25 * sun[0], y + 0.25 * sun[1], 3, 11);
    const bright = 0.9 + 0.35 * (body - lit) + 0.08;
    tone = blend(tone, [bright, bright, Math.min(1, bright * 1.02)], 0.85 * thick);
  }
  const disc = smoothstep(0.9985, 0.9992, towardsSun);
  return blend(tone, [1, 0.99, 0.93], disc);
}

// Rings of hills, the farthest first.
export function hills(layers: readonly HillLayer[]): Group {
  const group = new Group();
  layers.forEach((layer, index) => {
    const material = new MeshBasicMaterial({
      vertexColors: true,
      depthWrite: false,
      depthTest: false,
      fog: false,
    });
    const mesh = new Mesh(hillGeometry(layer), material);
    mesh.renderOrder = -19 + index;
    mesh.frustumCulled = false;
    group.add(mesh);
  });
  return group;
}

// Noise around the horizon, which ends as it began.
function ridge(index: number, count: number, seed: number): number {
  const [here, before] = [noise(index * 0.4, 0, seed + 5), noise((index - count) * 0.4, 0, seed + 5)];
  return lerp(here, before, smoothstep(0.9, 1, index / count));
}

function hillGeometry(layer: HillLayer): BufferGeometry {
  const count = 360;
  const places: number[] = [];
  const colours: number[] = [];
  const corners: number[] = [];
  for (let index = 0; index <= count; index += 1) {
    const turn_rad = (2 * Math.PI * index) / count;
    const [c, s] = [Math.cos(turn_rad), Math.sin(turn_rad)];
    const wide = roughness(layer.bumps * (c + 2), layer.bumps * (s + 2), 3, layer.seed);
    const isCity = layer.isCity ?? false;
    const fine = isCity ? hash((index % count) >> 1, 0, layer.seed) : ridge(index, count, layer.seed);
    const top_m = layer.height_m * (0.25 + 1.5 * wide * wide) + layer.roughness_m * fine;
    places.push(layer.distance_m * c, layer.distance_m * s, -0.02 * layer.distance_m);
    places.push(layer.distance_m * c, layer.distance_m * s, top_m);
    colours.push(...layer.foot, ...layer.top);
    if (index < count) {
      const a = 2 * index;
      corners.push(a, a + 1, a + 2, a + 1, a + 3, a + 2);
    }
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(places), 3));
  geometry.setAttribute("color", new BufferAttribute(new Float32Array(colours), 3));
  geometry.setIndex(corners);
  return geometry;
}
