// The lake's surface: the published wave, ripples on it, the sky in it, and the boat's wake.

import {
  BufferAttribute,
  BufferGeometry,
  DataTexture,
  LinearFilter,
  LinearMipmapLinearFilter,
  Mesh,
  RGBAFormat,
  RepeatWrapping,
  ShaderMaterial,
  Vector2,
  Vector4,
} from "three";
import type { Scene } from "../../net/messages";
import { type Air, type Uniforms, airUniforms } from "../kit/air";
import { hash } from "../kit/noise";
import { finite } from "../world";

const RINGS = 58;
const NEAREST_M = 1;
const FARTHEST_M = 2600;
const SPOKES = 40;
const SECTOR_RAD = 1.35;
const RIPPLE_SIZE = 128;

// One sine of the swell: half its height, rad per m ahead and left, rad per s, and its start.
interface Sine {
  half_m: number;
  ahead: number;
  left: number;
  radps: number;
  start_rad: number;
}

export type Wave = Sine[];

const COUNT = 15;
const RATIOS = Array.from({ length: COUNT }, (_, index) => 0.5 * 3 ** ((index + 1) / 15));
const SHARES = RATIOS.map((ratio) => Math.exp(-4 * Math.log(ratio) ** 2));
const WHOLE = Math.sqrt(2 / SHARES.reduce((sum, share) => sum + share * share, 0));

// The swell as the boat's scene publishes it: a sum of sines around the chief wave.
export function waveOf(scene: Scene): Wave {
  const height_m = finite(scene.wave_height_m);
  const length_m = Math.max(1, finite(scene.wave_length_m, 20));
  const period_s = Math.max(0.5, finite(scene.wave_period_s, 5));
  const seed = finite(scene.wave_seed_frac);
  return RATIOS.map((ratio, index) => {
    const i = index + 1;
    const way_rad = finite(scene.wave_direction_rad) + 0.5 * Math.sin(2.4 * i);
    const number = (2 * Math.PI * ratio) / length_m;
    return {
      half_m: (height_m / 4) * WHOLE * (SHARES[index] ?? 0),
      ahead: number * Math.cos(way_rad),
      left: number * Math.sin(way_rad),
      radps: (2 * Math.PI * ratio) / period_s,
      start_rad: 2 * Math.PI * ((i * i * seed) % 1),
    };
  });
}

// Height of the surface at a place and time.
export function surface_m(wave: Wave, x_m: number, y_m: number, t_s: number): number {
  return wave.reduce((sum_m, { half_m, ahead, left, radps, start_rad }) => {
    return sum_m + half_m * Math.sin(ahead * x_m + left * y_m - radps * t_s + start_rad);
  }, 0);
}

const VERTEX = `
  uniform vec4 boat;               // x, y, cos and sin of its heading
  uniform vec4 waves[${COUNT}];    // half height, rad per m ahead and left, and where it is now
  uniform float length_m;
  varying vec3 place;
  varying vec2 slope, seen;
  void main() {
    seen = position.xy;
    vec2 p = boat.xy + vec2(boat.z * seen.x - boat.w * seen.y, boat.w * seen.x + boat.z * seen.y);
    float near = 1.0 - smoothstep(2.5 * length_m, 7.0 * length_m, length(seen));
    float high_m = 0.0;
    slope = vec2(0.0);
    for (int i = 0; i < ${COUNT}; i += 1) {
      float turn = dot(waves[i].yz, p) + waves[i].w;
      high_m += waves[i].x * sin(turn);
      slope += waves[i].x * cos(turn) * waves[i].yz;
    }
    slope *= near;
    place = vec3(p, near * high_m);
    gl_Position = projectionMatrix * viewMatrix * vec4(place, 1.0);
  }`;

const FRAGMENT = `
  uniform sampler2D ripples;
  uniform vec3 sun, sun_colour, horizon, zenith, deep, shallow, shore;
  uniform float half_m;
  uniform vec2 drift;
  uniform float haze_start_m, haze_end_m, wake;
  varying vec3 place;
  varying vec2 slope, seen;
  void main() {
    // No water inside the boat.
    float half_m = 0.72 * (1.0 - pow(clamp((seen.x + 0.2) / 3.2, 0.0, 1.0), 2.2));
    if (abs(seen.y) < half_m && abs(seen.x) < 3.0) discard;
    vec3 to_eye = cameraPosition - place;
    float far_m = length(to_eye);
    vec3 view = to_eye / far_m;
    vec4 a = texture2D(ripples, place.xy * 0.071 + drift);
    vec4 b = texture2D(ripples, place.yx * 0.193 - drift * 1.7);
    vec2 ripple = (a.xy + b.xy - 1.0) * (0.34 / (1.0 + far_m * 0.012));
    vec3 n = normalize(vec3(-slope - ripple, 1.0));
    float facing = max(dot(n, view), 0.0);
    float mirror = 0.03 + 0.97 * pow(1.0 - facing, 5.0);
    vec3 back = reflect(-view, n);
    float high = max(back.z, 0.0);
    vec3 sky = mix(horizon, zenith, sqrt(high));
    sky = mix(sky, shore, 0.55 * (1.0 - smoothstep(0.02, 0.16, high + 0.08 * (a.z - 0.5))));
    float crest = 0.35 + 0.3 * place.z / (half_m + 0.05) + 0.4 * ripple.x;
    vec3 body = mix(deep, shallow, clamp(crest, 0.0, 1.0));
    vec3 tone = mix(body, sky, mirror);
    float glint = pow(max(dot(back, sun), 0.0), 140.0);
    tone += sun_colour * glint * 1.1;
    // Two arms of foam leave the bow and spread.
    float behind_m = 3.1 - seen.x;
    float arm_m = 0.25 + 0.72 * behind_m;
    float wide_m = 0.16 + 0.14 * behind_m;
    float arm = 1.0 - smoothstep(0.0, wide_m, abs(abs(seen.y) - arm_m));
    float foam = arm * smoothstep(0.0, 0.5, behind_m) * exp(-0.1 * max(behind_m, 0.0));
    foam = clamp(foam * wake * (0.35 + 1.3 * b.z), 0.0, 0.85);
    tone = mix(tone, vec3(0.94, 0.97, 0.98), foam);
    tone = mix(tone, horizon, smoothstep(haze_start_m, haze_end_m, far_m));
    gl_FragColor = vec4(tone, 1.0);
  }`;

export class Water {
  readonly mesh: Mesh;
  private readonly uniforms: Uniforms;

  constructor(air: Air, colours: Record<"deep" | "shallow" | "shore", unknown>) {
    this.uniforms = {
      ...airUniforms(air),
      deep: { value: colours.deep },
      shallow: { value: colours.shallow },
      shore: { value: colours.shore },
      ripples: { value: ripplePicture() },
      boat: { value: new Vector4(0, 0, 1, 0) },
      waves: { value: Array.from({ length: COUNT }, () => new Vector4()) },
      length_m: { value: 20 },
      half_m: { value: 0 },
      drift: { value: new Vector2() },
      wake: { value: 0 },
    };
    const material = new ShaderMaterial({
      uniforms: this.uniforms,
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
    });
    this.mesh = new Mesh(surfaceGeometry(), material);
    this.mesh.frustumCulled = false;
  }

  update(scene: Scene, t_s: number): void {
    const wave = waveOf(scene);
    const heading_rad = finite(scene.heading_rad);
    const u = this.uniforms;
    (u.boat?.value as Vector4).set(
      finite(scene.x_m),
      finite(scene.y_m),
      Math.cos(heading_rad),
      Math.sin(heading_rad),
    );
    const sines = u.waves?.value as Vector4[];
    wave.forEach(({ half_m, ahead, left, radps, start_rad }, index) => {
      // The angle is kept small, for shaders count in single precision.
      const now_rad = (start_rad - radps * t_s) % (2 * Math.PI);
      sines[index]?.set(half_m, ahead, left, now_rad);
    });
    set(u, "length_m", Math.max(1, finite(scene.wave_length_m, 20)));
    set(u, "half_m", finite(scene.wave_height_m) / 2);
    (u.drift?.value as Vector2).set((0.011 * t_s) % 1000, (0.017 * t_s) % 1000);
    set(u, "wake", Math.min(1, Math.max(0, finite(scene.boat_speed_mps) / 2.2)));
  }
}

function set(uniforms: Uniforms, name: string, value: number): void {
  const uniform = uniforms[name];
  if (uniform !== undefined) {
    uniform.value = value;
  }
}

// Rings that widen with distance, in a sector around the way ahead; the boat is at its point.
function surfaceGeometry(): BufferGeometry {
  const places: number[] = [];
  const corners: number[] = [];
  for (let ring = 0; ring <= RINGS; ring += 1) {
    const radius_m = NEAREST_M * (FARTHEST_M / NEAREST_M) ** (ring / RINGS);
    for (let spoke = 0; spoke <= SPOKES; spoke += 1) {
      const angle_rad = SECTOR_RAD * (2 * (spoke / SPOKES) - 1);
      // Behind the point, so that the water under the boat is covered too.
      places.push(radius_m * Math.cos(angle_rad) - 4, radius_m * Math.sin(angle_rad) * 1.6, 0);
      if (ring < RINGS && spoke < SPOKES) {
        const a = ring * (SPOKES + 1) + spoke;
        const b = a + SPOKES + 1;
        corners.push(a, b, a + 1, a + 1, b, b + 1);
      }
    }
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(places), 3));
  geometry.setIndex(corners);
  return geometry;
}

// A tile of small waves: slopes ahead and left, and patches for foam.
function ripplePicture(): DataTexture {
  const size = RIPPLE_SIZE;
  const waves = Array.from({ length: 26 }, (_, index) => ({
    // Whole numbers of waves per tile, so that the tile has no seam.
    kx: Math.round((hash(index, 1) - 0.5) * 18),
    ky: Math.round((hash(index, 2) - 0.5) * 18),
    phase: 2 * Math.PI * hash(index, 3),
  })).filter((wave) => wave.kx !== 0 || wave.ky !== 0);
  const pixels = new Uint8Array(size * size * 4);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      let [ahead, left, patch] = [0, 0, 0];
      for (const { kx, ky, phase } of waves) {
        const turn = (2 * Math.PI * (kx * column + ky * row)) / size + phase;
        const share = 1 / Math.hypot(kx, ky);
        ahead += kx * share * Math.cos(turn);
        left += ky * share * Math.cos(turn);
        patch += Math.sin(turn) * share;
      }
      const at = (row * size + column) * 4;
      pixels[at] = 128 + Math.max(-127, Math.min(127, 26 * ahead));
      pixels[at + 1] = 128 + Math.max(-127, Math.min(127, 26 * left));
      pixels[at + 2] = 128 + Math.max(-127, Math.min(127, 70 * patch));
      pixels[at + 3] = 255;
    }
  }
  const texture = new DataTexture(pixels, size, size, RGBAFormat);
  texture.wrapS = texture.wrapT = RepeatWrapping;
  texture.magFilter = LinearFilter;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.generateMipmaps = true;
  texture.needsUpdate = true;
  return texture;
}
