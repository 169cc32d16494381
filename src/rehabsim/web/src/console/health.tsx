// How well the session keeps up; a mark where a value is near its limit.

import { fixed, milliseconds } from "./words";
import { info, link, now_s, state } from "./store";

const LATE_S = 0.004;
const KEEPER_OLD_S = 0.05;

export function HealthCard() {
  now_s.value;
  const health = state.value?.health;
  const limits = info.value?.limits;
  const plateLimit_s = (limits?.max_plate_age_s ?? 0.1) / 2;
  return (
    <section class="card health" aria-labelledby="health-title">
      <h2 id="health-title">Health</h2>
      <dl>
        <Row
          name="Plate age"
          text={milliseconds(health?.plate_age_s)}
          isBad={!(health && health.plate_age_s <= plateLimit_s)}
        />
        <Row
          name="Keeper age"
          text={milliseconds(health?.keeper_age_s)}
          isBad={!(health && health.keeper_age_s <= KEEPER_OLD_S)}
        />
        <Row
          name="Tick late"
          text={milliseconds(health?.lateness_s)}
          isBad={!(health && health.lateness_s <= LATE_S)}
        />
        <Row
          name="Missed ticks"
          text={fixed(health?.missed_count, 0)}
          isBad={(health?.missed_count ?? 0) > 0}
        />
        <Row
          name="Lost samples"
          text={fixed(health?.plate_lost_count, 0)}
          isBad={(health?.plate_lost_count ?? 0) > 0}
        />
        <Row name="Link" text={milliseconds(link.clock.round_trip_s)} isBad={false} />
      </dl>
    </section>
  );
}

function Row({ name, text, isBad }: { name: string; text: string; isBad: boolean }) {
  return (
    <div class={isBad ? "row bad" : "row"}>
      <dt>{name}</dt>
      <dd class="live">
        {isBad && <b aria-label="attention">! </b>}
        {text}
      </dd>
    </div>
  );
}
