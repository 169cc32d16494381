// Perturbations, where the session has any: how far they are, and the two acts about them.

import type { Dose } from "../net/messages";
import { Press } from "./press";
import { isReplay, state } from "./store";

// The scenario itself wishes for them.
const OWN = "scenario";

export function Perturbations() {
  const dose = state.value?.dose ?? null;
  if (dose === null) {
    return null;
  }
  const isMoving = ["starting", "running", "holding", "perturbing"].includes(
    state.value?.mode ?? "",
  );
  const unrest = unrestOf(dose);
  const isOwn = dose.next_kind === OWN;
  const hasMore = dose.done < dose.count || unrest.length > 0 || isOwn;
  return (
    <section class="card perturbations" aria-labelledby="perturbations-title">
      <div class="perturbations-words">
        <h2 id="perturbations-title">Perturbations{dose.is_blind && " (blinded)"}</h2>
        {dose.count > 0 && (
          <p id="perturbations-state" role="status" class="live">
            {sentence(dose)}
          </p>
        )}
        {isOwn && (
          <p id="perturbations-state" role="status" class="live">
            {dose.is_on ? "The scenario perturbs as it plans." : "Those of the scenario are held back."}
          </p>
        )}
        {unrest.length > 0 && (
          <p id="unrest-state" class="live">
            {unrest.join(", ")}: {share(dose)}.
          </p>
        )}
      </div>
      {isMoving && !isReplay.value && hasMore && (
        <div class="perturbation-act">
          {dose.is_on ? (
            <Press control="calm" name="calm" label="Hold back" hint="no more of them" />
          ) : (
            <Press control="perturb" name="perturb" label="Let come" hint="as scheduled" />
          )}
        </div>
      )}
    </section>
  );
}

function split(leftLessRightMps: number): string {
  const faster = leftLessRightMps > 0 ? "left" : "right";
  return `${faster} belt is faster by ${Math.abs(leftLessRightMps).toFixed(2)} m/s for a while`;
}

// What goes on, with its size.
function unrestOf(dose: Dose): string[] {
  const said: [number, string][] = [
    [dose.sway_amplitude_m, `deck sways, ${(100 * dose.sway_amplitude_m).toFixed(1)} cm`],
    [dose.noise_sd_mps, `belts are uneven, SD ${dose.noise_sd_mps.toFixed(2)} m/s`],
    [dose.visual_amplitude_m, `picture sways, ${(100 * dose.visual_amplitude_m).toFixed(0)} cm`],
    [Math.abs(dose.split_mps), split(dose.split_mps)],
  ];
  const words = said.filter(([size]) => size > 0).map(([, text]) => text);
  return words.map((text, at) => (at === 0 ? text[0].toUpperCase() + text.slice(1) : text));
}

function share(dose: Dose): string {
  if (dose.fade_frac >= 1) {
    return "in full";
  }
  if (dose.fade_frac <= 0) {
    return dose.is_on ? "about to come in" : "held back";
  }
  const way = dose.is_on ? "comes in" : "goes out";
  return `${way}, ${Math.round(100 * dose.fade_frac)} %`;
}

function sentence(dose: Dose): string {
  const soFar = `${dose.done} of ${dose.count} done.`;
  if (dose.is_going) {
    return `${soFar} One is going on.`;
  }
  if (dose.done >= dose.count) {
    return `${soFar} That was all.`;
  }
  if (!dose.is_on) {
    return `${soFar} Held back.`;
  }
  if (dose.is_blind) {
    return `${soFar} What comes next, and when, is not shown.`;
  }
  const leg = dose.next_side === "" ? "" : `, ${dose.next_side} leg`;
  const strides = dose.strides_left === 1 ? "1 stride" : `${dose.strides_left} strides`;
  const when = dose.strides_left === 0 ? "now" : `in ${strides}`;
  return `${soFar} Next: ${dose.next_kind.replace("_", " ")}${leg}, ${when}.`;
}
