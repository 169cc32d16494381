// Repeatable randomness: the same place looks the same in every session.

// 0 to 1 from two whole numbers and a seed: integer mixing by large odd factors.
export function hash(i: number, j: number, seed = 0): number {
  let bits = (i * 0x27d4eb2f) ^ (j * 0x165667b1) ^ ((seed + 1) * 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 0x100000000;
}

// A source of numbers from 0 to 1 for one place.
export function dice(place: number, seed = 0): () => number {
  let count = 0;
  return () => hash(place, ++count, seed);
}

export function smoothstep(from: number, to: number, value: number): number {
  const part = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return part * part * (3 - 2 * part);
}

export function lerp(a: number, b: number, part: number): number {
  return a + (b - a) * part;
}

// Smooth noise, 0 to 1, one bump per unit.
export function noise(x: number, y: number, seed = 0): number {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const u = smoothstep(0, 1, x - i);
  const v = smoothstep(0, 1, y - j);
  const near = lerp(hash(i, j, seed), hash(i + 1, j, seed), u);
  const far = lerp(hash(i, j + 1, seed), hash(i + 1, j + 1, seed), u);
  return lerp(near, far, v);
}

// Noise with finer noise on top, 0 to 1.
export function roughness(x: number, y: number, octaves: number, seed = 0): number {
  let sum = 0;
  let weight = 0;
  let share = 1;
  for (let octave = 0; octave < octaves; octave += 1) {
    sum += share * noise(x * 2 ** octave, y * 2 ** octave, seed + octave);
    weight += share;
    share *= 0.5;
  }
  return sum / weight;
}
