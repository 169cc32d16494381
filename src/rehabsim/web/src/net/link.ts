// One page's WebSocket to the gateway: it pings, notices silence, and always comes back.

import { SessionClock, page_s } from "./clock";
import { newPageKey, pageKey, pageToken } from "./key";
import { Liveness } from "./liveness";
import { type State, type Told, decodeState, decodeTold } from "./messages";

// Why the gateway sends a page away; the same numbers as in gateway.py.
const TOO_SLOW = 4000;
const REPLACED = 4001;
const TOO_MANY = 4002;

const PING_MS = 250;
const SILENT_S = 2.5;
const CONNECT_S = 4;
const FIRST_RETRY_MS = 200;
const MAX_RETRY_MS = 2000;
const CROWDED_RETRY_MS = 5000;

export type LinkStatus = "connecting" | "open" | "down" | "replaced" | "crowded";

export interface Listener {
  onState(state: State): void;
  onTold(told: Told): void;
  onStatus(status: LinkStatus): void;
  onNewSession(): void;
}

export class Link {
  readonly clock = new SessionClock();
  readonly liveness = new Liveness();

  status: LinkStatus = "connecting";

  private socket: WebSocket | null = null;
  private opened_s = 0;
  private heard_s = 0;
  private retryCount = 0;
  private retryTimer: number | undefined;
  private bootId = "";

  constructor(
    private readonly page: "console" | "display",
    private readonly rate_hz: number,
    private readonly listener: Listener,
  ) {
    this.open();
    setInterval(() => this.beat(), PING_MS);
    addEventListener("online", () => this.reconnectNow());
  }

  // Returns false when there is no open socket, so that the caller can say so.
  send(message: object): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) {
      return false;
    }
    this.socket.send(JSON.stringify(message));
    return true;
  }

  reconnectNow(): void {
    if (this.status === "replaced") {
      newPageKey(this.page);
    }
    if (this.status !== "open" && this.socket?.readyState !== WebSocket.CONNECTING) {
      this.open();
    }
  }

  // Seconds since anything came from the gateway.
  silence_s(now_s: number): number {
    return this.status === "open" ? now_s - this.heard_s : Infinity;
  }

  private open(): void {
    clearTimeout(this.retryTimer);
    this.drop();
    this.become("connecting");
    this.opened_s = page_s();
    const url = `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws`;
    const query = new URLSearchParams({ key: pageKey(this.page), rate: String(this.rate_hz) });
    const socket = new WebSocket(`${url}?${query}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.heard_s = page_s();
      this.liveness.baseline();
      this.become("open");
      const token = pageToken();
      if (token !== null) {
        this.send({ k: "token", token });
      }
      this.ping();
    };
    socket.onmessage = (message) => this.hear(message.data as string | ArrayBuffer);
    socket.onclose = (close) => {
      this.socket = null;
      this.retryLater(close.code);
    };
    this.socket = socket;
  }

  private hear(data: string | ArrayBuffer): void {
    const now_s = page_s();
    this.heard_s = now_s;
    this.retryCount = 0;
    if (typeof data === "string") {
      this.hearText(data, now_s);
      return;
    }
    const state = decodeState(data);
    if (state === null) {
      return;
    }
    if (state.boot_id !== this.bootId) {
      this.forget(state.boot_id);
    }
    this.liveness.hear(state.tick, now_s);
    this.listener.onState(state);
  }

  private hearText(text: string, now_s: number): void {
    const told = decodeTold(text);
    if (told === null) {
      return;
    }
    if (told.k === "pong" && told.t_s !== null) {
      this.clock.hear(told.t0, told.t_s, now_s);
    }
    if (told.k === "forget") {
      this.forget(told.boot_id);
    }
    this.listener.onTold(told);
  }

  private forget(bootId: string): void {
    if (bootId === this.bootId) {
      return;
    }
    this.bootId = bootId;
    this.clock.forget();
    this.liveness.forget();
    this.listener.onNewSession();
  }

  private beat(): void {
    const now_s = page_s();
    const isHalfDead = this.status === "open" && now_s - this.heard_s > SILENT_S;
    const isStuck = this.status === "connecting" && now_s - this.opened_s > CONNECT_S;
    if (isHalfDead || isStuck) {
      this.drop();
      this.retryLater(0);
      return;
    }
    this.ping();
  }

  private ping(): void {
    this.send({ k: "ping", t0: page_s() });
  }

  // A half-dead socket may take minutes to close; nobody listens to it any more.
  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (socket !== null) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  private retryLater(code: number): void {
    if (code === REPLACED) {
      this.become("replaced");
      return;
    }
    this.become(code === TOO_MANY ? "crowded" : "down");
    const backoff_ms = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.retryCount);
    this.retryCount += code === TOO_SLOW ? 0 : 1;
    const wait_ms = code === TOO_MANY ? CROWDED_RETRY_MS : backoff_ms * (0.75 + Math.random() / 2);
    clearTimeout(this.retryTimer);
    this.retryTimer = window.setTimeout(() => this.open(), wait_ms);
  }

  private become(status: LinkStatus): void {
    if (status !== this.status) {
      this.status = status;
      this.listener.onStatus(status);
    }
  }
}
