// What the person says of pain and effort: noted in the log, and heeded before it gets harder.

import { useState } from "preact/hooks";
import { Press } from "./press";

const PAIN = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const EFFORT = [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
const EFFORT_WORDS: Record<number, string> = {
  7: "very, very light",
  9: "very light",
  11: "fairly light",
  13: "somewhat hard",
  15: "hard",
  17: "very hard",
  19: "very, very hard",
};
const PAIN_WORDS: Record<number, string> = { 0: "none", 10: "worst" };

export function Rating() {
  const [pain, setPain] = useState("");
  const [effort, setEffort] = useState("");
  const said = () => ({
    ...(pain === "" ? {} : { pain_nrs: Number(pain) }),
    ...(effort === "" ? {} : { effort_rpe: Number(effort) }),
  });
  return (
    <div class="rating" role="group" aria-label="What the person says">
      <Choice id="pain" label="Pain" levels={PAIN} words={PAIN_WORDS} set={setPain} />
      <Choice id="effort" label="Effort" levels={EFFORT} words={EFFORT_WORDS} set={setEffort} />
      <Press control="rate" name="rate" extra={said} label="Note" side="right" />
    </div>
  );
}

interface ChoiceProps {
  id: string;
  label: string;
  levels: number[];
  words: Record<number, string>;
  set: (value: string) => void;
}

function Choice({ id, label, levels, words, set }: ChoiceProps) {
  return (
    <label class="choice">
      {label}
      <select id={id} onChange={(change) => set(change.currentTarget.value)}>
        <option value="">–</option>
        {levels.map((level) => (
          <option key={level} value={level}>
            {level}
            {words[level] === undefined ? "" : ` ${words[level]}`}
          </option>
        ))}
      </select>
    </label>
  );
}
