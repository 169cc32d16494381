// The platform under the treadmill, where there is one: what it does, and the two acts about it.

import type { PlatformMode, Ride } from "../net/messages";
import { Press } from "./press";
import { isReplay, state } from "./store";
import { causeWords } from "./words";

const WORDS: Record<PlatformMode, string> = {
  settled: "At home, without power.",
  engaged: "Up, and waits for the belts.",
  moving: "Follows the training.",
  freeze: "Frozen where it is.",
  settling: "Going home.",
};

const ACTS = [
  { name: "settle", label: "Settle", hint: "it goes home" },
  { name: "engage", label: "Engage", hint: "it rises" },
] as const;

export function Platform() {
  const platform = state.value?.platform ?? null;
  if (platform === null) {
    return null;
  }
  const mode = state.value?.mode;
  const isAskable = !isReplay.value && (mode === "locked" || mode === "idle");
  return (
    <section class="card platform" aria-labelledby="platform-title">
      <h2 id="platform-title">Platform</h2>
      <p id="platform-state" role="status" class="live">
        {sentence(platform)}
      </p>
      {isAskable && (
        <div class="platform-acts">
          {ACTS.map(({ name, label, hint }) => (
            <Press
              key={name}
              control={`platform-${name}`}
              name={name}
              label={label}
              hint={hint}
              side="right"
            />
          ))}
        </div>
      )}
    </section>
  );
}

function sentence(platform: Ride): string {
  const isRising = platform.mode === "engaged" && platform.belt_cause !== "";
  const words = isRising ? "Rising." : WORDS[platform.mode];
  if (platform.cause === "start-up") {
    return "Frozen since start-up.";
  }
  return platform.cause === "" ? words : `${words} ${causeWords(platform.cause, "")}`;
}
