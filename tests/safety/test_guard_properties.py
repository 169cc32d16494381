"""What holds for every sequence of inputs."""

from math import nan

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec import structs
from safety.bench import LIMITS, SOMEONE, Bench, ask

from rehabsim.base.records import SEVERITIES, Wish
from rehabsim.safety.guard import COMMAND_TTL_S, MAX_DT_S
from rehabsim.safety.messages import GuardState
from rehabsim.safety.setpoint import envelope_of

ASKS = st.sampled_from(["arm", "start", "pause", "stop", "reset"])
MOVING = ("starting", "running", "holding", "perturbing")
EXTRA = LIMITS.perturbation
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

    @rule(
        change=st.floats(-0.8, 0.8),
        base=st.floats(0.0, 2.5),
        count=st.integers(1, 200),
        harness_n=st.sampled_from([nan, 0.0, 20.0]),
    )
    def perturb(self, change, base, count, harness_n):
        person = structs.replace(SOMEONE, harness_n=harness_n)
        self.wish = Wish(base, base)
        wish = Wish(max(0.0, base + change), base, is_perturbation=True)
        for _ in range(count):
            self.tick(wish=wish, person=person)

    @rule(
        load_n=st.sampled_from([0.0, 100.0, 300.0, 700.0, 1000.0]) | st.floats(),
        ahead_m=st.sampled_from([0.0, 0.6, -0.7]) | st.floats(),
        harness_n=st.sampled_from([nan, 20.0, 300.0]) | st.floats(),
        count=st.integers(1, 100),
    )
    def be_somewhere(self, load_n, ahead_m, harness_n, count):
        person = structs.replace(SOMEONE, load_n=load_n, cop_x_m=ahead_m, harness_n=harness_n)
        for _ in range(count):
            self.tick(person=person)

    @rule(age_ns=st.integers(0, 400_000_000), count=st.integers(1, 600))
    def look_away(self, age_ns, count):
        for _ in range(count):
            self.tick(display_age_ns=age_ns)

    @rule(
        plates=st.sampled_from(["", "stuck", "saturated"]),
        hold=st.sampled_from(["", "its door is open"]),
        is_emergency=st.booleans(),
        is_armed=st.booleans(),
        count=st.integers(1, 10),
    )
    def be_ill(self, plates, hold, is_emergency, is_armed, count):
        for _ in range(count):
            self.tick(plates=plates, hold=hold, is_emergency=is_emergency, is_armed=is_armed)

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
    # In the tick that reaches the wish, the way there was that of a start.
    is_there = state.mode == "running" and before.mode not in ("running", "perturbing")
    e = envelope_of("starting" if is_there else state.mode, LIMITS)
    was_mps = (before.left_speed_mps, before.right_speed_mps)
    assert 0.0 <= c.left_speed_mps <= max(e.max_speed_mps, was_mps[0])
    assert 0.0 <= c.right_speed_mps <= max(e.max_speed_mps, was_mps[1])
    split_mps = max(e.max_split_mps, abs(was_mps[0] - was_mps[1]))
    assert abs(c.left_speed_mps - c.right_speed_mps) <= split_mps + EPSILON
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
        assert c.left_accel_mps2 == (state.decel_mps2 or LIMITS.ramp_mps2)
        assert c.left_accel_mps2 in (LIMITS.ramp_mps2, LIMITS.fast_mps2, LIMITS.fall_mps2)
        assert c.incline_rad == before.incline_rad or not before.is_deck_known
        return
    assert c.left_accel_mps2 == e.max_accel_mps2
    dt_s = min(max(dt_ns / 1e9, 0.0), MAX_DT_S)
    for was, now in (
        (before.left_speed_mps, c.left_speed_mps),
        (before.right_speed_mps, c.right_speed_mps),
    ):
        assert abs(now - was) <= c.left_accel_mps2 * dt_s + EPSILON
    if state.mode == "perturbing":
        assert state.t_ns - state.since_ns <= EXTRA.max_duration_s * 1e9
        for now, base in (
            (c.left_speed_mps, state.left_base_mps),
            (c.right_speed_mps, state.right_base_mps),
        ):
            assert abs(now - base) <= EXTRA.max_change_mps + EPSILON
    step_rad = LIMITS.max_incline_rate_radps * dt_s
    assert abs(c.incline_rad - before.incline_rad) <= step_rad + EPSILON


def check_modes(before, asks, decision):
    was, now = before.mode, decision.state.mode
    accepted = [
        a.name for a in asks if any(b.id == a.id and b.is_accepted for b in decision.answers)
    ]
    if now == "perturbing" and was != "perturbing":
        assert was == "running"
        assert decision.state.t_ns - before.perturbed_ns >= EXTRA.min_pause_s * 1e9
    if now in MOVING and was not in MOVING:
        assert "start" in accepted
        assert was == "armed" or "arm" in accepted
    if now == "armed" and was != "armed":
        assert "arm" in accepted
    if was == "locked" and now != "locked":
        assert "reset" in accepted
    if was == "stopping":
        assert now in ("stopping", "locked") or before.cause == "paused"
    assert {event.kind for event in decision.events} <= {
        *("mode", "stop", "clamp", "hold", "perturbation")
    }
    if was != now:
        kinds = {event.kind for event in decision.events}
        ends = (was, now) == ("perturbing", "running") and not decision.events
        assert ends or kinds & {"stop", "mode", "hold", "perturbation"}
        assert decision.state.since_ns == decision.state.t_ns


def check_stop(before, asks, decision):
    now = decision.state
    if any(a.name == "stop" for a in asks):
        assert now.mode in ("stopping", "locked")
    if before.mode == now.mode == "stopping":
        assert SEVERITIES.index(now.severity) >= SEVERITIES.index(before.severity)
        assert now.decel_mps2 >= before.decel_mps2
        assert now.since_ns == before.since_ns
    if now.mode == "holding":
        assert now.severity == "hold"
        assert now.cause
    elif now.mode in ("idle", "armed", *MOVING):
        assert (now.severity, now.cause, now.cause_name) == ("none", "", "")
        assert not now.needs_restart
    if now.mode == "stopping":
        assert now.severity in ("ramp", "fast", "estop")
        assert now.cause


AnySequence.TestCase.settings = settings(
    max_examples=80,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # a long history takes minutes to shrink; it is told as it is
    report_multiple_bugs=False,
)
test_no_sequence_of_inputs_makes_an_unsafe_command = AnySequence.TestCase
