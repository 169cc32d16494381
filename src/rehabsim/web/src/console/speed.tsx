// The set speed with its steps, and what both belts do.

import { Press } from "./press";
import { isAsking } from "./asks";
import { isReplay, state } from "./store";
import { fixed, kmh } from "./words";

const STEPS_MPS = [-0.1, -0.05, 0.05, 0.1];
const SLOWEST_MPS = 0;

// The speed asked for while its answer is on the way, so that two quick taps are two steps.
let asked_mps = NaN;

function controlOf(step_mps: number): string {
  return `speed${step_mps > 0 ? "-up" : "-down"}-${Math.round(Math.abs(step_mps) * 100)}`;
}

function target_mps(step_mps: number): number {
  const current = state.value;
  const isPending = STEPS_MPS.some((other) => isAsking(controlOf(other)));
  const base_mps = isPending && asked_mps >= 0 ? asked_mps : (current?.cruise_speed_mps ?? 0);
  const wanted_mps = Math.round((base_mps + step_mps) * 100) / 100;
  const fastest_mps = current?.max_speed_mps ?? 0;
  asked_mps = Math.min(fastest_mps, Math.max(SLOWEST_MPS, wanted_mps));
  return asked_mps;
}

export function Speed() {
  const current = state.value;
  return (
    <section class="card speed" aria-labelledby="speed-title">
      <h2 id="speed-title">Set speed</h2>
      <p class="set-speed">
        <b class="live huge" id="cruise">
          {fixed(current?.cruise_speed_mps, 2)}
        </b>{" "}
        m/s
        <span class="set-speed-more">
          <span class="live">{kmh(current?.cruise_speed_mps)} km/h</span>
          <small>limit {fixed(current?.max_speed_mps, 2)} m/s</small>
        </span>
      </p>
      <div class="steps" role="group" aria-label="Change the set speed">
        {STEPS_MPS.map((step_mps) => (
          <Press
            key={step_mps}
            control={controlOf(step_mps)}
            name="set_speed"
            extra={() => ({ speed_mps: target_mps(step_mps) })}
            side="right"
          >
            {step_mps > 0 ? "+" : "−"}
            {Math.abs(step_mps).toFixed(2)}
            <span class="unseen"> m/s {step_mps > 0 ? "faster" : "slower"}</span>
          </Press>
        ))}
      </div>
      <Following />
      <BeltTable />
    </section>
  );
}

// Whether the belts follow the person, in a session in which they can.
function Following() {
  const pacing = state.value?.pacing ?? "";
  if (pacing === "") {
    return null;
  }
  const isFollowing = pacing === "follows";
  return (
    <div class="following">
      <p id="pacing" role="status" class="live">
        {isFollowing ? "Belts follow the person." : "Belts keep the set speed."}
      </p>
      {!isReplay.value && (
        <Press
          control="pacing-act"
          name={isFollowing ? "fix" : "follow"}
          label={isFollowing ? "Keep this speed" : "Follow the person"}
          side="right"
        />
      )}
    </div>
  );
}

function BeltTable() {
  const current = state.value;
  return (
    <table class="belts">
      <caption class="unseen">Measured and commanded speed of each belt</caption>
      <thead>
        <tr>
          <th scope="col">belt</th>
          <th scope="col">measured</th>
          <th scope="col">commanded</th>
        </tr>
      </thead>
      <tbody>
        <BeltRow
          side="left"
          measured_mps={current?.belt.left_speed_mps}
          commanded_mps={current?.command.left_speed_mps}
        />
        <BeltRow
          side="right"
          measured_mps={current?.belt.right_speed_mps}
          commanded_mps={current?.command.right_speed_mps}
        />
      </tbody>
    </table>
  );
}

interface BeltRowProps {
  side: "left" | "right";
  measured_mps: number | undefined;
  commanded_mps: number | undefined;
}

function BeltRow({ side, measured_mps, commanded_mps }: BeltRowProps) {
  return (
    <tr>
      <th scope="row" class={side}>
        {side === "left" ? "Left" : "Right"}
      </th>
      <td>
        <b class="live" id={`${side}-measured`}>
          {fixed(measured_mps, 2)}
        </b>{" "}
        m/s
        <small class="live">{kmh(measured_mps)} km/h</small>
      </td>
      <td>
        <b class="live" id={`${side}-commanded`}>
          {fixed(commanded_mps, 2)}
        </b>{" "}
        m/s
        <small class="live">{kmh(commanded_mps)} km/h</small>
      </td>
    </tr>
  );
}
