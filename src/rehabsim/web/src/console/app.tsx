// The whole console: STOP and the acts on the right, speed on the left, what happens between.

import { Actions } from "./actions";
import { Banner } from "./banner";
import { BlockCard } from "./block";
import { Difficulty } from "./difficulty";
import { EventLog } from "./event_log";
import { Header } from "./header";
import { HealthCard } from "./health";
import { Marker } from "./marker";
import { Numbers } from "./numbers";
import { Plates } from "./plates";
import { Perturbations } from "./perturbations";
import { Platform } from "./platform";
import { Plot } from "./plot";
import { Speed } from "./speed";
import { StopButton } from "./stop_button";
import { isLive, isReplay, state } from "./store";

export function App() {
  const isOld = state.value === null || !isLive.value;
  const isResting = state.value?.mode === "idle" || state.value?.mode === "locked";
  const looks = [isOld && "old", isReplay.value && "replay", isResting && "resting"];
  return (
    <div class={["console", ...looks.filter(Boolean)].join(" ")}>
      <Header />
      <Banner />
      <aside class="column third" aria-label="Stop and start">
        <StopButton />
        <Actions />
      </aside>
      <div class="column first">
        <Speed />
        <Marker />
        <HealthCard />
      </div>
      <main class="column second">
        <BlockCard />
        <Numbers />
        <Plot />
        <div class="extras">
          <Difficulty />
          <Perturbations />
          <Platform />
        </div>
        <Plates />
        <EventLog />
      </main>
    </div>
  );
}
