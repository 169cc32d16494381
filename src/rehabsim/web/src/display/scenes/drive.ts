// A street through a town, seen from the driver's seat. x is along the road, which is bent in the
// shader as it is published: only its curvature here is known, so it straightens out ahead.

import { MeshBasicMaterial, Scene } from "three";
import type { Scene as Fields } from "../../net/messages";
import { type Air, airUniforms, paint } from "../kit/air";
import { type HillLayer, hills, sky } from "../kit/sky";
import { rgb } from "../kit/shape";
import { type Eye, type Moment, type Score, type World, finite, follow } from "../world";
import { LeadCar } from "./cars";
import { Cockpit } from "./cockpit";
import { Crossings } from "./crossing";
import { Roadside } from "./roadside";
import { Street } from "./street";

const EYE_M = 1.35;
const LOOK_DOWN_RAD = -0.03;
const USUAL_LANE_M = 3.5;
const STRAIGHTENS_M = 80;
const BEND_PER_S = 2;

const AIR: Air = {
  sun: [-0.45, 0.5, 0.74],
  sun_colour: [0.52, 0.49, 0.42],
  sky_light: [0.76, 0.79, 0.84],
  ground_light: [0.54, 0.52, 0.49],
  zenith: rgb(0x4a93d0),
  horizon: rgb(0xd9e6ec),
  haze_start_m: 90,
  haze_end_m: 275,
};

const SKYLINE: HillLayer[] = [
  {
    distance_m: 940,
    height_m: 90,
    roughness_m: 10,
    bumps: 3,
    foot: rgb(0xcddde5),
    top: rgb(0xb5cad6),
    seed: 2,
  },
  {
    distance_m: 900,
    height_m: 26,
    roughness_m: 46,
    bumps: 6,
    foot: rgb(0xd3e0e7),
    top: rgb(0xbac9d3),
    seed: 6,
    isCity: true,
  },
];

const BEND = `
  uniform float car_m, curvature_per_m;
  vec3 bend(vec3 place) {
    float ahead = max(place.x - car_m, 0.0) / ${STRAIGHTENS_M.toFixed(1)};
    float turn = ${(STRAIGHTENS_M * STRAIGHTENS_M).toFixed(1)} * curvature_per_m;
    place.y += turn * (ahead - 1.0 + exp(-ahead));
    return place;
  }`;

export class Drive implements World {
  readonly scene = new Scene();
  readonly moving = ["distance_m", "lateral_m", "lead_at_m", "heading_rad"];
  private readonly far = [sky(AIR, 0.34), hills(SKYLINE)];
  private readonly car_m = { value: 0 };
  private readonly curvature_per_m = { value: 0 };
  private readonly material = paint(
    { ...airUniforms(AIR), car_m: this.car_m, curvature_per_m: this.curvature_per_m },
    BEND,
  );
  private readonly cockpit = new Cockpit(paint(airUniforms(AIR)));
  private readonly lead = new LeadCar(this.material, this.lamp("#ff4136"));
  private street: Street | null = null;
  private crossings: Crossings | null = null;
  private roadside: Roadside | null = null;
  private before_m = NaN;
  private turned_rad = 0;
  private speed_mps = 0;

  constructor() {
    this.scene.add(...this.far, this.cockpit.group, this.lead.group);
  }

  // Distances ahead jump when there is something new ahead; places do not.
  derive(fields: Fields): Fields {
    const x_m = finite(fields.distance_m);
    return {
      ...fields,
      light_at_m: x_m + (fields.light_distance_m ?? NaN),
      lead_at_m: x_m + (fields.lead_distance_m ?? NaN),
    };
  }

  update(moment: Moment): Eye {
    const { scene, dt_s } = moment;
    const x_m = finite(scene.distance_m);
    this.build(finite(scene.lane_width_m, USUAL_LANE_M));
    this.bend(x_m, finite(scene.road_curvature_per_m), dt_s);
    this.street?.update(x_m);
    this.crossings?.update(scene.light_at_m ?? NaN, scene.light_phase ?? 0);
    this.roadside?.update(scene, x_m, dt_s);
    this.lead.update(scene.lead_at_m ?? NaN, scene.lead_speed_mps ?? NaN, dt_s);
    const speed_mps = finite(scene.car_speed_mps);
    this.speed_mps += (speed_mps - this.speed_mps) * Math.min(1, 4 * dt_s);
    const eye: Eye = {
      x_m,
      y_m: finite(scene.lateral_m),
      z_m: EYE_M,
      yaw_rad: finite(scene.heading_rad),
      pitch_rad: LOOK_DOWN_RAD,
      roll_rad: 0,
    };
    this.cockpit.group.position.set(eye.x_m, eye.y_m, eye.z_m);
    this.cockpit.group.rotation.z = eye.yaw_rad;
    this.cockpit.steer(finite(scene.steer_frac));
    follow(this.far, eye);
    return eye;
  }

  score(): Score {
    return { label: "Speed", value: `${Math.round(this.speed_mps * 3.6)} km/h` };
  }

  private build(lane_m: number): void {
    if (this.street !== null) {
      return;
    }
    const street = new Street(this.scene, this.material, lane_m);
    this.street = street;
    this.crossings = new Crossings(
      this.material,
      () => this.lamp("#333333"),
      lane_m,
      (from_m, to_m) => street.keepClear(from_m, to_m),
    );
    this.roadside = new Roadside(this.material, (tone) => this.lamp(tone), lane_m);
    this.scene.add(this.crossings.group, this.roadside.group);
  }

  // What is far turns against the road, since the road is always drawn ahead.
  private bend(x_m: number, curvature_per_m: number, dt_s: number): void {
    const bent = this.curvature_per_m;
    bent.value += (curvature_per_m - bent.value) * Math.min(1, BEND_PER_S * dt_s);
    const way_m = x_m - this.before_m;
    if (Math.abs(way_m) < 20) {
      this.turned_rad += curvature_per_m * way_m;
    }
    this.before_m = x_m;
    this.car_m.value = x_m;
    for (const thing of this.far) {
      thing.rotation.z = -this.turned_rad;
    }
  }

  // Lamps shine by themselves, but stand where the road has been bent to.
  private lamp(tone: string): MeshBasicMaterial {
    const material = new MeshBasicMaterial({ color: tone, fog: false });
    material.onBeforeCompile = (shader) => {
      shader.uniforms.car_m = this.car_m;
      shader.uniforms.curvature_per_m = this.curvature_per_m;
      shader.vertexShader = shader.vertexShader
        .replace("void main() {", `${BEND}\nvoid main() {`)
        .replace(
          "#include <project_vertex>",
          `vec4 bent = modelMatrix * vec4(transformed, 1.0);
           bent.xyz = bend(bent.xyz);
           vec4 mvPosition = viewMatrix * bent;
           gl_Position = projectionMatrix * mvPosition;`,
        );
    };
    return material;
  }
}
