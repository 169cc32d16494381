// Perturbations, where the session has any: how far they are, and the two acts about them.

import type { Dose } from "../net/messages";
import { Press } from "./press";
import { isReplay, state } from "./store";

export function Perturbations() {
  const dose = state.value?.dose ?? null;
  if (dose === null) {
    return null;
  }
  const isMoving = ["starting", "running", "holding", "perturbing"].includes(
    state.value?.mode ?? "",
  );
  return (
    <section class="card perturbations" aria-labelledby="perturbations-title">
      <h2 id="perturbations-title">Perturbations</h2>
      <p id="perturbations-state" role="status" class="live">
        {sentence(dose)}
      </p>
      {isMoving && !isReplay.value && dose.next_kind !== "" && (
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

function sentence(dose: Dose): string {
  const soFar = `${dose.done} of ${dose.count} done.`;
  if (dose.is_going) {
    return `${soFar} One is going on.`;
  }
  if (dose.next_kind === "") {
    return `${soFar} That was all.`;
  }
  if (!dose.is_on) {
    return `${soFar} Held back.`;
  }
  const leg = dose.next_side === "" ? "" : `, ${dose.next_side} leg`;
  const strides = dose.strides_left === 1 ? "1 stride" : `${dose.strides_left} strides`;
  const when = dose.strides_left === 0 ? "now" : `in ${strides}`;
  return `${soFar} Next: ${dose.next_kind}${leg}, ${when}.`;
}
