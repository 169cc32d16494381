"""What `rehabsim watch` knows and may show. Pure: messages and the time come in as arguments.

The rules of a good client are kept here: the session is alive only while its tick advances, a
new boot id forgets everything, and what was missed is counted.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Literal

import msgspec

from rehabsim.session.messages import SCHEMA

SILENT_S = 0.5
"""A tick that has not advanced for so long is not alive."""

MAX_EVENTS = 100
MAX_HISTORY = 600
RATE_OVER_S = 1.0
MIN_RATE_S = 0.2

Connection = Literal["waiting", "live", "stale"]


class SeenBelts(msgspec.Struct, frozen=True):
    """A pair of speeds, whichever message part it comes from."""

    left_speed_mps: float = nan
    right_speed_mps: float = nan
    incline_rad: float = nan


class SeenGait(msgspec.Struct, frozen=True):
    """What is shown of `Gait`."""

    left_fz_n: float = nan
    right_fz_n: float = nan
    load_share_left_frac: float = nan
    has_left_stance: bool = False
    has_right_stance: bool = False
    body_weight_n: float = nan
    cadence_hz: float = nan
    left_step_time_s: float = nan
    right_step_time_s: float = nan
    left_step_length_m: float = nan
    right_step_length_m: float = nan
    left_step_count: int = 0
    right_step_count: int = 0


class SeenHealth(msgspec.Struct, frozen=True):
    """What is shown of `Health`."""

    lateness_s: float = nan
    missed_count: int = 0
    plate_count: int = 0
    plate_lost_count: int = 0
    keeper_age_s: float = nan
    plate_age_s: float = nan


class SeenTuned(msgspec.Struct, frozen=True):
    """What is shown of `Tuned`."""

    try_count: int = 0
    success_count: int = 0
    has_level: bool = False
    level: float = nan
    offered_level: float = nan
    offer_reason: str = ""
    brake: str = ""


class SeenDose(msgspec.Struct, frozen=True):
    """What is shown of `Dose`."""

    is_on: bool = False
    is_going: bool = False
    done: int = 0
    count: int = 0


class SeenState(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of `StateMessage`; fields that a newer session adds are passed over."""

    schema: int
    boot_id: str
    tick: int
    t_s: float
    is_replay: bool
    scenario: str
    mode: str
    cause: str
    commander: str
    belt: SeenBelts
    wish: SeenBelts
    command: SeenBelts
    cruise_speed_mps: float
    max_speed_mps: float
    left_distance_m: float
    right_distance_m: float
    gait: SeenGait
    health: SeenHealth
    tuned: SeenTuned | None = None
    dose: SeenDose | None = None
    pacing: str = ""
    block_left_s: float = nan
    ended: str = ""
    rest_left_s: float = nan


class SeenEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of `EventMessage`."""

    boot_id: str
    seq: int
    t_s: float
    kind: str
    source: str
    severity: str
    text: str


class SeenBlock(msgspec.Struct, frozen=True):
    """What is shown of `BlockPlace`."""

    number: int
    count: int
    title: str


class SeenSession(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of `SessionMessage`."""

    boot_id: str
    version: str
    is_replay: bool
    site: str
    treadmill_url: str
    plates_url: str
    platform_url: str = ""
    subject: str
    patient: str
    seed: int
    scenario: str
    log: str
    block: SeenBlock | None = None


News = SeenEvent | SeenSession


@dataclass(frozen=True, slots=True)
class View:
    """Everything that the screen shows at one instant.

    Attributes:
        connection: `waiting` before the first state, `stale` when the tick stands still.
        silent_s: How long the tick has not advanced, or since the start.
        state: The newest, None before the first.
        session: What does not change, None until heard.
        events: Newest first.
        missed_event_count: Events that were published and never came.
        left_fz_n: History of the force on the left plate, oldest first.
        right_fz_n: The same on the right.
        tick_rate_hz: Ticks per second of the last second, NaN when not known.
        trouble: What cannot be read, one sentence, or empty.
    """

    connection: Connection
    silent_s: float
    state: SeenState | None
    session: SeenSession | None
    events: Sequence[SeenEvent]
    missed_event_count: int
    left_fz_n: Sequence[float]
    right_fz_n: Sequence[float]
    tick_rate_hz: float
    trouble: str

    @property
    def badge(self) -> str:
        """How real the session is, by the addresses of its devices."""
        if self.state is not None and self.state.is_replay:
            return "REPLAY"
        if self.session is None:
            return ""
        session = self.session
        urls = (session.treadmill_url, session.plates_url, session.platform_url)
        if any(url.startswith("sim:") for url in urls):
            return "SIMULATED"
        return "RECORDING" if any(u.startswith("recording:") for u in urls) else "REAL DEVICES"


@dataclass(slots=True)
class _Heard:
    """What is known of one session, or of none."""

    advanced_ns: int
    boot_id: str = ""
    state: SeenState | None = None
    session: SeenSession | None = None
    event_seq: int | None = None
    missed_event_count: int = 0
    events: deque[SeenEvent] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    left_n: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_HISTORY))
    right_n: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_HISTORY))
    ticks: deque[tuple[int, int]] = field(default_factory=deque)
    """(heard at, tick) of the last second."""

    def tick_rate_hz(self) -> float:
        (first_ns, first), (last_ns, last) = self.ticks[0], self.ticks[-1]
        span_s = (last_ns - first_ns) / 1e9
        return (last - first) / span_s if span_s > MIN_RATE_S else nan


class WatchModel:
    """What was heard of one session, and when.

    Args:
        now_ns: When watching began.
    """

    def __init__(self, now_ns: int) -> None:
        self._heard = _Heard(now_ns)
        self._trouble = ""

    def hear_state(self, state: SeenState, now_ns: int) -> None:
        """Take the newest state."""
        heard = self._meet(state.boot_id, now_ns)
        self._trouble = (
            ""
            if state.schema == SCHEMA
            else f"The session speaks version {state.schema}, this program {SCHEMA}."
        )
        if heard.state is not None and state.tick <= heard.state.tick:
            return
        heard.state = state
        heard.advanced_ns = now_ns
        heard.ticks.append((now_ns, state.tick))
        while now_ns - heard.ticks[0][0] > RATE_OVER_S * 1e9 and len(heard.ticks) > 2:
            heard.ticks.popleft()
        heard.left_n.append(state.gait.left_fz_n)
        heard.right_n.append(state.gait.right_fz_n)

    def hear_news(self, news: News, now_ns: int) -> None:
        """Take an event, or what does not change."""
        heard = self._meet(news.boot_id, now_ns)
        if isinstance(news, SeenSession):
            heard.session = news
            return
        if heard.event_seq is not None:
            heard.missed_event_count += max(news.seq - heard.event_seq - 1, 0)
        heard.event_seq = news.seq
        heard.events.appendleft(news)

    def hear_trouble(self, what: str) -> None:
        """Take note of a message that cannot be read."""
        self._trouble = what

    def view(self, now_ns: int) -> View:
        """Return what may be shown now."""
        heard = self._heard
        silent_s = (now_ns - heard.advanced_ns) / 1e9
        connection: Connection = "waiting"
        if heard.state is not None:
            connection = "live" if silent_s <= SILENT_S else "stale"
        return View(
            connection,
            silent_s,
            heard.state,
            heard.session,
            tuple(heard.events),
            heard.missed_event_count,
            tuple(heard.left_n),
            tuple(heard.right_n),
            heard.tick_rate_hz() if connection == "live" else nan,
            self._trouble,
        )

    def _meet(self, boot_id: str, now_ns: int) -> _Heard:
        """Return what is known of this session; another one is forgotten."""
        if boot_id != self._heard.boot_id:
            self._heard = _Heard(now_ns, boot_id)
        return self._heard
