// The last seconds of what the plot shows, in rings that no signal knows of.

import type { State } from "../net/messages";

export const SPAN_S = 5;
const GAP_S = 0.15;
const CAPACITY = 512;

export const TRACES = ["left_fz_n", "right_fz_n", "left_speed_mps", "right_speed_mps"] as const;
export type Trace = (typeof TRACES)[number];

export class History {
  private t_s: number[] = [];
  private readonly values: Record<Trace, (number | null)[]> = {
    left_fz_n: [],
    right_fz_n: [],
    left_speed_mps: [],
    right_speed_mps: [],
  };

  clear(): void {
    this.t_s.length = 0;
    for (const name of TRACES) {
      this.values[name].length = 0;
    }
  }

  push(state: State): void {
    const last_s = this.t_s[this.t_s.length - 1];
    if (last_s !== undefined && state.t_s <= last_s) {
      return;
    }
    if (last_s !== undefined && state.t_s - last_s > GAP_S) {
      // A gap in time is a gap in the line.
      this.add(last_s + GAP_S / 2, [null, null, null, null]);
    }
    this.add(state.t_s, [
      number(state.gait.left_fz_n),
      number(state.gait.right_fz_n),
      number(state.belt.left_speed_mps),
      number(state.belt.right_speed_mps),
    ]);
  }

  // Times before the newest, in s, and the two traces.
  table(left: Trace, right: Trace): [number[], (number | null)[], (number | null)[]] {
    const now_s = this.t_s[this.t_s.length - 1] ?? 0;
    let first = 0;
    while (first < this.t_s.length && now_s - (this.t_s[first] ?? 0) > SPAN_S) {
      first += 1;
    }
    return [
      this.t_s.slice(first).map((t_s) => t_s - now_s),
      this.values[left].slice(first),
      this.values[right].slice(first),
    ];
  }

  private add(t_s: number, row: (number | null)[]): void {
    this.t_s.push(t_s);
    TRACES.forEach((name, index) => this.values[name].push(row[index] ?? null));
    if (this.t_s.length > CAPACITY) {
      this.t_s.shift();
      for (const name of TRACES) {
        this.values[name].shift();
      }
    }
  }
}

function number(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
