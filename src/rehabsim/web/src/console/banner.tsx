// The mode in large letters and one sentence: the first thing to read, and never an old one.

import type { State } from "../net/messages";
import { MODE_WORDS, type Tone, age, modeSentence, overSentence, tone } from "./words";
import {
  age_s,
  armedLeft_s,
  client,
  hasKeeper,
  info,
  isHearing,
  isLive,
  isLost,
  isOver,
  isReplay,
  link,
  restLeft_s,
  state,
  status,
} from "./store";

export function Banner() {
  const current = state.value;
  if (status.value === "replaced") {
    return (
      <Band tone="alarm" word="ELSEWHERE" sentence="This console goes on in another tab or window.">
        <button type="button" class="plain" onClick={() => link.reconnectNow()}>
          Continue here
        </button>
      </Band>
    );
  }
  if (current !== null && isOver.value) {
    const block = info.value?.block ?? null;
    const sentence = overSentence(current, block, restLeft_s(), isHearing.value, client.value);
    return <Band tone="calm" word="OVER" sentence={sentence} />;
  }
  if (current !== null && isLive.value) {
    return <LiveBand current={current} />;
  }
  const hasBeen = current !== null;
  return (
    <Band
      tone={hasBeen ? "unknown" : "calm"}
      word={hasBeen ? "UNKNOWN" : "WAITING"}
      sentence={hasBeen ? lostSentence() : waitingSentence()}
    />
  );
}

function LiveBand({ current }: { current: State }) {
  const isGuarded = hasKeeper.value || isReplay.value;
  if (!isGuarded) {
    return (
      <Band
        tone="alarm"
        word={MODE_WORDS[current.mode]}
        sentence="The keeper of the belts does not answer. Use the red button on the machine."
      />
    );
  }
  if (isReplay.value) {
    return (
      <Band
        tone="calm"
        word={MODE_WORDS[current.mode]}
        sentence="A recording is played. Nothing here can move a belt."
      />
    );
  }
  return (
    <Band
      tone={tone(current)}
      word={MODE_WORDS[current.mode]}
      sentence={modeSentence(current, client.value, armedLeft_s(current))}
    />
  );
}

interface BandProps {
  tone: Tone;
  word: string;
  sentence: string;
  children?: preact.ComponentChildren;
}

function Band({ tone, word, sentence, children }: BandProps) {
  return (
    <section class={`banner ${tone}`} role={tone === "alarm" ? "alert" : "status"} id="mode">
      <span class="lamp" aria-hidden="true" />
      <strong class="mode" id="mode-word">
        {word}
      </strong>
      <span class="sentence" id="mode-sentence">
        {sentence}
      </span>
      {children}
    </section>
  );
}

function waitingSentence(): string {
  switch (status.value) {
    case "open":
      return "No session has spoken yet.";
    case "crowded":
      return "Too many pages are open; close one.";
    default:
      return "Looking for the controller …";
  }
}

function lostSentence(): string {
  const old = `Last news ${age(Math.max(age_s.value, 0.3))} ago; the numbers are old.`;
  if (status.value !== "open") {
    return `No connection. ${old} Use the red button on the machine.`;
  }
  if (!isLost.value) {
    return old;
  }
  const life_s = info.value?.limits.max_operator_age_s;
  const rule =
    life_s === undefined ? "" : ` Without a console the belts ramp to rest after ${life_s} s.`;
  return `${old} The session does not answer.${rule}`;
}
