// Which block of a programme this is, what the person does in it, and how long it still goes on.

import type { BlockPlace, State } from "../net/messages";
import { Press } from "./press";
import { info, isHearing, restLeft_s, state } from "./store";
import { clock } from "./words";

export function BlockCard() {
  const place = info.value?.block ?? null;
  const current = state.value;
  if (place === null || current === null) {
    return null;
  }
  const left_s = current.block_left_s ?? NaN;
  const isTimed = Number.isFinite(left_s) && place.lasts_s > 0;
  return (
    <section class="card block" aria-labelledby="block-title">
      <div class="block-line">
        <h2 id="block-title">
          Block {place.number} of {place.count}: {place.title}
        </h2>
        <small class="block-visit" title={place.programme}>
          Visit {place.visit} of {place.visits}, {place.programme}
        </small>
        {isHearing.value ? (
          <GoOn place={place} />
        ) : (
          <b id="block-left" class="live">
            {leftWords(place, current, left_s)}
          </b>
        )}
      </div>
      {isTimed && (
        <progress
          class="block-bar"
          max={place.lasts_s}
          value={Math.max(0, place.lasts_s - left_s)}
          aria-label="How much of the block is done"
        />
      )}
      <p class="block-says" title={place.says}>
        {place.says}
      </p>
    </section>
  );
}

// The rest is held by the session: pressed too early, it is refused with what is left.
function GoOn({ place }: { place: BlockPlace }) {
  const left_s = Math.ceil(restLeft_s());
  const ended = state.value?.ended;
  const isLast = place.next_title === "" || ended === "pain" || ended === "effort";
  return (
    <Press
      control="go_on"
      name="go_on"
      class={`go-on${left_s > 0 ? "" : " next"}`}
      label={isLast ? "End" : "Next block"}
      hint={left_s > 0 ? `rest ${clock(left_s)}` : ""}
    />
  );
}

function leftWords(place: BlockPlace, current: State, left_s: number): string {
  const time = Number.isFinite(left_s) ? `${clock(Math.ceil(left_s))} left` : "";
  if (place.tasks === 0) {
    return time;
  }
  const tasks = `${current.tuned?.try_count ?? 0} of ${place.tasks} tasks`;
  return time === "" ? tasks : `${tasks}, at most ${time}`;
}
