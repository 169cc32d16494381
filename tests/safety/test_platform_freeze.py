"""What freezes the platform, how it brakes, and that nothing but an ask ends it."""

from math import nan

import pytest
from safety.platform_bench import HOME, LIMITS, TICK_NS, Bench, axes, check_step

from rehabsim.base.limits import PlatformLimits
from rehabsim.base.records import MODES, PlatformWish, Pose
from rehabsim.safety.platform_messages import Track

FAR = Pose(0.1, -0.09, 0.08, 0.14, -0.13, 0.12)
MS = 1_000_000
REPORT = "the platform's last report"
WISH = "the session's last wish"

CAUSES = [
    ({"stop_cause": "STOP from console"}, "STOP from console"),
    ({"has_platform": False}, "the platform's link is lost"),
    ({"sample_age_ns": 111 * MS}, f"{REPORT} is 0.111 s old, limit 0.110 s"),
    ({"dt_ns": 101 * MS}, "the keeper decided nothing for 0.101 s, limit 0.100 s"),
]
MOVING_CAUSES = [
    ({"wish": None}, "the session has not spoken"),
    ({"wish_age_ns": 101 * MS}, f"{WISH} is 0.101 s old, limit 0.100 s"),
    ({"belt_mode": "stopping"}, "the belts are stopping"),
    ({"belt_mode": "locked"}, "the belts are locked"),
    ({"belt_mode": "idle"}, "the belts are idle"),
    ({"belt_mode": "armed"}, "the belts are armed"),
    *(
        ({"wish": PlatformWish(Pose(**{axis: nan}))}, "the wish for the platform is not a number")
        for axis in ("x_m", "roll_rad")
    ),
]


def check_frozen(bench, decision, cause):
    assert decision.state.mode == "freeze"
    assert decision.state.cause == cause
    assert decision.state.since_ns == bench.t_ns
    assert decision.belt_cause == f"the platform is frozen ({cause})"
    (event,) = decision.events
    assert (event.kind, event.source, event.severity) == ("stop", "platform", "ramp")
    assert event.text == f"{cause}: the platform brakes and holds where it is."
    assert event.t_ns == bench.t_ns


@pytest.mark.parametrize(("spoilt", "cause"), CAUSES + MOVING_CAUSES)
def test_each_cause_freezes_a_moving_platform_and_says_so(spoilt, cause):
    bench = Bench().moving(FAR, 0.3)
    check_frozen(bench, bench.tick(**spoilt), cause)
    assert bench.decisions[-1].command.act == "freeze"


@pytest.mark.parametrize(("spoilt", "cause"), CAUSES)
def test_each_cause_freezes_an_engaged_platform(spoilt, cause):
    bench = Bench().engaged()
    decision = bench.tick(**spoilt)
    check_frozen(bench, decision, cause)
    assert (decision.command.act, decision.command.pose) == ("freeze", HOME)


@pytest.mark.parametrize(("spoilt", "cause"), CAUSES)
def test_each_cause_freezes_a_platform_on_its_way_home(spoilt, cause):
    bench = going_home()
    check_frozen(bench, bench.tick(**spoilt), cause)


@pytest.mark.parametrize("belt_mode", ["locked", "stopping"])
def test_belts_that_stop_freeze_an_engaged_platform(belt_mode):
    bench = Bench().engaged()
    check_frozen(bench, bench.tick(belt_mode=belt_mode), f"the belts are {belt_mode}")


@pytest.mark.parametrize("belt_mode", ["idle", "armed"])
def test_belts_that_wait_do_not(belt_mode):
    assert Bench().engaged().tick(belt_mode=belt_mode).state.mode == "engaged"


@pytest.mark.parametrize("mode", ["moving", "engaged"])
@pytest.mark.parametrize("state", ["idle", "parking", "fault", "disabled", "inhibited"])
def test_a_base_that_no_longer_follows_freezes_and_is_told_nothing_that_moves(mode, state):
    bench = Bench().moving(FAR, 0.3) if mode == "moving" else Bench().engaged()
    bench.base.state = state
    decision = bench.tick()
    words = f"{state}{' away from home' * (state == 'idle')}"
    check_frozen(bench, decision, f"the base no longer follows: {words}")
    assert decision.command.act == "rest"


@pytest.mark.parametrize("mode", ["moving", "engaged"])
def test_a_base_that_holds_by_itself_freezes(mode):
    bench = Bench().moving(FAR, 0.3) if mode == "moving" else Bench().engaged()
    bench.base.hold = "it reports torque"
    check_frozen(bench, bench.tick(), "the base holds by itself: it reports torque")


def going_home():
    bench = Bench().moving(FAR, 1.0)
    bench.rest()
    bench.ticks(40)
    bench.tick("settle")
    bench.ticks(100)
    assert bench.state.mode == "settling"
    return bench


def test_a_base_that_holds_by_itself_on_its_way_home_freezes():
    bench = going_home()
    bench.base.hold = "it reports torque"
    check_frozen(bench, bench.tick(), "the base holds by itself: it reports torque")


def test_a_base_that_sticks_on_its_way_home_freezes():
    bench = stuck(going_home())
    bench.ticks(500)
    assert bench.state.mode == "freeze"
    assert "where" in bench.state.cause or "apart" in bench.state.cause


def test_the_bases_own_emergency_stop_freezes():
    bench = Bench().moving(FAR, 0.3)
    bench.base.is_emergency = True
    check_frozen(bench, bench.tick(), "the platform's emergency stop is open")


def test_a_base_that_faults_while_rising_freezes():
    bench = Bench().settled()
    bench.tick("engage")
    bench.tick()
    bench.base.state, bench.base.hold = "fault", "it reports torque"
    check_frozen(bench, bench.tick(), "the base no longer follows: fault, it reports torque")


@pytest.mark.parametrize(
    ("field", "limit_ms", "cause"),
    [("sample_age_ns", 110, REPORT), ("wish_age_ns", 100, WISH), ("dt_ns", 100, "the keeper")],
)
def test_ages_are_swept_around_their_limits(field, limit_ms, cause):
    for age_ns in (limit_ms * MS - 1, limit_ms * MS, limit_ms * MS + 1, 10**12):
        bench = Bench().moving(FAR, 0.2)
        decision = bench.tick(**{field: age_ns})
        assert (decision.state.mode == "moving") == (age_ns <= limit_ms * MS)
        assert decision.state.cause.startswith(cause) == (age_ns > limit_ms * MS)


def test_while_the_belts_hold_their_speed_it_brakes_gently_and_then_goes_on():
    bench = Bench().moving(FAR, 0.3)
    bench.belt_mode, bench.wish = "holding", PlatformWish(FAR, True)
    before = bench.state
    for decision in bench.ticks(200):
        check_step(before, decision, LIMITS, 0.004)
        before = decision.state
        assert (decision.state.mode, decision.command.act) == ("moving", "move")
        assert decision.state.perturbed_ns is None
    held = bench.state
    assert held.rate == (0.0,) * 6
    assert all(
        0 < abs(place) < abs(far) for place, far in zip(axes(held.pose), axes(FAR), strict=True)
    )
    bench.belt_mode = "running"
    bench.ticks(800)
    assert axes(bench.state.pose) == pytest.approx(axes(FAR), abs=1e-6)


# -- astray --------------------------------------------------------------------------------


def stuck(bench):
    bench.base.obey = lambda _: None
    return bench


def test_a_base_that_does_not_follow_freezes_after_a_while():
    bench = stuck(Bench().moving(FAR, 0.05))
    since_ns = None
    for _ in range(200):
        if bench.state.mode == "moving":
            bench.tick()
            if bench.state.track.unlike_ns is not None and since_ns is None:
                since_ns = bench.t_ns
    assert bench.state.track.unlike_ns == since_ns
    assert bench.t_ns - since_ns == 44 * MS  # the first tick after a third of 120 ms
    assert "limit 0.030 m apart" in bench.state.cause or "0.050 rad apart" in bench.state.cause
    assert bench.decisions[-1].command.act == "freeze"


def test_a_base_that_is_late_but_near_is_let_be():
    bench = Bench().moving()
    bench.wish = PlatformWish(Pose(x_m=0.007))
    stuck(bench).ticks(500)
    assert (bench.state.mode, bench.state.track.unlike_ns) == ("moving", None)


def test_a_base_that_comes_back_in_time_is_forgiven():
    bench = Bench().moving(Pose(x_m=0.08), 2.0)
    there = bench.base.pose
    for _ in range(5):
        bench.base.pose = HOME
        bench.tick(sample=bench.base.sample(bench.t_ns))
        for _ in range(9):
            bench.tick(sample=stuck_sample(bench))
        bench.base.pose = there
        bench.tick()
        assert (bench.state.track.astray_ns, bench.state.track.unlike_ns) == (None, None)
    assert bench.state.mode == "moving"


def stuck_sample(bench):
    bench.base.pose = HOME
    return bench.base.sample(bench.t_ns)


def test_a_frozen_base_that_does_not_stay_asks_for_the_emergency_stop_once():
    bench = Bench().moving(FAR, 1.0)
    bench.tick(stop_cause="STOP from console")
    bench.rest()
    bench.ticks(50)
    stuck(bench).base.pose = HOME
    bench.ticks(100)
    events = [e for d in bench.decisions[-100:] for e in d.events]
    (event,) = events
    assert (event.kind, event.severity) == ("stop", "estop")
    assert event.text.endswith("limit 0.030 m apart: press the emergency stop.")
    assert bench.state.cause == "STOP from console"
    assert bench.t_ns - event.t_ns == (100 - 12) * TICK_NS  # after 40 ms


def test_a_base_that_froze_because_it_was_astray_is_not_reported_twice():
    bench = stuck(Bench().moving(FAR, 0.3))
    bench.ticks(200)
    assert bench.kinds().count(("stop", "ramp")) == 1
    assert ("stop", "estop") not in bench.kinds()


def test_where_a_silent_base_was_is_no_news():
    bench = stuck(Bench().moving(FAR, 0.3))
    bench.base.pose = HOME
    bench.ticks(100, has_platform=False)
    assert bench.state.track == Track()
    assert ("stop", "estop") not in bench.kinds()


# -- how it brakes -------------------------------------------------------------------------


@pytest.mark.parametrize("is_perturbing", [False, True])
@pytest.mark.parametrize("ticks", [1, 5, 20, 60, 80, 100, 110, 120, 130, 150, 400])
def test_it_stands_still_within_a_tenth_of_a_second_and_inside_the_box(ticks, is_perturbing):
    bench = Bench().moving()
    bench.ticks(600)
    bench.wish = PlatformWish(FAR, is_perturbing)
    bench.ticks(ticks)
    stopped_ns = bench.t_ns
    for _ in range(40):
        before = bench.state
        decision = bench.tick(stop_cause="STOP from console")
        check_step(before, decision, LIMITS, 0.004)
        if any(before.rate):
            stopped_ns = bench.t_ns
    assert stopped_ns - (bench.t_ns - 40 * TICK_NS) <= 100 * MS
    held = bench.state.pose
    bench.ticks(500)
    assert bench.decisions[-1].command.pose == held


@pytest.mark.parametrize("axis", range(6))
def test_each_axis_brakes_as_the_site_says(axis):
    bench = Bench().moving(FAR, 0.15)
    before = bench.state
    bench.tick(stop_cause="STOP")
    decel = 3.2 if axis < 3 else 7.5
    assert abs(before.rate[axis]) - abs(bench.state.rate[axis]) == pytest.approx(decel * 0.004)
    gone = axes(bench.state.pose)[axis] - axes(before.pose)[axis]
    assert gone == pytest.approx(bench.state.rate[axis] * 0.004)


def test_after_a_long_pause_it_stands_where_it_was_told_last():
    bench = Bench().moving(FAR, 0.15)
    held = bench.state.pose
    decision = bench.tick(dt_ns=150 * MS)
    assert decision.command.pose == held
    assert decision.state.rate == (0.0,) * 6


def test_a_pause_of_just_the_limit_is_no_standstill():
    bench = Bench().moving(FAR, 0.15)
    held = bench.state.pose
    decision = bench.tick(dt_ns=100 * MS)
    assert decision.state.mode == "moving"
    assert decision.command.pose != held


def test_time_that_runs_backwards_moves_nothing():
    bench = Bench().moving(FAR, 0.15)
    held, rate = bench.state.pose, bench.state.rate
    decision = bench.tick(dt_ns=-5 * MS)
    assert (decision.command.pose, decision.state.rate) == (held, rate)


def test_a_late_tick_earns_no_larger_step():
    bench = Bench().moving(FAR, 0.15)
    before = bench.state
    bench.tick(dt_ns=90 * MS)
    check_step(before, bench.decisions[-1], LIMITS, 0.02)
    assert abs(bench.state.pose.x_m - before.pose.x_m) == pytest.approx(bench.state.rate[0] * 0.02)


def test_no_wish_no_belt_and_no_wrong_ask_ends_a_freeze():
    bench = Bench().moving(FAR, 0.3)
    bench.tick(stop_cause="STOP")
    bench.ticks(40)
    held = bench.state.pose
    for belt_mode in MODES:
        for ask in ("", "engage", "settle"):
            if ask == "settle" and belt_mode in ("locked", "idle"):
                continue
            bench.belt_mode = belt_mode
            bench.wish = PlatformWish(HOME, True)
            for decision in [bench.tick(ask), *bench.ticks(20)]:
                assert (decision.state.mode, decision.command.pose) == ("freeze", held)
                assert decision.state.cause == "STOP"


# -- pace ----------------------------------------------------------------------------------


def fastest(bench, ticks):
    return max(abs(d.state.rate[0]) for d in bench.ticks(ticks))


def test_a_perturbation_is_brisk_for_so_long_and_then_needs_calm():
    bench = Bench().moving()
    bench.ticks(600)
    bench.wish = PlatformWish(Pose(x_m=0.1), True)
    began_ns = bench.t_ns + TICK_NS
    assert fastest(bench, 60) == pytest.approx(0.3, abs=0.03)
    assert bench.state.perturbed_ns == began_ns
    for _ in range(200):
        if bench.state.perturbed_ns is not None:
            bench.tick()
    assert bench.t_ns - began_ns == 604 * MS
    assert bench.state.calm_ns == bench.t_ns
    assert "The perturbation is too long, or too soon" in bench.texts()[-1]
    bench.wish = PlatformWish(Pose(x_m=-0.1), True)
    assert fastest(bench, 600) == pytest.approx(0.2)
    assert bench.state.perturbed_ns is None


def test_a_perturbation_that_ends_early_starts_the_calm_at_once():
    bench = Bench().moving()
    bench.ticks(600)
    bench.wish = PlatformWish(Pose(x_m=0.1), True)
    bench.ticks(10)
    bench.wish = PlatformWish(Pose(x_m=0.1), False)
    bench.tick()
    assert (bench.state.perturbed_ns, bench.state.calm_ns) == (None, bench.t_ns)


def test_a_freeze_ends_a_perturbation():
    bench = Bench().moving()
    bench.ticks(600)
    bench.wish = PlatformWish(Pose(x_m=0.1), True)
    bench.ticks(10)
    assert bench.state.perturbed_ns is not None
    assert bench.tick(stop_cause="STOP").state.perturbed_ns is None


def test_a_clamp_is_said_once_until_the_wish_is_inside_again():
    bench = Bench().moving(Pose(x_m=0.05), 2.0)
    count = len(bench.texts())
    for wish in (Pose(x_m=0.3), Pose(x_m=0.05), Pose(x_m=0.4)):
        bench.wish = PlatformWish(wish)
        bench.ticks(200)
    said = bench.texts()[count:]
    assert len([text for text in said if "outside the platform's box" in text]) == 2
    assert bench.state.is_clamped
    assert bench.tick(stop_cause="STOP").state.is_clamped is False


def test_tighter_limits_of_a_person_hold():
    limits = PlatformLimits(**LIMITS.model_dump() | {"max_x_m": 0.01, "max_speed_mps": 0.06})
    bench = Bench(limits).moving(FAR, 2.0)
    assert bench.state.pose.x_m == pytest.approx(0.01)
    assert max(abs(d.state.rate[1]) for d in bench.decisions) <= 0.06
