// The canvas, and how finely it is drawn: coarser when pictures come late, never less far.

import {
  LinearSRGBColorSpace,
  Matrix4,
  NoToneMapping,
  PerspectiveCamera,
  Vector3,
  WebGLRenderer,
} from "three";
import type { Eye, World } from "./world";

const FIELD_OF_VIEW_DEG = 58;
const NEAR_M = 0.1;
const FAR_M = 4000;
const MIN_SCALE = 0.3;
const SOFTWARE_SCALE = 0.6;
const LATE_MS = 30;
const EARLY_MS = 18;
const JUDGED_OVER = 30;
const RAISE_AFTER_S = 10;

export class Stage {
  readonly renderer: WebGLRenderer;
  private readonly camera: PerspectiveCamera;
  private readonly largestScale: number;
  private scale: number;
  private lateness_ms = 0;
  private pictureCount = 0;
  private changed_s = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly fixedScale: number,
  ) {
    const isSoftware = isDrawnBySoftware();
    this.renderer = new WebGLRenderer({
      canvas,
      antialias: !isSoftware,
      powerPreference: "high-performance",
    });
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.renderer.toneMapping = NoToneMapping;
    this.largestScale = Math.min(devicePixelRatio, 1.5);
    this.scale = fixedScale > 0 ? fixedScale : isSoftware ? SOFTWARE_SCALE : this.largestScale;
    this.camera = new PerspectiveCamera(FIELD_OF_VIEW_DEG, 1, NEAR_M, FAR_M);
    addEventListener("resize", () => this.resize());
    this.resize();
  }

  draw(world: World, eye: Eye): void {
    pointCamera(this.camera, eye);
    this.renderer.render(world.scene, this.camera);
  }

  // Told how long the last picture took, chooses how finely the next ones are drawn.
  judge(picture_ms: number, now_s: number): void {
    if (this.fixedScale > 0 || picture_ms > 500) {
      return;
    }
    this.lateness_ms += (picture_ms - this.lateness_ms) / JUDGED_OVER;
    this.pictureCount += 1;
    if (this.pictureCount < JUDGED_OVER) {
      return;
    }
    if (this.lateness_ms > LATE_MS && this.scale > MIN_SCALE) {
      this.rescale(Math.max(MIN_SCALE, this.scale * 0.85), now_s);
    } else if (
      this.lateness_ms < EARLY_MS &&
      this.scale < this.largestScale &&
      now_s - this.changed_s > RAISE_AFTER_S
    ) {
      this.rescale(Math.min(this.largestScale, this.scale * 1.1), now_s);
    }
  }

  private rescale(scale: number, now_s: number): void {
    this.scale = scale;
    this.changed_s = now_s;
    this.pictureCount = 0;
    this.lateness_ms = (LATE_MS + EARLY_MS) / 2;
    this.resize();
  }

  private resize(): void {
    const [width, height] = [innerWidth, innerHeight];
    this.renderer.setPixelRatio(this.scale);
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / Math.max(1, height);
    this.camera.updateProjectionMatrix();
    this.canvas.dataset.scale = this.scale.toFixed(2);
  }
}

const ahead = new Vector3();
const left = new Vector3();
const up = new Vector3();
const basis = new Matrix4();

function pointCamera(camera: PerspectiveCamera, eye: Eye): void {
  const [cy, sy] = [Math.cos(eye.yaw_rad), Math.sin(eye.yaw_rad)];
  const [cp, sp] = [Math.cos(eye.pitch_rad), Math.sin(eye.pitch_rad)];
  ahead.set(cy * cp, sy * cp, sp);
  left.set(-sy, cy, 0);
  up.crossVectors(ahead, left);
  // Left side up is a positive roll: the picture's own left turns towards up.
  const [cr, sr] = [Math.cos(eye.roll_rad), Math.sin(eye.roll_rad)];
  const rolledLeft = left.clone().multiplyScalar(cr).addScaledVector(up, sr);
  const rolledUp = up.clone().multiplyScalar(cr).addScaledVector(left, -sr);
  basis.makeBasis(rolledLeft.negate(), rolledUp, ahead.clone().negate());
  camera.quaternion.setFromRotationMatrix(basis);
  camera.position.set(eye.x_m, eye.y_m, eye.z_m);
}

function isDrawnBySoftware(): boolean {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (gl === null) {
    return true;
  }
  const extension = gl.getExtension("WEBGL_debug_renderer_info");
  const name = String(
    gl.getParameter(extension === null ? gl.RENDERER : extension.UNMASKED_RENDERER_WEBGL),
  );
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name);
}
