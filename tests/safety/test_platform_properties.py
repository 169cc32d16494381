"""What holds of the platform for every sequence of inputs."""

from random import Random

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from safety.platform_bench import HOME, LIMITS, Bench, axes, check_step

from rehabsim.base.records import MODES, PlatformWish, Pose
from rehabsim.safety.guard import MAX_DT_S
from rehabsim.safety.platform import guard_platform
from rehabsim.safety.platform_envelope import is_sane
from rehabsim.safety.platform_messages import (
    PlatformDecision,
    PlatformInputs,
    PlatformState,
)

NUMBERS = st.floats(-0.3, 0.3) | st.floats(allow_nan=True, allow_infinity=True)
AGES_NS = st.integers(-30_000_000, 130_000_000) | st.integers(-(2**62), 2**62)
STATES = st.sampled_from(["starting", "idle", "rising", "engaged", "parking", "fault", "disabled"])
MAY_MOVE = {"move", "freeze"}


class AnySequence(RuleBasedStateMachine):
    """Good ticks, bad ticks and asks in any order; the invariants look at every decision."""

    def __init__(self):
        super().__init__()
        self.bench = Bench()
        self.asked: list[str] = []
        self.fed: list[tuple[PlatformState, str, dict, int]] = []

    def tick(self, ask="", dt_ns=4_000_000, **spoilt):
        before = self.bench.state
        self.bench.tick(ask, dt_ns=dt_ns, **spoilt)
        self.fed.append((before, ask, spoilt, dt_ns))

    @initialize(is_moving=st.booleans())
    def begin(self, is_moving):
        if is_moving:
            self.go_the_right_way()

    @rule()
    def go_the_right_way(self):
        self.bench.belt_mode, self.bench.is_at_rest = "idle", True
        self.tick("settle")
        for _ in range(10):
            self.tick()
        self.tick("engage")
        for _ in range(8):
            self.tick()
        self.bench.belt_mode, self.bench.is_at_rest = "running", False
        self.tick()

    @rule(count=st.integers(1, 100))
    def breathe(self, count):
        for _ in range(count):
            self.tick()

    @rule(pose=st.builds(Pose, *[NUMBERS] * 6), is_perturbing=st.booleans())
    def wish_for(self, pose, is_perturbing):
        self.bench.wish = PlatformWish(pose, is_perturbing)
        self.tick()

    @rule(pose=st.builds(Pose, *[st.floats(-0.15, 0.15)] * 6), is_perturbing=st.booleans())
    def wish_sensibly(self, pose, is_perturbing):
        self.bench.wish = PlatformWish(pose, is_perturbing)
        for _ in range(30):
            self.tick()

    @rule(mode=st.sampled_from(MODES), is_at_rest=st.booleans())
    def let_belts_be(self, mode, is_at_rest):
        self.bench.belt_mode, self.bench.is_at_rest = mode, is_at_rest
        self.tick()

    @rule(ask=st.sampled_from(["engage", "settle"]))
    def ask_for(self, ask):
        self.tick(ask)

    @rule(state=STATES, is_home=st.booleans(), hold=st.sampled_from(["", "it reports torque"]))
    def let_the_base_be(self, state, is_home, hold):
        base = self.bench.base
        base.state, base.is_home, base.hold = state, is_home, hold
        self.tick()

    @rule(pose=st.builds(Pose, *[NUMBERS] * 6))
    def put_the_base(self, pose):
        self.bench.base.pose = pose
        self.tick()

    @rule(age_ns=AGES_NS, field=st.sampled_from(["wish_age_ns", "sample_age_ns"]))
    def be_late(self, age_ns, field):
        self.tick(**{field: age_ns})

    @rule(
        spoilt=st.sampled_from(
            [{"wish": None}, {"sample": None}, {"has_platform": False}, {"stop_cause": "STOP"}]
        )
    )
    def lose(self, spoilt):
        self.tick(**spoilt)

    @rule(dt_ns=st.integers(-(10**10), 10**11) | st.integers(0, 120_000_000))
    def let_time_jump(self, dt_ns):
        self.tick(dt_ns=dt_ns)

    @invariant()
    def every_decision_is_safe(self):
        for (before, ask, spoilt, dt_ns), decision in zip(
            self.fed, self.bench.decisions, strict=True
        ):
            dt_s = min(max(dt_ns / 1e9, 0.0), MAX_DT_S)
            if dt_ns <= LIMITS.max_wish_age_s * 1e9:
                check_step(before, decision, LIMITS, dt_s)
            assert is_sane(decision.command.pose)
            self.check_modes(before, ask, spoilt, decision)
            if decision.state.mode == "settled":
                self.asked = []
            elif ask and not decision.refusal:
                self.asked.append(ask)
            if decision.command.act in MAY_MOVE and decision.command.pose != HOME:
                assert "engage" in self.asked
        self.fed.clear()
        self.bench.decisions.clear()

    def check_modes(self, before, ask, spoilt, decision):
        was, now, command = before.mode, decision.state.mode, decision.command
        assert ask or decision.refusal == ""
        if was == "freeze" and now != "freeze":
            assert (ask, decision.refusal) == ("settle", "")
            assert before.rate == (0.0,) * 6
        if was == now == "freeze":
            is_tried = ask == "settle" and not decision.refusal
            assert is_tried or decision.state.cause == before.cause
            assert command.act in ("freeze", "rest")
        if now == "moving" and was != "moving":
            assert was == "engaged"
        if now == "engaged" and was != "engaged":
            assert (was, ask, decision.refusal) == ("settled", "engage", "")
        if "stop_cause" in spoilt:
            assert now in ("freeze", "settled")
        if now in ("settled", "engaged"):
            assert decision.state.pose == HOME
        if command.act in MAY_MOVE:
            assert decision.state.is_ours
            assert command.pose == decision.state.pose
        if was != now:
            assert any(event.kind in ("stop", "mode") for event in decision.events)
            assert decision.state.since_ns == decision.state.t_ns
        assert (now == "freeze") == bool(decision.state.cause)
        assert {event.kind for event in decision.events} <= {"mode", "stop", "clamp"}


AnySequence.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, derandomize=True
)
test_no_sequence_of_inputs_moves_the_platform_unsafely = AnySequence.TestCase


@pytest.mark.parametrize("seed", range(2))
def test_no_wish_leaves_box_speed_or_acceleration_in_many_steps(seed):
    random = Random(seed)
    bench = Bench().moving()
    for _ in range(6000):
        before, choice = bench.state, random.random()
        if choice < 0.05:
            spread = random.choice((0.02, 0.15, 1.0))
            pose = Pose(*(random.uniform(-spread, spread) for _ in range(6)))
            bench.wish = PlatformWish(pose, random.random() < 0.5)
        dt_ns = random.choice((0, 1_000_000, 4_000_000, 4_000_000, 9_000_000, 20_000_000))
        decision = bench.tick(dt_ns=dt_ns)
        check_step(before, decision, LIMITS, dt_ns / 1e9)
    assert bench.state.mode == "moving"
    assert max(map(abs, axes(bench.state.pose))) > 0.001


def test_what_was_decided_can_be_sent_and_decided_again():
    bench = Bench().moving(Pose(0.05, pitch_rad=0.4), 0.3)
    for spoilt in ({}, {"wish": None}, {"stop_cause": "STOP"}, {"sample": None}):
        inputs = PlatformInputs(
            t_ns=bench.t_ns + 4_000_000,
            wish_t_ns=bench.t_ns,
            belt_mode="running",
            is_at_rest=False,
            **{"wish": bench.wish, "sample": bench.base.sample(bench.t_ns)} | spoilt,
        )
        sent = msgspec.msgpack.encode((bench.state, inputs))
        state, inputs = msgspec.msgpack.decode(sent, type=tuple[PlatformState, PlatformInputs])
        decision = guard_platform(bench.state, inputs, LIMITS)
        assert guard_platform(state, inputs, LIMITS) == decision
        sent = msgspec.msgpack.encode(decision)
        assert msgspec.msgpack.decode(sent, type=PlatformDecision) == decision
