// A sign to answer, the half of the lane that it marks, and things beside the road to ignore.

import {
  CanvasTexture,
  Group,
  LinearFilter,
  Mesh,
  type MeshBasicMaterial,
  PlaneGeometry,
  type ShaderMaterial,
} from "three";
import type { Scene } from "../../net/messages";
import { Shape, rgb } from "../kit/shape";
import { finite } from "../world";

const SIGN_PIXELS = 128;
const SIGN_M = 2.2;
const SIGN_AT_M = 4.4;
const MARK_M = 42;
const KERB_M = 4.6;
const BALL = 1;
const SOMEBODY = 2;
const BOARD = 3;

export class Roadside {
  readonly group = new Group();
  private readonly sign = new Group();
  private readonly face: Mesh;
  private readonly mark: Mesh;
  private readonly picture = document.createElement("canvas");
  private readonly texture: CanvasTexture;
  private readonly things = new Map<number, Mesh>();
  private readonly arm: Mesh;
  private readonly board: MeshBasicMaterial;
  private item = -1;
  private time_s = 0;

  constructor(
    material: ShaderMaterial,
    lamp: (tone: string) => MeshBasicMaterial,
    private readonly lane_m: number,
  ) {
    this.picture.width = this.picture.height = SIGN_PIXELS;
    this.texture = new CanvasTexture(this.picture);
    this.texture.minFilter = this.texture.magFilter = LinearFilter;
    const paint = lamp("#ffffff");
    paint.map = this.texture;
    // The plane looks along z; turned, it looks back at the driver.
    const plane = new PlaneGeometry(SIGN_M, SIGN_M);
    plane.rotateX(Math.PI / 2).rotateZ(-Math.PI / 2);
    this.face = new Mesh(plane, paint);
    this.face.position.set(-0.1, 0, SIGN_AT_M);
    this.sign.add(this.solid(gantry(lane_m), material), this.face);
    const green = lamp("#35d07f");
    green.transparent = true;
    green.opacity = 0.55;
    this.mark = new Mesh(half(lane_m), green);
    this.board = lamp("#ff3fb4");
    this.things.set(BALL, this.solid(new Shape().lump([0, 0, 0.3], [0.6, 0.6, 0.6], rgb(0xe23b2e), 3), material));
    this.things.set(SOMEBODY, this.solid(somebody(), material));
    this.things.set(BOARD, new Mesh(new Shape().box([0, 0, 2.2], [0.1, 2, 1.4], [1, 1, 1]).geometry(), this.board));
    this.arm = this.solid(new Shape().box([0, 0.05, 0.32], [0.11, 0.11, 0.64], rgb(0x2f6fb2)), material);
    this.group.add(this.sign, this.mark, this.arm, ...this.things.values());
    for (const thing of [this.face, this.mark, ...this.things.values()]) {
      thing.frustumCulled = false;
    }
  }

  update(scene: Scene, x_m: number, dt_s: number): void {
    this.time_s += dt_s;
    const side = finite(scene.task_side);
    const isUp = side !== 0;
    this.sign.visible = this.mark.visible = isUp;
    if (isUp) {
      this.draw(Math.round(finite(scene.task_item)));
      this.sign.position.x = x_m + finite(scene.task_distance_m);
      this.mark.position.set(x_m, (side * this.lane_m) / 4, 0);
    }
    this.showThing(scene, x_m);
  }

  private showThing(scene: Scene, x_m: number): void {
    const kind = Math.round(finite(scene.distractor_kind));
    const ahead_m = finite(scene.distractor_distance_m, 0);
    const y_m = finite(scene.distractor_side, 1) > 0 ? 1.5 * this.lane_m + 0.8 : -KERB_M;
    for (const [each, thing] of this.things) {
      thing.visible = each === kind;
      thing.position.set(x_m + ahead_m, y_m, 0.14);
    }
    // High enough to be seen over parked cars.
    const hop_m = 1.6 * Math.abs(Math.sin(5 * this.time_s));
    this.things.get(BALL)?.position.setZ(0.14 + hop_m);
    this.arm.visible = kind === SOMEBODY;
    this.arm.position.set(x_m + ahead_m, y_m + 0.24, 1.5);
    this.arm.rotation.x = 0.5 * Math.sin(7 * this.time_s) - 0.3;
    this.board.color.set(Math.sin(9 * this.time_s) > 0 ? "#ff3fb4" : "#fff04d");
  }

  private draw(item: number): void {
    const pen = this.picture.getContext("2d");
    if (item === this.item || pen === null) {
      return;
    }
    this.item = item;
    pen.fillStyle = "#14408c";
    pen.fillRect(0, 0, SIGN_PIXELS, SIGN_PIXELS);
    pen.strokeStyle = pen.fillStyle = "#ffffff";
    pen.lineWidth = 8;
    pen.strokeRect(6, 6, SIGN_PIXELS - 12, SIGN_PIXELS - 12);
    pen.font = "bold 100px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(String(item), SIGN_PIXELS / 2, SIGN_PIXELS / 2 + 6);
    this.texture.needsUpdate = true;
  }

  private solid(shape: Shape, material: ShaderMaterial): Mesh {
    const mesh = new Mesh(shape.geometry(), material);
    mesh.frustumCulled = false;
    return mesh;
  }
}

function gantry(lane_m: number): Shape {
  const steel = rgb(0x4a5157);
  const [right_m, left_m] = [-lane_m / 2 - 2.9, 1.5 * lane_m + 0.6];
  const shape = new Shape()
    .post([0, right_m, 0], 0.13, 0.11, SIGN_AT_M + 1.5, 8, steel)
    .post([0, left_m, 0], 0.13, 0.11, SIGN_AT_M + 1.5, 8, steel);
  return shape.box([0, (right_m + left_m) / 2, SIGN_AT_M + 1.35], [0.16, left_m - right_m, 0.16], steel);
}

// The marked half of the lane, from below the driver on, in rows so that it bends with the road.
function half(lane_m: number) {
  const shape = new Shape();
  const wide_m = lane_m / 2 - 0.25;
  for (let x_m = 4; x_m < MARK_M; x_m += 3) {
    const [a, b] = [-wide_m / 2, wide_m / 2];
    shape.quad([x_m, a, 0.03], [x_m + 2, a, 0.03], [x_m + 2, b, 0.03], [x_m, b, 0.03], [1, 1, 1]);
  }
  return shape.geometry();
}

function somebody(): Shape {
  return new Shape()
    .box([0, 0.1, 0.42], [0.16, 0.15, 0.84], rgb(0x34404f))
    .box([0, -0.1, 0.42], [0.16, 0.15, 0.84], rgb(0x34404f))
    .box([0, 0, 1.15], [0.24, 0.44, 0.62], rgb(0x2f6fb2))
    .lump([0, 0, 1.62], [0.26, 0.24, 0.3], rgb(0xd9a98a), 4);
}
