// The display: shows what the session publishes, and tells it how new the picture is.

import "./style.css";
import { page_s } from "../net/clock";
import { Link } from "../net/link";
import type { State } from "../net/messages";
import { Follower } from "./follower";
import { Feet, Footway } from "./footway";
import { Hud } from "./hud";
import { Stage } from "./stage";
import { NEUTRAL, loadWorld } from "./worlds";
import { aside, type World } from "./world";

const RATE_HZ = 60;
const ECHO_EVERY_S = 0.045;
// What is drawn now is seen about one picture later.
const LEAD_S = 0.016;

const query = new URLSearchParams(location.search);
const isCalm = query.get("calm") === "1" || matchMedia("(prefers-reduced-motion: reduce)").matches;
const lead_s = query.has("lead_ms") ? Number(query.get("lead_ms")) / 1000 : LEAD_S;

const canvas = document.getElementById("world") as HTMLCanvasElement;
const hud = new Hud();
let feet = new Feet();
const footway = new Footway(document.body);
const stage = new Stage(canvas, Number(query.get("scale") ?? 0));

let world: World | null = null;
let follower: Follower | null = null;
let wanted = "";
let newest: State | null = null;
let heard_s = 0;
let drawn_s = page_s();
let needsEcho = false;
let echoed_s = 0;

const link = new Link("display", RATE_HZ, {
  onState: hear,
  onTold: (told) => {
    needsEcho = told.k === "session" ? (told.needs_display ?? false) : needsEcho;
  },
  onStatus: () => undefined,
  onNewSession: () => {
    newest = null;
    feet = new Feet();
    follower = follower === null ? null : newFollower();
  },
});

function hear(state: State): void {
  newest = state;
  heard_s = page_s();
  follower?.push(state);
  feet.hear(state);
  if (state.scenario !== wanted) {
    void enter(state.scenario);
  }
}

async function enter(scenario: string): Promise<void> {
  wanted = scenario;
  const next = await loadWorld(scenario, isCalm);
  if (wanted !== scenario) {
    return;
  }
  world = next;
  follower = newFollower();
  if (newest !== null) {
    follower.push(newest);
  }
  canvas.dataset.world = scenario;
}

function newFollower(): Follower {
  return new Follower(world?.moving ?? [], (scene) => world?.derive?.(scene) ?? scene);
}

// The session's time now; by the last state's own time until the clock is known.
function session_s(now_s: number): number {
  if (link.clock.isSet) {
    return link.clock.t_s(now_s);
  }
  return (newest?.t_s ?? 0) + now_s - heard_s;
}

function draw(): void {
  const now_s = page_s();
  const dt_s = Math.min(now_s - drawn_s, 0.25);
  stage.judge((now_s - drawn_s) * 1000, now_s);
  drawn_s = now_s;
  const isLive = link.liveness.isLive(now_s) && link.status === "open";
  hud.note(newest === null ? "Waiting for the session …" : isLive ? "" : "No connection");
  if (world === null || follower === null || follower.isEmpty) {
    return;
  }
  const shown = follower.sample(session_s(now_s) + lead_s, dt_s);
  const moment = { ...shown, dt_s, isCalm };
  stage.draw(world, aside(world.update(moment), -shown.sway_m));
  canvas.dataset.sway = shown.sway_m.toFixed(3);
  hud.score(world.score(moment));
  footway.draw(world.aims?.(shown.scene) ?? [], feet);
  hud.replay(newest?.is_replay ?? false);
  echo(now_s);
  canvas.dataset.pictures = String(Number(canvas.dataset.pictures ?? 0) + 1);
}

// Where the training needs its picture, the session is told which state this one shows.
function echo(now_s: number): void {
  if (!needsEcho || newest === null || now_s - echoed_s < ECHO_EVERY_S) {
    return;
  }
  echoed_s = now_s;
  const { boot_id, t_s } = newest;
  link.send({ id: `seen-${t_s}`, name: "seen", boot_id, t_s });
}

canvas.addEventListener("webglcontextlost", (event) => {
  event.preventDefault();
  hud.note("The picture was lost; it comes back by itself.");
});
canvas.addEventListener("dblclick", () => {
  void (document.fullscreenElement === null
    ? document.documentElement.requestFullscreen()
    : document.exitFullscreen());
});

void enter(NEUTRAL);
stage.renderer.setAnimationLoop(draw);
