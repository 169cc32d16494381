// A trail through wooded hills, up and down as published.

import { Scene } from "three";
import type { Scene as Fields } from "../../net/messages";
import { type Air, airUniforms, colour, paint } from "../kit/air";
import type { Aim } from "../footway";
import { type HillLayer, hills, sky } from "../kit/sky";
import { rgb } from "../kit/shape";
import { type Eye, type Moment, type Score, type World, finite, follow } from "../world";
import { Trail, bearing_rad, middle_m } from "./trail";
import { TrailThings } from "./trail_things";
import { LIFT, TrailProfile, WINDOW } from "./trail_profile";

const EYE_M = 1.65;
const LOOK_DOWN_RAD = -0.1;
// The eye follows a part of the slope; the hill itself shows the rest.
const SLOPE_FRAC = 0.4;
const LATERAL_M = 0.6;
// The eye looks down to where a foot is to go, and sways with a part of the bridge.
const LOOK_AT_RAD = -0.3;
const LOOK_WITHIN_M = 5;
const SWAY_FRAC = 0.5;

const AIR: Air = {
  sun: [-0.25, 0.55, 0.7],
  sun_colour: [0.6, 0.55, 0.42],
  sky_light: [0.66, 0.71, 0.76],
  ground_light: [0.4, 0.42, 0.34],
  zenith: rgb(0x3f8fd2),
  horizon: rgb(0xd6e6ea),
  haze_start_m: 45,
  haze_end_m: 185,
};

const HILLS: HillLayer[] = [
  {
    distance_m: 940,
    height_m: 330,
    roughness_m: 12,
    bumps: 3.8,
    foot: rgb(0xc6d9e0),
    top: rgb(0xa6bfcf),
    seed: 12,
  },
  {
    distance_m: 900,
    height_m: 170,
    roughness_m: 8,
    bumps: 5.2,
    foot: rgb(0xc9dcdc),
    top: rgb(0x8fb0ae),
    seed: 15,
  },
];

export class Hike implements World {
  readonly scene = new Scene();
  readonly moving = ["distance_m", "lateral_m", "sway_rad"];
  private readonly far = [sky(AIR, 0.32), hills(HILLS)];
  private readonly profile = new TrailProfile();
  private readonly heights_m = new Float32Array(WINDOW);
  private readonly sides = new Float32Array(WINDOW);
  private readonly first_m = { value: 0 };
  private readonly trail: Trail;
  private readonly things: TrailThings;
  private slope = 0;
  private look_rad = LOOK_DOWN_RAD;

  constructor(private readonly isCalm: boolean) {
    const uniforms = {
      ...airUniforms(AIR),
      heights_m: { value: this.heights_m },
      sides: { value: this.sides },
      first_m: this.first_m,
    };
    const material = paint(uniforms, LIFT);
    this.trail = new Trail(this.scene, material);
    this.things = new TrailThings(material);
    // Where the land ends below the horizon.
    this.scene.background = colour(AIR.horizon);
    this.scene.add(...this.far, this.things.group);
  }

  derive(fields: Fields): Fields {
    this.profile.hear(fields);
    return fields;
  }

  update(moment: Moment): Eye {
    const x_m = finite(moment.scene.distance_m);
    this.first_m.value = this.profile.settle(x_m, moment.dt_s, this.heights_m, this.sides);
    this.trail.update(x_m);
    const ahead_m = this.things.update(moment.scene);
    const look_rad = ahead_m < LOOK_WITHIN_M ? LOOK_AT_RAD : LOOK_DOWN_RAD;
    this.look_rad += (look_rad - this.look_rad) * Math.min(1, 1.5 * moment.dt_s);
    const slope = this.profile.slope(x_m + 2);
    this.slope += (slope - this.slope) * Math.min(1, moment.dt_s);
    const shift_m = finite(moment.scene.lateral_m);
    const lateral_m = Math.max(-LATERAL_M, Math.min(LATERAL_M, shift_m));
    const eye: Eye = {
      x_m,
      y_m: middle_m(x_m) + lateral_m,
      z_m: this.profile.height_m(x_m) + lateral_m * this.profile.side(x_m) + EYE_M,
      yaw_rad: bearing_rad(x_m + 4),
      pitch_rad: this.look_rad + (this.isCalm ? 0 : SLOPE_FRAC * Math.atan(this.slope)),
      roll_rad: this.isCalm ? 0 : SWAY_FRAC * finite(moment.scene.sway_rad),
    };
    follow(this.far, eye);
    return eye;
  }

  aims(scene: Fields): readonly Aim[] {
    if (scene.has_target) {
      const [at_m, off_m] = [finite(scene.target_ahead_m), finite(scene.target_tolerance_m, 0.1)];
      const side = scene.is_target_left ? "left" : "right";
      return [{ kind: "line", side, near_m: at_m - off_m, far_m: at_m + off_m }];
    }
    if (scene.has_obstacle) {
      const near_m = finite(scene.obstacle_ahead_m);
      const far_m = near_m + finite(scene.obstacle_depth_m, 0.15);
      return [{ kind: "log", side: "both", near_m, far_m }];
    }
    return [];
  }

  score({ scene }: Moment): Score {
    const tasks = finite(scene.hit_count) + finite(scene.miss_count);
    const climbed = `${Math.floor(finite(scene.climbed_m))} m up`;
    return {
      label: "Walked",
      value: `${Math.floor(finite(scene.distance_m))} m`,
      more: tasks > 0 ? `${climbed}, ${finite(scene.hit_count)} of ${tasks} met` : climbed,
    };
  }
}
