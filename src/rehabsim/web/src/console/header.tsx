// Who and what, where the numbers come from, and whether anyone answers.

import { clock, fixed } from "./words";
import { hasKeeper, info, isLive, isReplay, link, now_s, state, status } from "./store";

export function Header() {
  const current = state.value;
  const session = info.value;
  const walked_m = current?.left_distance_m;
  return (
    <header class="header">
      <h1 class="title">
        {current?.scenario ?? session?.scenario ?? "rehabsim"}
        <small>
          {session === null ? "" : ` ${session.subject}`}
          {session?.patient ? ` · simulated ${session.patient}` : ""}
        </small>
      </h1>
      <span class="header-number">
        <small>time</small> <b class="live">{clock(current?.t_s)}</b>
      </span>
      <span class="header-number">
        <small>walked</small> <b class="live">{fixed(walked_m, 0)} m</b>
      </span>
      <span class="space" />
      <Sources />
      <KeeperChip />
      <LinkChip />
      <a class="chip link" href="/display" target="_blank" rel="noopener">
        Open display
      </a>
    </header>
  );
}

// A simulated or recorded session can never pass for a real one.
function Sources() {
  const session = info.value;
  if (isReplay.value) {
    return <strong class="source">REPLAY</strong>;
  }
  if (session === null) {
    return <strong class="source unknown">SOURCE ?</strong>;
  }
  const platform_url = session.platform_url ?? "";
  const urls = [session.treadmill_url, session.plates_url, platform_url];
  const words = [
    urls.some((url) => url.startsWith("sim:")) ? "SIMULATED" : "",
    urls.some((url) => url.startsWith("recording:")) ? "RECORDING" : "",
  ].filter((word) => word !== "");
  const base = platform_url === "" ? "" : `, platform ${platform_url}`;
  const where = `treadmill ${session.treadmill_url}, plates ${session.plates_url}${base}`;
  return words.length > 0 ? (
    <>
      {words.map((word) => (
        <strong key={word} class="source" title={where}>
          {word}
        </strong>
      ))}
    </>
  ) : (
    <span class="chip" title={where}>
      real devices
    </span>
  );
}

function KeeperChip() {
  if (isReplay.value) {
    return null;
  }
  return hasKeeper.value ? (
    <span class="chip">Keeper ✓</span>
  ) : (
    <strong class="chip bad">Keeper {status.value === "open" ? "silent" : "?"}</strong>
  );
}

function LinkChip() {
  now_s.value;
  if (status.value !== "open") {
    return <strong class="chip bad">Link lost</strong>;
  }
  if (!isLive.value) {
    return <strong class="chip bad">Session ?</strong>;
  }
  return <span class="chip">Link {fixed(link.clock.round_trip_s * 1000, 0)} ms</span>;
}
