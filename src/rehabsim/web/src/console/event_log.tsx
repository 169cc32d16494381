// What happened, newest first.

import type { Event } from "../net/messages";
import { clock, eventWords, SEVERITY_MARKS, who } from "./words";
import { client, events } from "./store";

const MAX_SHOWN = 100;

export function EventLog() {
  const shown = events.value.filter(isNews).slice(-MAX_SHOWN).reverse();
  return (
    <section class="card events" aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      {/* It scrolls, so it must be reachable by keyboard. */}
      <div class="events-scroll" role="log" tabIndex={0} aria-labelledby="events-title">
        <ol id="events">
          {shown.length === 0 && <li class="none">nothing yet</li>}
          {shown.map((event) => (
            <li key={event.seq} class={`event kind-${event.kind}`}>
              <time>{clock(event.t_s)}</time>
              <b class="mark" aria-label={event.severity === "none" ? undefined : event.severity}>
                {SEVERITY_MARKS[event.severity]}
              </b>
              <span>
                {event.kind === "marker" && <b>⚑ </b>}
                {eventWords(event, client.value)} <small>{who(event.source, client.value)}</small>
              </span>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

// What shows itself, or is told by the keeper or the plates, need not be told again.
const SHOWS_ITSELF = /^(marker|arm|start|pause|stop|reset|weigh|zero_plates|check_\w+) applied\.$/;

function isNews(event: Event): boolean {
  return !(event.kind === "request" && SHOWS_ITSELF.test(event.text));
}
