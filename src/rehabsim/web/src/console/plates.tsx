// Getting the force plates ready, while the belts are at rest: each press takes a second to answer.

import { Press } from "./press";
import { events, isReplay, state } from "./store";
import { SEVERITY_MARKS } from "./words";

const CHECKS = [
  { name: "zero_plates", label: "Zero", hint: "nobody on them" },
  { name: "check_left", label: "Left?", hint: "stand left only" },
  { name: "check_right", label: "Right?", hint: "stand right only" },
  { name: "weigh", label: "Weigh", hint: "stand still" },
] as const;

export function Plates() {
  const mode = state.value?.mode;
  if (isReplay.value || (mode !== "locked" && mode !== "idle")) {
    return null;
  }
  const found = events.value.filter((event) => event.kind === "plates").at(-1);
  return (
    <section class="card plates" aria-labelledby="plates-title">
      <div class="plates-head">
        <h2 id="plates-title">Prepare the plates</h2>
        <p id="plates-found" role="status">
          {found === undefined
            ? "Zero them empty, then check each side, then weigh."
            : `${SEVERITY_MARKS[found.severity]} ${found.text}`}
        </p>
      </div>
      <div class="plates-checks">
        {CHECKS.map(({ name, label, hint }) => (
          <Press
            key={name}
            control={`plates-${name}`}
            name={name}
            label={label}
            hint={hint}
            side="right"
          />
        ))}
      </div>
    </section>
  );
}
