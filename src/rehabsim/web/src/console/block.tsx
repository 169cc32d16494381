// Which block of a programme this is, what the person does in it, and how long it still goes on.

import type { BlockPlace, State } from "../net/messages";
import { info, state } from "./store";
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
        <b id="block-left" class="live">
          {leftWords(place, current, left_s)}
        </b>
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

function leftWords(place: BlockPlace, current: State, left_s: number): string {
  const time = Number.isFinite(left_s) ? `${clock(Math.ceil(left_s))} left` : "";
  if (place.tasks === 0) {
    return time;
  }
  const tasks = `${current.tuned?.try_count ?? 0} of ${place.tasks} tasks`;
  return time === "" ? tasks : `${tasks}, at most ${time}`;
}
