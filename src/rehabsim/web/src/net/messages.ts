// What a session publishes, as session/messages.py and MESSAGES.md define it.
// Quantities keep the names they have on the wire: SI, with the unit last.

import { decode } from "@msgpack/msgpack";

export type Mode =
  | "locked"
  | "idle"
  | "armed"
  | "starting"
  | "running"
  | "stopping"
  | "holding"
  | "perturbing";
export type Severity = "none" | "warn" | "hold" | "ramp" | "fast" | "estop";

export interface Speeds {
  left_speed_mps: number;
  right_speed_mps: number;
  incline_rad: number;
}

export interface Gait {
  left_fz_n: number;
  right_fz_n: number;
  cop_x_m: number;
  cop_y_m: number;
  com_x_m: number;
  com_y_m: number;
  com_vx_mps: number;
  com_vy_mps: number;
  xcom_x_m: number;
  xcom_y_m: number;
  load_share_left_frac: number;
  has_left_stance: boolean;
  has_right_stance: boolean;
  body_weight_n: number;
  cadence_hz: number;
  left_step_time_s: number;
  right_step_time_s: number;
  left_stance_time_s: number;
  right_stance_time_s: number;
  left_swing_time_s: number;
  right_swing_time_s: number;
  left_double_support_time_s: number;
  right_double_support_time_s: number;
  left_step_length_m: number;
  right_step_length_m: number;
  step_width_m: number;
  left_margin_lateral_m: number;
  right_margin_lateral_m: number;
  left_margin_backward_m: number;
  right_margin_backward_m: number;
  left_step_count: number;
  right_step_count: number;
  left_strike_ns: number;
  right_strike_ns: number;
  left_zero_n: number;
  right_zero_n: number;
}

export interface Health {
  lateness_s: number;
  missed_count: number;
  plate_count: number;
  plate_lost_count: number;
  keeper_age_s: number;
  plate_age_s: number;
}

export type PlatformMode = "settled" | "engaged" | "moving" | "freeze" | "settling";

export interface Pose {
  x_m: number;
  y_m: number;
  z_m: number;
  roll_rad: number;
  pitch_rad: number;
  yaw_rad: number;
}

export interface Ride {
  mode: PlatformMode;
  cause: string;
  belt_cause: string;
  base: string;
  pose: Pose;
  wish: Pose;
  command: Pose;
}

// The perturbations of a session.
export interface Dose {
  is_on: boolean;
  is_going: boolean;
  done: number;
  count: number;
  next_kind: string;
  next_side: string;
  strides_left: number; // -1 where nobody is told
  is_blind: boolean;
  fade_frac: number;
  sway_amplitude_m: number;
  noise_sd_mps: number;
  visual_amplitude_m: number;
  split_mps: number; // left less right
}

// How hard it is; numbers that are not kept are NaN.
export interface Tuned {
  values: Record<string, number>;
  try_count: number;
  success_count: number;
  has_level: boolean;
  level: number;
  recent_frac: number;
  offered_level: number;
  offer_reason: string;
  offer_words: string;
  can_undo: boolean;
  brake: string;
  threshold: number;
}

// A parameter of the scenario that means something to a therapist.
export interface Dial {
  name: string;
  low: number;
  high: number;
  is_whole: boolean;
  knob: { says: string; is_live: boolean; harder: "more" | "less" | "none"; tap: number };
}

export type Scene = Record<string, number>;

export interface State {
  schema: number;
  boot_id: string;
  seq: number;
  tick: number;
  t_s: number;
  is_replay: boolean;
  scenario: string;
  mode: Mode;
  cause: string;
  needs_restart?: boolean;
  commander: string;
  belt: Speeds;
  wish: Speeds;
  command: Speeds;
  cruise_speed_mps: number;
  max_speed_mps: number;
  left_distance_m: number;
  right_distance_m: number;
  gait: Gait;
  scene: Scene;
  health: Health;
  platform?: Ride | null;
  dose?: Dose | null;
  tuned?: Tuned | null;
  pacing?: "" | "follows" | "fixed";
  visual_sway_m?: number;
  block_left_s?: number; // NaN where no time ends it
  ended?: Ended;
  rest_left_s?: number; // NaN where nobody rests after a block
}

export type Ended = "" | "time" | "tasks" | "pain" | "effort" | "hand";

export interface Event {
  k: "event";
  boot_id: string;
  seq: number;
  tick: number;
  t_s: number;
  kind: string;
  source: string;
  severity: Severity;
  text: string;
}

export interface SessionInfo {
  k: "session";
  boot_id: string;
  is_replay: boolean;
  version: string;
  site: string;
  treadmill_url: string;
  plates_url: string;
  platform_url?: string;
  subject: string;
  patient: string;
  scenario: string;
  limits: Record<string, number>;
  log: string;
  needs_display?: boolean;
  dials?: Dial[];
  block?: BlockPlace | null;
}

// Which block of a programme a session is.
export interface BlockPlace {
  programme: string;
  visit: number;
  visits: number;
  number: number;
  count: number;
  title: string;
  says: string;
  lasts_s: number;
  tasks: number; // 0 is without
  rest_s: number;
  next_title: string; // empty where it is the last one
  effort_scale?: "6-20" | "0-10";
}

export interface Ack {
  k: "ack";
  id: string;
  status: "applied" | "rejected" | "duplicate";
  tick: number;
  t_s: number | null;
  reason: string;
}

// The keeper's own answer to a STOP.
export interface KeeperAnswer {
  k: "keeper";
  id: string;
  is_accepted: boolean;
  reason: string;
}

export interface Hello {
  k: "hello";
  client: string;
  has_keeper: boolean;
}

export interface Pong {
  k: "pong";
  t0: number;
  t_s: number | null;
  has_keeper: boolean;
}

export interface Forget {
  k: "forget";
  boot_id: string;
}

export type Told = Event | SessionInfo | Ack | KeeperAnswer | Hello | Pong | Forget | { k: "gait" };

export type RequestName =
  | "arm"
  | "start"
  | "pause"
  | "stop"
  | "reset"
  | "engage"
  | "settle"
  | "perturb"
  | "calm"
  | "follow"
  | "fix"
  | "turn"
  | "accept"
  | "keep"
  | "undo"
  | "rate"
  | "set_speed"
  | "marker"
  | "hand_over"
  | "take_over"
  | "alive"
  | "seen"
  | "go_on"
  | "zero_plates"
  | "check_left"
  | "check_right"
  | "weigh";

// boot_id and t_s prove to the session that the page sees it, and sees it now.
export interface Request {
  id: string;
  name: RequestName;
  boot_id?: string;
  t_s?: number;
  speed_mps?: number;
  text?: string;
  param?: string;
  value?: number;
  pain_nrs?: number;
  effort_rpe?: number;
  effort_nrs?: number;
}

export const SCHEMA = 1;

// Returns null for what is not a state that this page understands.
export function decodeState(body: ArrayBuffer): State | null {
  try {
    const state = decode(body) as State;
    return state.schema === SCHEMA && typeof state.tick === "number" ? state : null;
  } catch {
    return null;
  }
}

export function decodeTold(text: string): Told | null {
  try {
    return JSON.parse(text) as Told;
  } catch {
    return null;
  }
}
