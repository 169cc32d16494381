// A session lives only while its tick advances; an open socket or a pong proves nothing.

export const STALE_S = 0.25;
export const LOST_S = 2;

export class Liveness {
  private tick = -1;
  private advanced_s = -Infinity;

  // The next state only tells where the count stands: the gateway hands the last state it has to
  // whoever comes, even when the session that made it is long dead.
  baseline(): void {
    this.tick = -1;
  }

  forget(): void {
    this.baseline();
    this.advanced_s = -Infinity;
  }

  hear(tick: number, now_s: number): void {
    if (this.tick >= 0 && tick !== this.tick) {
      this.advanced_s = now_s;
    }
    this.tick = tick;
  }

  // Seconds since the tick last advanced; Infinity when it never did.
  age_s(now_s: number): number {
    return now_s - this.advanced_s;
  }

  isLive(now_s: number): boolean {
    return this.age_s(now_s) <= STALE_S;
  }
}
