// The belts from above, with the feet and what they are to meet: the picture ahead ends two metres
// before the person, and a foot must be aimed until it lands.

import type { Gait, State } from "../net/messages";

// Of the frame lab, from mid-belt: what is shown, ahead and to either side.
const AHEAD_M = 2.2;
const BEHIND_M = 0.8;
const ASIDE_M = 0.75;
const FOOT_M = { length: 0.26, width: 0.1 } as const;
const PX_PER_M = 130;
const GROUND = "rgb(12 30 44 / 72%)";
const SEAM = "rgb(255 255 255 / 25%)";
const LEFT = "#ffd21f";
const RIGHT = "#38b6ff";
const LOG = "#b98a5e";

// Something that lies across the path.
export interface Aim {
  kind: "line" | "log";
  // Whose foot a line is for; a log is for both.
  side: "left" | "right" | "both";
  // From its near to its far edge, ahead of mid-belt.
  near_m: number;
  far_m: number;
}

interface Foot {
  x_m: number;
  y_m: number;
  isDown: boolean;
}

// Where each foot stands, by the centre of pressure while it stood alone, carried by its belt since.
export class Feet {
  readonly left: Foot = { x_m: NaN, y_m: NaN, isDown: false };
  readonly right: Foot = { x_m: NaN, y_m: NaN, isDown: false };
  private way: { left_m: number; right_m: number } | null = null;

  hear(state: State): void {
    const now = { left_m: state.left_distance_m, right_m: state.right_distance_m };
    const gone = this.way ?? now;
    this.way = now;
    const { gait } = state;
    carry(this.left, gait.has_left_stance, now.left_m - gone.left_m);
    carry(this.right, gait.has_right_stance, now.right_m - gone.right_m);
    if (gait.has_left_stance !== gait.has_right_stance) {
      place(gait.has_left_stance ? this.left : this.right, gait);
    }
  }
}

function carry(foot: Foot, isDown: boolean, way_m: number): void {
  if (isDown !== foot.isDown) {
    foot.x_m = foot.y_m = NaN;
  }
  foot.isDown = isDown;
  foot.x_m -= way_m;
}

function place(foot: Foot, gait: Gait): void {
  if (Number.isFinite(gait.cop_x_m) && Number.isFinite(gait.cop_y_m)) {
    foot.x_m = gait.cop_x_m;
    foot.y_m = gait.cop_y_m;
  }
}

export class Footway {
  private readonly canvas = document.createElement("canvas");
  private readonly pen: CanvasRenderingContext2D | null;

  constructor(parent: HTMLElement) {
    this.canvas.id = "footway";
    this.canvas.width = 2 * ASIDE_M * PX_PER_M;
    this.canvas.height = (AHEAD_M + BEHIND_M) * PX_PER_M;
    this.canvas.hidden = true;
    this.pen = this.canvas.getContext("2d");
    parent.append(this.canvas);
  }

  // Draws nothing, and takes no room, where there is nothing to aim at.
  draw(aims: readonly Aim[], feet: Feet): void {
    const shown = aims.filter((aim) => aim.near_m < AHEAD_M && aim.far_m > -BEHIND_M);
    this.canvas.hidden = shown.length === 0;
    this.canvas.dataset.aims = String(shown.length);
    const pen = this.pen;
    if (pen === null || shown.length === 0) {
      return;
    }
    pen.resetTransform();
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    // From here on metres of the frame lab: x ahead is up, y left is left.
    const px = PX_PER_M;
    pen.setTransform(0, -px, -px, 0, ASIDE_M * px, AHEAD_M * px);
    paintGround(pen);
    for (const aim of shown) {
      paintAim(pen, aim);
    }
    paintFoot(pen, feet.left, LEFT);
    paintFoot(pen, feet.right, RIGHT);
  }
}

function paintGround(pen: CanvasRenderingContext2D): void {
  pen.fillStyle = GROUND;
  pen.beginPath();
  pen.roundRect(-BEHIND_M, -ASIDE_M, AHEAD_M + BEHIND_M, 2 * ASIDE_M, 0.12);
  pen.fill();
  pen.fillStyle = SEAM;
  pen.fillRect(-BEHIND_M, -0.006, AHEAD_M + BEHIND_M, 0.012);
}

function paintAim(pen: CanvasRenderingContext2D, aim: Aim): void {
  const [from_m, to_m] = [aim.side === "left" ? 0.04 : -0.62, aim.side === "right" ? -0.04 : 0.62];
  pen.fillStyle = aim.kind === "log" ? LOG : aim.side === "left" ? LEFT : RIGHT;
  pen.globalAlpha = aim.kind === "log" ? 1 : 0.55;
  pen.fillRect(aim.near_m, from_m, aim.far_m - aim.near_m, to_m - from_m);
  pen.globalAlpha = 1;
  if (aim.kind === "line") {
    pen.fillStyle = "#fff";
    pen.fillRect((aim.near_m + aim.far_m) / 2 - 0.015, from_m, 0.03, to_m - from_m);
  }
}

function paintFoot(pen: CanvasRenderingContext2D, foot: Foot, colour: string): void {
  if (!foot.isDown || !Number.isFinite(foot.x_m)) {
    return;
  }
  pen.fillStyle = colour;
  pen.strokeStyle = "#fff";
  pen.lineWidth = 0.014;
  pen.beginPath();
  pen.ellipse(foot.x_m, foot.y_m, FOOT_M.length / 2, FOOT_M.width / 2, 0, 0, 2 * Math.PI);
  pen.fill();
  pen.stroke();
}
