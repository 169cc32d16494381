// What the person says of pain and effort: noted in the log, and heeded before it gets harder. A
// press opens the scale, and the next one on a number tells it.

import { computed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Event } from "../net/messages";
import { dismiss, outcomes } from "./asks";
import { Press } from "./press";
import { events, info, isHearing, isReplay } from "./store";
import { clock } from "./words";

interface Scale {
  what: "pain" | "effort";
  label: string;
  field: "pain_nrs" | "effort_rpe" | "effort_nrs";
  levels: number[];
  words: Record<number, string>;
  told: RegExp;
}

const TEN = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

const PAIN: Scale = {
  what: "pain",
  label: "Pain",
  field: "pain_nrs",
  levels: TEN,
  words: { 0: "none", 10: "worst" },
  told: /^rate.* pain ([\d.]+) of 10.* applied/,
};

const EFFORT_RPE: Scale = {
  what: "effort",
  label: "Effort",
  field: "effort_rpe",
  levels: [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
  words: {
    6: "none",
    7: "very, very light",
    9: "very light",
    11: "fairly light",
    13: "somewhat hard",
    15: "hard",
    17: "very hard",
    19: "very, very hard",
    20: "greatest",
  },
  told: /^rate.* effort ([\d.]+) of 20.* applied/,
};

const EFFORT_NRS: Scale = {
  what: "effort",
  label: "Effort",
  field: "effort_nrs",
  levels: TEN,
  words: { 0: "none", 10: "greatest" },
  told: /^rate.* effort ([\d.]+) of 10.* applied/,
};

// As the programme asks; Borg's scale where none says otherwise.
const scales = computed(() => [
  PAIN,
  info.value?.block?.effort_scale === "0-10" ? EFFORT_NRS : EFFORT_RPE,
]);

export function Rating() {
  const [open, setOpen] = useState("");
  const scale = scales.value.find(({ what }) => what === open);
  const taken = scale?.levels.find(
    (level) => outcomes.value[controlOf(scale, level)]?.step === "done",
  );
  useEffect(() => {
    if (scale !== undefined && taken !== undefined) {
      dismiss(controlOf(scale, taken));
      setOpen("");
    }
  }, [scale, taken]);
  if (isReplay.value) {
    return null;
  }
  return (
    <div class="rating" role="group" aria-label="What the person says">
      {scales.value.map((each) => (
        <button
          key={each.what}
          type="button"
          id={each.what}
          class={isWanted(each) ? "wanted" : ""}
          aria-expanded={open === each.what}
          aria-controls="scale"
          onClick={() => setOpen(open === each.what ? "" : each.what)}
        >
          {each.label} <Last scale={each} />
        </button>
      ))}
      {scale !== undefined && <Panel scale={scale} close={() => setOpen("")} />}
    </div>
  );
}

// What was told last in this session, on whichever console.
function lastTold(scale: Scale): Event | undefined {
  return lastAsked((text) => scale.told.test(text));
}

function lastAsked(is: (text: string) => boolean): Event | undefined {
  return events.value.filter((event) => event.kind === "request" && is(event.text)).at(-1);
}

// After a block both are asked for, until they have been told since.
function isWanted(scale: Scale): boolean {
  const rest = lastAsked((text) => text.startsWith("rest "));
  return isHearing.value && !((lastTold(scale)?.t_s ?? -Infinity) >= (rest?.t_s ?? Infinity));
}

function Last({ scale }: { scale: Scale }) {
  const last = lastTold(scale);
  return last === undefined ? (
    <small>not told</small>
  ) : (
    <>
      <b class="live">{scale.told.exec(last.text)?.[1]}</b> <small>at {clock(last.t_s)}</small>
    </>
  );
}

function Panel({ scale, close }: { scale: Scale; close: () => void }) {
  return (
    <div class={`scale ${scale.what}`} id="scale" role="group" aria-label={`${scale.label} now`}>
      <div class="scale-head">
        <b>{scale.label} now: press the number that the person says</b>
        <button type="button" class="note-close" aria-label="Close" onClick={close}>
          ×
        </button>
      </div>
      <div class="scale-levels">
        {scale.levels.map((level) => (
          <Press
            key={level}
            control={controlOf(scale, level)}
            name="rate"
            extra={() => ({ [scale.field]: level })}
            label={String(level)}
            hint={scale.words[level]}
            side="right"
          />
        ))}
      </div>
    </div>
  );
}

function controlOf(scale: Scale, level: number): string {
  return `rate-${scale.what}-${level}`;
}
