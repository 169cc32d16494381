// How hard it is: how tasks ended, what is suggested, and the knobs that may be turned by hand.

import { useState } from "preact/hooks";
import type { Dial, Tuned } from "../net/messages";
import { isAsking } from "./asks";
import { Press } from "./press";
import { info, isReplay, state } from "./store";
import { fixed } from "./words";

const DEFAULT_TAPS = 20;

// What a knob was asked to be while its answer is on the way, so that two quick taps are two steps.
const asked = new Map<string, number>();

export function Difficulty() {
  const [isOpen, setOpen] = useState(false);
  const tuned = state.value?.tuned ?? null;
  const dials = (info.value?.dials ?? []).filter((dial) => dial.knob.is_live);
  if (tuned === null || (dials.length === 0 && !tuned.has_level && tuned.try_count === 0)) {
    return null;
  }
  const hasKnobs = dials.length > 0 && !isReplay.value;
  return (
    <>
      {tuned.offer_reason !== "" && <Offer tuned={tuned} />}
      <section class="card difficulty" aria-labelledby="difficulty-title">
        <div class="difficulty-line">
          <div class="difficulty-words">
            <div class="level-line">
              <h2 id="difficulty-title">Difficulty</h2>
              {tuned.has_level && <Level tuned={tuned} />}
            </div>
            <span id="difficulty-state" class="live" role="status">
              {sentence(tuned)}
            </span>
          </div>
          {tuned.can_undo && !isReplay.value && (
            <Press control="undo" name="undo" label="Undo" side="right" />
          )}
          {hasKnobs && (
            <button
              type="button"
              id="knobs"
              aria-expanded={isOpen}
              aria-controls="knobs-list"
              onClick={() => setOpen(!isOpen)}
            >
              {isOpen ? "Close" : "By hand"}
            </button>
          )}
        </div>
        {isOpen && hasKnobs && (
          <ul class="knobs" id="knobs-list">
            {dials.map((dial) => (
              <Knob key={dial.name} dial={dial} value={tuned.values[dial.name]} />
            ))}
          </ul>
        )}
      </section>
    </>
  );
}

function Level({ tuned }: { tuned: Tuned }) {
  return (
    <span class="level">
      <b class="live" id="level">
        {fixed(tuned.level, 2)}
      </b>
      <meter
        class="level-bar"
        min={0}
        max={1}
        value={Number.isFinite(tuned.level) ? tuned.level : 0}
        aria-label="Difficulty from 0 easy to 1 hard"
      />
    </span>
  );
}

function Offer({ tuned }: { tuned: Tuned }) {
  const way = tuned.offered_level > tuned.level ? "Harder" : "Easier";
  return (
    <section class="card offer" aria-label="Suggested difficulty">
      <p id="offer" role="status" class="live">
        <b>
          {way}? {fixed(tuned.offered_level, 2)}: {tuned.offer_words}.
        </b>{" "}
        {tuned.offer_reason}.
      </p>
      {!isReplay.value && (
        <>
          <Press control="accept" name="accept" label="Accept" side="right" />
          <Press control="keep" name="keep" label="Keep" side="right" />
        </>
      )}
    </section>
  );
}

function sentence(tuned: Tuned): string {
  const all =
    tuned.try_count === 0
      ? "No task has ended yet."
      : `${tuned.success_count} of ${tuned.try_count} tasks done.`;
  const recent = Number.isFinite(tuned.recent_frac)
    ? ` At this level: ${Math.round(100 * tuned.recent_frac)}\u00a0%.`
    : "";
  const rest = Number.isFinite(tuned.threshold) ? ` At rest at ${fixed(tuned.threshold, 2)}.` : "";
  const brake = tuned.brake === "" ? "" : ` Not harder now: ${tuned.brake}.`;
  return all + recent + rest + brake;
}

function Knob({ dial, value }: { dial: Dial; value: number | undefined }) {
  return (
    <li class="knob">
      <span class="live" id={`knob-${dial.name}`}>
        {dial.knob.says.replace("{}", value === undefined ? "–" : plain(value))}
      </span>
      <Turn dial={dial} value={value} sign={-1} />
      <Turn dial={dial} value={value} sign={1} />
    </li>
  );
}

interface TurnProps {
  dial: Dial;
  value: number | undefined;
  sign: 1 | -1;
}

function Turn({ dial, value, sign }: TurnProps) {
  const control = controlOf(dial, sign);
  return (
    <Press
      control={control}
      name="turn"
      extra={() => ({ param: dial.name, value: target(dial, value ?? dial.low, sign) })}
      side="right"
    >
      {sign > 0 ? "+" : "−"}
      <span class="unseen">
        {sign > 0 ? "more" : "less"}: {dial.knob.says.replace("{}", "")}
      </span>
    </Press>
  );
}

function controlOf(dial: Dial, sign: 1 | -1): string {
  return `turn-${dial.name}-${sign > 0 ? "more" : "less"}`;
}

function target(dial: Dial, value: number, sign: 1 | -1): number {
  const isPending = isAsking(controlOf(dial, 1)) || isAsking(controlOf(dial, -1));
  const base = isPending ? (asked.get(dial.name) ?? value) : value;
  const own = dial.knob.tap > 0 ? dial.knob.tap : (dial.high - dial.low) / DEFAULT_TAPS;
  const tap = dial.is_whole ? Math.max(1, Math.round(own)) : own;
  const wanted = Number((base + sign * tap).toPrecision(6));
  const next = Math.min(dial.high, Math.max(dial.low, wanted));
  asked.set(dial.name, next);
  return next;
}

function plain(value: number): string {
  return String(Number(value.toPrecision(3)));
}
