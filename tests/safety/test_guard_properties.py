"""What holds for every sequence of inputs."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from safety.bench import LIMITS, Bench, ask

from rehabsim.base.records import SEVERITIES, Wish
from rehabsim.safety.guard import COMMAND_TTL_S, MAX_DT_S
from rehabsim.safety.messages import GuardState

ASKS = st.sampled_from(["arm", "start", "pause", "stop", "reset"])
MOVING = ("starting", "running")
NUMBERS = st.floats(0.0, 2.5) | st.floats(allow_nan=True, allow_infinity=True)
AGES_NS = st.integers(-30_000_000, 130_000_000) | st.integers(-(2**62), 2**62)
EPSILON = 1e-9


class AnySequence(RuleBasedStateMachine):
    """Good ticks, bad ticks and asks in any order; the invariants look at every decision."""

    def __init__(self):
        super().__init__()
        self.bench = Bench()
        self.wish = Wish(1.0, 1.0)
        self.acts: list[str] = []
        self.before = GuardState()
        self.checked_count = 0
        self.fed: list[tuple[GuardState, tuple, dict, int]] = []

    def tick(self, *names, dt_ns=4_000_000, **spoilt):
        spoilt.setdefault("wish", self.wish)
        before = self.bench.state
        asks = tuple(ask(name, id=str(i)) for i, name in enumerate(names))
        self.bench.tick(*asks, dt_ns=dt_ns, **spoilt)
        self.fed.append((before, asks, spoilt, dt_ns))

    @initialize(is_walking=st.booleans())
    def begin(self, is_walking):
        if is_walking:
            for name in ("reset", "arm", "start"):
                self.tick(name)

    @rule(count=st.integers(1, 100))
    def breathe(self, count):
        for _ in range(count):
            self.tick()

    @rule(left=NUMBERS, right=NUMBERS, deck=st.floats(0, 0.2) | NUMBERS)
    def wish_for(self, left, right, deck):
        self.wish = Wish(left, right, deck)
        self.tick()

    @rule(left=st.floats(0.0, 2.5), split=st.floats(-0.5, 0.5), deck=st.floats(0.0, 0.2))
    def wish_sensibly(self, left, split, deck):
        self.wish = Wish(left, max(0.0, left + split), deck)
        self.tick()

    @rule(names=st.lists(ASKS, min_size=1, max_size=4))
    def ask_for(self, names):
        self.tick(*names)

    @rule()
    def go_the_right_way(self):
        for name in ("reset", "arm", "start"):
            self.tick(name)

    @rule(
        field=st.sampled_from(["wish_age_ns", "belt_age_ns", "plate_age_ns", "operator_age_ns"]),
        age_ns=AGES_NS,
    )
    def be_late(self, field, age_ns):
        self.tick(**{field: age_ns})

    @rule(left=NUMBERS, right=NUMBERS)
    def measure(self, left, right):
        self.tick(belt=(left, right))

    @rule(spoilt=st.sampled_from([{"wish": None}, {"belt": None}, {"has_treadmill": False}]))
    def lose(self, spoilt):
        self.tick(**spoilt)

    @rule(dt_ns=st.integers(-(10**10), 10**11))
    def let_time_jump(self, dt_ns):
        self.tick(dt_ns=dt_ns)

    @invariant()
    def every_decision_is_safe(self):
        for (before, asks, _spoilt, dt_ns), decision in zip(
            self.fed, self.bench.decisions, strict=True
        ):
            check_command(before, decision, dt_ns)
            check_modes(before, asks, decision)
            check_stop(before, asks, decision)
            self.check_acts(before, asks, decision)
            assert sorted(a.id for a in decision.answers) == sorted(a.id for a in asks)
        self.fed.clear()
        self.bench.decisions.clear()

    def check_acts(self, before, asks, decision):
        """No set point above 0 unless arm and then start were accepted since the last stop."""
        if before.mode not in MOVING and before.mode != "armed":
            self.acts = []
        accepted = {a.id for a in decision.answers if a.is_accepted}
        self.acts += [a.name for a in asks if a.id in accepted and a.name in ("arm", "start")]
        if decision.command.left_speed_mps > 0 or decision.command.right_speed_mps > 0:
            assert self.acts[-2:] == ["arm", "start"]


def check_command(before, decision, dt_ns):
    c, state = decision.command, decision.state
    assert 0.0 <= c.left_speed_mps <= LIMITS.max_speed_mps
    assert 0.0 <= c.right_speed_mps <= LIMITS.max_speed_mps
    assert abs(c.left_speed_mps - c.right_speed_mps) <= LIMITS.max_split_mps + EPSILON
    assert 0.0 <= c.incline_rad <= LIMITS.max_incline_rad
    assert c.ttl_s == COMMAND_TTL_S
    assert c.left_accel_mps2 == c.right_accel_mps2
    assert (c.left_speed_mps, c.right_speed_mps, c.incline_rad) == (
        state.left_speed_mps,
        state.right_speed_mps,
        state.incline_rad,
    )
    if state.mode not in MOVING:
        assert (c.left_speed_mps, c.right_speed_mps) == (0.0, 0.0)
        assert c.left_accel_mps2 in (LIMITS.ramp_mps2, LIMITS.fast_mps2)
        assert c.incline_rad == before.incline_rad or not before.is_deck_known
        return
    assert c.left_accel_mps2 in (LIMITS.max_start_accel_mps2, LIMITS.max_accel_mps2)
    dt_s = min(max(dt_ns / 1e9, 0.0), MAX_DT_S)
    for was, now in (
        (before.left_speed_mps, c.left_speed_mps),
        (before.right_speed_mps, c.right_speed_mps),
    ):
        assert abs(now - was) <= c.left_accel_mps2 * dt_s + EPSILON
    step_rad = LIMITS.max_incline_rate_radps * dt_s
    assert abs(c.incline_rad - before.incline_rad) <= step_rad + EPSILON


def check_modes(before, asks, decision):
    was, now = before.mode, decision.state.mode
    accepted = [
        a.name for a in asks if any(b.id == a.id and b.is_accepted for b in decision.answers)
    ]
    if now in MOVING and was not in MOVING:
        assert "start" in accepted
        assert was == "armed" or "arm" in accepted
    if now == "armed" and was != "armed":
        assert "arm" in accepted
    if was == "locked" and now != "locked":
        assert "reset" in accepted
    if was == "stopping":
        assert now in ("stopping", "locked") or before.cause == "paused"
    assert {event.kind for event in decision.events} <= {"mode", "stop", "clamp"}
    if was != now:
        assert any(event.kind in ("stop", "mode") for event in decision.events)
        assert decision.state.since_ns == decision.state.t_ns


def check_stop(before, asks, decision):
    now = decision.state
    if any(a.name == "stop" for a in asks):
        assert now.mode in ("stopping", "locked")
    if before.mode == now.mode == "stopping":
        assert SEVERITIES.index(now.severity) >= SEVERITIES.index(before.severity)
        assert now.since_ns == before.since_ns
    if now.mode in ("idle", "armed", *MOVING):
        assert (now.severity, now.cause) == ("none", "")
    if now.mode == "stopping":
        assert now.severity in ("ramp", "fast")
        assert now.cause


AnySequence.TestCase.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, derandomize=True
)
test_no_sequence_of_inputs_makes_an_unsafe_command = AnySequence.TestCase
