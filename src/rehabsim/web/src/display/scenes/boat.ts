// A boat on a lake between wooded shores, seen from its stern.

import { Mesh, Scene } from "three";
import type { Scene as Fields } from "../../net/messages";
import { type Air, airUniforms, colour, paint } from "../kit/air";
import { type HillLayer, hills, sky } from "../kit/sky";
import { rgb } from "../kit/shape";
import { type Eye, type Moment, type Score, type World, finite, follow } from "../world";
import { Gates } from "./gates";
import { BOW_M, hull, pennant } from "./hull";
import { Shore } from "./shore";
import { Water, waveOf } from "./water";

const EYE_M = 2.0;
const ASTERN_M = 1.5;
const LOOK_DOWN_RAD = -0.1;
// The eye takes only a part of the boat's own motion, so that the horizon stays quiet.
const TILT_FRAC = 0.25;
const HEAVE_FRAC = 0.6;
const OUT_OF_SIGHT_RAD = 0.6;
const PENNANT_MIN = 0.8;
const PENNANT_PER_MPS = 0.1;

const AIR: Air = {
  sun: [0.8, -0.5, 0.42],
  sun_colour: [0.62, 0.56, 0.44],
  sky_light: [0.74, 0.79, 0.86],
  ground_light: [0.42, 0.46, 0.44],
  zenith: rgb(0x2f7cc4),
  horizon: rgb(0xcfe3ee),
  haze_start_m: 90,
  haze_end_m: 950,
};

const HILLS: HillLayer[] = [
  {
    distance_m: 940,
    height_m: 190,
    roughness_m: 14,
    bumps: 3.2,
    foot: rgb(0xc3d8e3),
    top: rgb(0x9dbdd0),
    seed: 3,
  },
  {
    distance_m: 900,
    height_m: 105,
    roughness_m: 6,
    bumps: 4.6,
    foot: rgb(0xb3cdd6),
    top: rgb(0x7ea5b4),
    seed: 8,
  },
];

const WATER = {
  deep: colour(rgb(0x0b4a5e)),
  shallow: colour(rgb(0x2b8f9a)),
  shore: colour(rgb(0x54746a)),
};

export class Boat implements World {
  readonly scene = new Scene();
  readonly moving = ["x_m", "y_m", "heading_rad", "heave_m", "pitch_rad", "roll_rad"];
  private readonly far = [sky(AIR, 0.36), hills(HILLS)];
  private readonly water = new Water(AIR, WATER);
  private readonly boat: Mesh;
  private readonly pennant: Mesh;
  private readonly gates: Gates;
  private readonly shore: Shore;

  constructor() {
    const material = paint(airUniforms(AIR));
    this.boat = new Mesh(hull(), material);
    this.boat.frustumCulled = false;
    this.boat.rotation.order = "ZYX";
    this.pennant = new Mesh(pennant(), material);
    this.pennant.position.set(...BOW_M);
    this.boat.add(this.pennant);
    this.gates = new Gates(material);
    this.shore = new Shore(this.scene, material);
    this.scene.add(...this.far, this.water.mesh, this.boat, this.gates.group);
  }

  update(moment: Moment): Eye {
    const { scene, t_s, isCalm } = moment;
    const [x_m, y_m] = [finite(scene.x_m), finite(scene.y_m)];
    const heading_rad = finite(scene.heading_rad);
    const [pitch_rad, roll_rad] = [finite(scene.pitch_rad), finite(scene.roll_rad)];
    const heave_m = finite(scene.heave_m);
    this.water.update(scene, t_s);
    this.gates.update(scene, waveOf(scene), t_s, isCalm);
    this.shore.update(x_m, y_m, heading_rad);
    this.boat.position.set(x_m, y_m, heave_m);
    // Bow up turns against y, left side up turns along x.
    this.boat.rotation.set(roll_rad, -pitch_rad, heading_rad);
    this.fly(scene, heading_rad);
    const share = isCalm ? 0 : 1;
    const eye: Eye = {
      x_m: x_m - ASTERN_M * Math.cos(heading_rad),
      y_m: y_m - ASTERN_M * Math.sin(heading_rad),
      z_m: EYE_M + HEAVE_FRAC * share * heave_m,
      yaw_rad: heading_rad,
      pitch_rad: LOOK_DOWN_RAD + TILT_FRAC * share * pitch_rad,
      roll_rad: TILT_FRAC * share * roll_rad,
    };
    follow(this.far, { ...eye, z_m: 0 });
    return eye;
  }

  // The pennant shows the air as the boat meets it: wind less its own way, the longer the stronger.
  private fly(scene: Fields, heading_rad: number): void {
    const wind_mps = finite(scene.wind_speed_mps);
    const to_rad = finite(scene.wind_direction_rad) - heading_rad;
    const ahead_mps = wind_mps * Math.cos(to_rad) - finite(scene.boat_speed_mps);
    const left_mps = wind_mps * Math.sin(to_rad);
    const air_mps = Math.hypot(ahead_mps, left_mps);
    this.pennant.rotation.z = Math.atan2(left_mps, air_mps > 0 ? ahead_mps : -1);
    this.pennant.scale.setScalar(PENNANT_MIN + PENNANT_PER_MPS * Math.min(air_mps, 12));
  }

  score({ scene }: Moment): Score {
    const points = finite(scene.score_count);
    const ahead_m = finite(scene.gate_x_m) - finite(scene.x_m);
    const left_m = finite(scene.gate_y_m) - finite(scene.y_m);
    const aside_rad = Math.atan2(left_m, ahead_m) - finite(scene.heading_rad);
    const nearest_rad = Math.atan2(Math.sin(aside_rad), Math.cos(aside_rad));
    const isAside = Math.abs(nearest_rad) > OUT_OF_SIGHT_RAD;
    return {
      label: "Gates",
      value: String(finite(scene.passed_gate_count)),
      more: points > 0 ? `${points} points` : "",
      turn: isAside ? (nearest_rad > 0 ? "left" : "right") : undefined,
    };
  }
}
