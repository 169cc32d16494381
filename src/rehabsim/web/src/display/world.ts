// What every scenario's picture has in common.

import { ColorManagement, type Object3D, type Scene as ThreeScene } from "three";
import type { Scene } from "../net/messages";
import type { Aim } from "./footway";

// Colours are chosen as they are seen; nothing converts them at each pixel.
ColorManagement.enabled = false;

// One moment to be shown: what was published, moved on to now.
export interface Moment {
  t_s: number;
  dt_s: number;
  scene: Scene;
  distance_m: number;
  isCalm: boolean;
}

// Where the eye is and looks to; x ahead, y left, z up, angles left and up positive.
export interface Eye {
  x_m: number;
  y_m: number;
  z_m: number;
  yaw_rad: number;
  pitch_rad: number;
  roll_rad: number;
}

// The eye, so far to its own left; a world that moves to the right is seen so.
export function aside(eye: Eye, left_m: number): Eye {
  const x_m = eye.x_m - left_m * Math.sin(eye.yaw_rad);
  return { ...eye, x_m, y_m: eye.y_m + left_m * Math.cos(eye.yaw_rad) };
}

// One number for the person, in words a child knows.
export interface Score {
  label: string;
  value: string;
  // In small, beside it.
  more?: string;
  // Where to look for the next aim, when it is out of sight.
  turn?: "left" | "right" | undefined;
}

export interface World {
  readonly scene: ThreeScene;
  // Fields that are moved on between states; the others are shown as they came.
  readonly moving: readonly string[];
  // Adds fields that are worked out from those published.
  derive?(scene: Scene): Scene;
  update(moment: Moment): Eye;
  score(moment: Moment): Score | null;
  // What feet are to meet on the belts.
  aims?(scene: Scene): readonly Aim[];
}

// Sky and far hills go with the eye.
export function follow(things: readonly Object3D[], eye: Eye): void {
  for (const thing of things) {
    thing.position.set(eye.x_m, eye.y_m, eye.z_m);
  }
}

export function finite(value: number | undefined, otherwise = 0): number {
  return value !== undefined && Number.isFinite(value) ? value : otherwise;
}
