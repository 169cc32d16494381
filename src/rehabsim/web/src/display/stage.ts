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
const MAX_SCALE = 1.5;
const SOFTWARE_SCALE = 0.6;
const JUDGED_OVER = 30;
// A screen shows between 50 and 60 pictures a second, or more, of which no more are asked.
const REFRESH_MS = [16, 20] as const;
const LATE_FRAC = 1.2;
const EARLY_FRAC = 1.08;
// A finer picture is tried again after so long, each time later where it came late before.
const RAISE_AFTER_S = 10;
const MAX_RAISE_AFTER_S = 600;
// Above full HD edges are fine enough, and smoothing them costs more than all else: on an H200 with
// it 37 to 43 pictures a second in 4K, without it 60.
const MAX_SMOOTH_PIXELS = 2.5e6;

export class Stage {
  readonly renderer: WebGLRenderer;
  private readonly camera: PerspectiveCamera;
  private readonly largestScale: number;
  private scale: number;
  private mean_ms: number = REFRESH_MS[1];
  private refresh_ms: number = REFRESH_MS[1];
  private raiseAfter_s = RAISE_AFTER_S;
  private pictureCount = 0;
  private changed_s = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly fixedScale: number,
  ) {
    const isSoftware = isDrawnBySoftware();
    this.renderer = new WebGLRenderer({
      canvas,
      antialias: !isSoftware && fullPixels() <= MAX_SMOOTH_PIXELS,
      powerPreference: "high-performance",
    });
    this.renderer.outputColorSpace = LinearSRGBColorSpace;
    this.renderer.toneMapping = NoToneMapping;
    this.largestScale = Math.min(devicePixelRatio, MAX_SCALE);
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
    this.mean_ms += (picture_ms - this.mean_ms) / JUDGED_OVER;
    this.pictureCount += 1;
    if (this.pictureCount < JUDGED_OVER) {
      return;
    }
    this.refresh_ms = Math.max(REFRESH_MS[0], Math.min(this.refresh_ms, this.mean_ms));
    if (this.mean_ms > LATE_FRAC * this.refresh_ms && this.scale > MIN_SCALE) {
      this.raiseAfter_s = Math.min(2 * this.raiseAfter_s, MAX_RAISE_AFTER_S);
      this.rescale(Math.max(MIN_SCALE, this.scale * 0.85), now_s);
    } else if (
      this.mean_ms < EARLY_FRAC * this.refresh_ms &&
      this.scale < this.largestScale &&
      now_s - this.changed_s > this.raiseAfter_s
    ) {
      this.rescale(Math.min(this.largestScale, this.scale * 1.1), now_s);
    }
  }

  private rescale(scale: number, now_s: number): void {
    this.scale = scale;
    this.changed_s = now_s;
    this.pictureCount = 0;
    this.mean_ms = (0.5 * (LATE_FRAC + EARLY_FRAC)) * this.refresh_ms;
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

function fullPixels(): number {
  return innerWidth * innerHeight * Math.min(devicePixelRatio, MAX_SCALE) ** 2;
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
