// What time it is in the session, from pings: the quickest answer tells the offset best.

const MAX_SAMPLES = 32;
const SETTLE_S = 3;
const MAX_SLEW_S = 0.0005;
const MAX_ERROR_S = 0.05;

interface Sample {
  round_trip_s: number;
  offset_s: number;
}

export class SessionClock {
  private samples: Sample[] = [];
  private first_s = 0;
  private offset_s = 0;

  // Seconds of the quickest recent answer; NaN before the first.
  round_trip_s = NaN;

  forget(): void {
    this.samples = [];
    this.round_trip_s = NaN;
  }

  get isSet(): boolean {
    return this.samples.length > 0;
  }

  // A ping left at sent_s, the session's time was t_s, and the answer came at heard_s.
  hear(sent_s: number, t_s: number, heard_s: number): void {
    const round_trip_s = heard_s - sent_s;
    if (!(round_trip_s >= 0)) {
      return;
    }
    if (this.samples.length === 0) {
      this.first_s = heard_s;
    }
    this.samples.push({ round_trip_s, offset_s: t_s - (sent_s + heard_s) / 2 });
    if (this.samples.length > MAX_SAMPLES) {
      this.samples.shift();
    }
    const best = this.samples.reduce((a, b) => (b.round_trip_s < a.round_trip_s ? b : a));
    this.round_trip_s = best.round_trip_s;
    const error_s = best.offset_s - this.offset_s;
    const isSettling = heard_s - this.first_s < SETTLE_S;
    // Once a picture moves by this clock it is only nudged, so that the picture never jumps.
    this.offset_s +=
      isSettling || Math.abs(error_s) > MAX_ERROR_S
        ? error_s
        : Math.max(-MAX_SLEW_S, Math.min(MAX_SLEW_S, error_s));
  }

  // Session time at the page's own time.
  t_s(page_s: number): number {
    return page_s + this.offset_s;
  }
}

// The page's own time.
export function page_s(): number {
  return performance.now() / 1000;
}
