// What the person does, left beside right.

import type { ComponentChildren } from "preact";
import table from "../../../gait/measures.json";
import type { Gait } from "../net/messages";
import { isLive, state } from "./store";
import { fixed } from "./words";

const GRAVITY_MPS2 = 9.80665;

// The table that the report reads too: a measure is called and explained alike in both.
const measures = new Map(table.map((entry) => [entry.name, entry]));

export function Numbers() {
  const gait = state.value?.gait;
  return (
    <section class="numbers" aria-label="Gait">
      <Card measure="cadence" unit="/min">
        <Value id="cadence" text={fixed(gait && gait.cadence_hz * 60, 0)} />
      </Card>
      <Card measure="step_length" unit="m">
        <Pair left={gait?.left_step_length_m} right={gait?.right_step_length_m} digits={2} />
      </Card>
      <Card measure="step_time" unit="s">
        <Pair left={gait?.left_step_time_s} right={gait?.right_step_time_s} digits={2} />
      </Card>
      <Card measure="stance_time" unit="s">
        <Pair left={gait?.left_stance_time_s} right={gait?.right_stance_time_s} digits={2} />
      </Card>
      <Load gait={gait} />
      <Card measure="body_weight" unit="kg">
        <Value id="weight" text={fixed(gait && gait.body_weight_n / GRAVITY_MPS2, 1)} />
        <small class="live beside">{fixed(gait?.body_weight_n, 0)} N</small>
      </Card>
      <Card measure="step_width" unit="m">
        <Value id="width" text={fixed(gait?.step_width_m, 2)} />
      </Card>
      <Steps gait={gait} />
    </section>
  );
}

interface CardProps {
  measure: string;
  name?: string;
  unit: string;
  children: ComponentChildren;
}

function Card(props: CardProps) {
  const known = measures.get(props.measure);
  const meaning = known && `${known.words}: ${known.definition}. ${known.reference}`.trim();
  return (
    <div class="number-card" title={meaning}>
      <h3>
        {props.name ?? known?.words} <small>{props.unit}</small>
      </h3>
      <div class="number-row">{props.children}</div>
    </div>
  );
}

function Value({ id, text }: { id: string; text: string }) {
  return (
    <b class="live value" id={id}>
      {text}
    </b>
  );
}

interface PairProps {
  left: number | undefined;
  right: number | undefined;
  digits: number;
}

function Pair({ left, right, digits }: PairProps) {
  return (
    <>
      <span class="side left">
        <i>L</i> <b class="live value">{fixed(left, digits)}</b>
      </span>
      <span class="side right">
        <i>R</i> <b class="live value">{fixed(right, digits)}</b>
      </span>
    </>
  );
}

function Load({ gait }: { gait: Gait | undefined }) {
  const share_frac = gait?.load_share_left_frac ?? NaN;
  const isKnown = Number.isFinite(share_frac);
  const left_percent = fixed(share_frac * 100, 0);
  return (
    <Card measure="load_share_left" name="Load on left" unit="%">
      <Value id="load" text={left_percent} />
      <span
        class="load-bar"
        role="img"
        aria-label={isKnown ? `${left_percent} percent of the load is on the left` : "not measured"}
      >
        {isKnown && <span style={{ left: `${100 - share_frac * 100}%` }} />}
      </span>
    </Card>
  );
}

function Steps({ gait }: { gait: Gait | undefined }) {
  return (
    <Card measure="heel_strike_count" name="Steps" unit="feet down">
      <span class="side left">
        <Foot side="L" isDown={gait?.has_left_stance} />{" "}
        <b class="live value" id="left-steps">
          {gait?.left_step_count ?? "–"}
        </b>
      </span>
      <span class="side right">
        <Foot side="R" isDown={gait?.has_right_stance} />{" "}
        <b class="live value" id="right-steps">
          {gait?.right_step_count ?? "–"}
        </b>
      </span>
    </Card>
  );
}

function Foot({ side, isDown }: { side: string; isDown: boolean | undefined }) {
  return <i class={isDown && isLive.value ? "foot down" : "foot"}>{side}</i>;
}
