// A quiet room for standing tests: on its far side a board with a ring to reach, and a dot that is
// the person's own centre of gravity. Up on the board is forward on the belts.

import {
  BackSide,
  BoxGeometry,
  type BufferGeometry,
  CircleGeometry,
  CylinderGeometry,
  Group,
  Mesh,
  MeshBasicMaterial,
  RingGeometry,
  Scene,
  ShaderMaterial,
} from "three";
import { type Eye, type Moment, type Score, type World, finite } from "../world";
import { limitOutline } from "./limit_outline";

const EYE_M = 1.65;
const BOARD_AHEAD_M = 3;
const BOARD_MIDDLE_M = 1.3;
const WALL_M = 6;
const WALL_HIGH_M = 7;

// Metres of board per metre of lean; sharing the load moves the body less than leaning does.
const SCALE = 9;
const FINE_SCALE = 18;
const DOT_M = 0.085;
const RING_M = 0.05;

const INK = 0x23424f;
const PAPER = 0xf4f7f5;
const WANTED = 0xe08a1e;
const HELD = 0x1f9d63;

// As `Phase` of the scenario's balance_trial.py.
const [WAIT, MIDDLE, STILL, HOME, READY, GO, RECALL, REST, DONE] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const [, SENSORY, SYMMETRY, , SUDDEN] = [0, 1, 2, 3, 4];

export class Balance implements World {
  readonly scene = new Scene();
  readonly moving = ["cog_x_m", "cog_y_m", "surround_pitch_rad"];
  private readonly room = new Group();
  private readonly board = new Group();
  private readonly gaze = cross(0.16, 0.03, INK);
  private readonly home = cross(0.22, 0.014, 0x7f99a1);
  private readonly ring = flat(new RingGeometry(1, 2, 72), WANTED);
  private readonly dot = new Group();
  private readonly outline = flat(limitOutline(0, 0, 0, 1), 0x86a3a8);
  private ringSize_m = 0;
  private outlineKey = "";

  constructor() {
    this.room.add(wall(), floor());
    this.board.position.set(BOARD_AHEAD_M, 0, BOARD_MIDDLE_M);
    const rim = flat(new CircleGeometry(1.36 * DOT_M, 40), PAPER);
    const core = flat(new CircleGeometry(DOT_M, 40), 0x16517f);
    core.position.x = -0.01;
    this.dot.add(rim, core);
    this.gaze.position.set(BOARD_AHEAD_M + 1, 0, EYE_M);
    [this.outline, this.home, this.ring, this.dot].forEach((thing, index) => {
      // Towards the eye, each before the next.
      thing.position.x = -0.02 * index;
      this.board.add(thing);
    });
    this.room.add(this.gaze);
    this.scene.add(this.room, this.board);
  }

  update({ scene }: Moment): Eye {
    const test = finite(scene.test);
    const scale = test === SYMMETRY ? FINE_SCALE : SCALE;
    const isBoard = test !== SENSORY && test !== SUDDEN;
    this.board.visible = isBoard && Number.isFinite(scene.home_x_m ?? NaN);
    this.gaze.visible = !this.board.visible;
    // Forward is about +y: what is seen goes along with who leans forward.
    this.room.rotation.y = finite(scene.surround_pitch_rad);
    this.outline.visible = test !== SYMMETRY;
    this.drawOutline(scene, scale);
    const place = (thing: Group | Mesh, x_m: number | undefined, y_m: number | undefined) => {
      thing.position.z = scale * (finite(x_m, NaN) - finite(scene.home_x_m));
      thing.position.y = scale * (finite(y_m, NaN) - finite(scene.home_y_m));
      return Number.isFinite(thing.position.z + thing.position.y);
    };
    const isAt = place(this.ring, scene.target_x_m, scene.target_y_m);
    this.ring.visible = isAt && Boolean(scene.is_target_shown);
    this.dot.visible = place(this.dot, scene.cog_x_m, scene.cog_y_m) && Boolean(scene.is_cog_shown);
    this.drawRing(scale * finite(scene.target_radius_m, 0.02), Boolean(scene.is_held));
    return { x_m: 0, y_m: 0, z_m: EYE_M, yaw_rad: 0, pitch_rad: 0, roll_rad: 0 };
  }

  score({ scene }: Moment): Score | null {
    const left_s = Math.ceil(finite(scene.time_left_s) - 0.05);
    const value = left_s > 0 ? `${left_s} s` : "";
    return { label: words(scene), value };
  }

  private drawRing(radius_m: number, isHeld: boolean): void {
    (this.ring.material as MeshBasicMaterial).color.setHex(isHeld ? HELD : WANTED);
    if (Math.abs(radius_m - this.ringSize_m) > 1e-4) {
      this.ringSize_m = radius_m;
      this.ring.geometry.dispose();
      this.ring.geometry = facing(new RingGeometry(radius_m, radius_m + RING_M, 72));
    }
  }

  private drawOutline(scene: Moment["scene"], scale: number): void {
    const sizes = [scene.ahead_limit_m, scene.behind_limit_m, scene.aside_limit_m];
    const [ahead_m, behind_m, aside_m] = sizes.map((size) => scale * finite(size));
    const key = [ahead_m, behind_m, aside_m].join();
    if (key !== this.outlineKey) {
      this.outlineKey = key;
      this.outline.geometry.dispose();
      const [up, down, side] = [ahead_m ?? 0, behind_m ?? 0, aside_m ?? 0];
      this.outline.geometry = facing(limitOutline(up, down, side, 0.022));
    }
  }
}

// What to do now, in words a child knows.
function words(scene: Moment["scene"]): string {
  const isBlind = Boolean(scene.is_blind);
  switch (finite(scene.phase)) {
    case WAIT:
      return "Wait";
    case MIDDLE:
      return "Step to the middle";
    case STILL:
      return "Stand still";
    case HOME:
      return "Back to the middle";
    case READY:
      return isBlind ? "Close your eyes" : "Get ready";
    case GO:
      return doing(finite(scene.test), isBlind, Boolean(scene.is_cog_shown));
    case RECALL:
      return "Find it again";
    case REST:
      return scene.has_good_end ? "Well done" : "Rest";
    case DONE:
      return "Done";
    default:
      return "";
  }
}

function doing(test: number, isBlind: boolean, isShown: boolean): string {
  if (test === SYMMETRY) {
    return isShown ? "Keep the dot in the ring" : "The same again, without the picture";
  }
  if (test === SENSORY || test === SUDDEN) {
    return isBlind ? "Stand still, eyes closed" : "Stand still";
  }
  return "Lean to the ring";
}

// Turns a figure that lies in x and y, seen from +z, so that the eye sees it: x right, y up.
function facing(geometry: BufferGeometry): BufferGeometry {
  geometry.rotateX(Math.PI / 2);
  geometry.rotateZ(-Math.PI / 2);
  return geometry;
}

function flat(geometry: BufferGeometry, colour: number): Mesh {
  return new Mesh(facing(geometry), new MeshBasicMaterial({ color: colour }));
}

function cross(size_m: number, thick_m: number, colour: number): Group {
  const group = new Group();
  group.add(flat(new BoxGeometry(size_m, thick_m, 0.005), colour));
  group.add(flat(new BoxGeometry(thick_m, size_m, 0.005), colour));
  return group;
}

// Panels and rails: enough to see that the room moves, little enough to be left alone.
function wall(): Mesh {
  const geometry = new CylinderGeometry(WALL_M, WALL_M, WALL_HIGH_M, 64, 1, true);
  geometry.rotateX(Math.PI / 2);
  geometry.translate(0, 0, WALL_HIGH_M / 2);
  const material = new ShaderMaterial({
    side: BackSide,
    vertexShader: `
      varying vec3 place;
      void main() {
        place = position;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    fragmentShader: `
      varying vec3 place;
      void main() {
        float turn = atan(place.y, place.x) * 24.0 / 6.2831853 + 0.5;
        float panel = mod(floor(turn), 2.0);
        float seam = abs(fract(turn) - 0.5);
        vec3 tone = mix(vec3(0.80, 0.86, 0.86), vec3(0.86, 0.90, 0.89), panel);
        tone *= 1.0 - 0.10 * smoothstep(0.485, 0.495, seam);
        float rail = min(abs(place.z - 0.35), min(abs(place.z - 3.2), abs(place.z - 4.8)));
        tone *= 1.0 - 0.10 * (1.0 - smoothstep(0.03, 0.045, rail));
        tone *= 0.90 + 0.10 * smoothstep(0.0, 1.8, place.z);
        gl_FragColor = vec4(tone, 1.0);
      }`,
  });
  const mesh = new Mesh(geometry, material);
  mesh.frustumCulled = false;
  return mesh;
}

function floor(): Mesh {
  const mesh = new Mesh(
    new CircleGeometry(WALL_M, 64),
    new MeshBasicMaterial({ color: 0xb9a88f }),
  );
  mesh.frustumCulled = false;
  return mesh;
}
