"""A bench for the guard: fresh inputs unless a test spoils one, and belts that obey."""

from functools import cache

from rehabsim.base.limits import Limits, PerturbationLimits
from rehabsim.base.records import MOVING, BeltSample, Wish
from rehabsim.safety.envelope import towards
from rehabsim.safety.guard import guard
from rehabsim.safety.messages import (
    Ask,
    Decision,
    GuardInputs,
    GuardState,
    Person,
    WishMessage,
)

TICK_NS = 4_000_000
TICK_S = 0.004
T_NS = 5_000_000_000
"""When `decide` decides."""

LIMITS = Limits(
    max_speed_mps=2.0,
    max_accel_mps2=0.5,
    max_jerk_mps3=2.0,
    max_start_accel_mps2=0.25,
    max_split_mps=0.3,
    max_incline_rad=0.14,
    max_incline_rate_radps=0.02,
    ramp_mps2=0.6,
    fast_mps2=1.2,
    fall_mps2=2.1,
    max_wish_age_s=0.1,
    max_belt_age_s=0.11,
    max_plate_age_s=0.12,
    max_harness_age_s=0.2,
    hold_operator_age_s=1.0,
    max_operator_age_s=2.5,
    max_display_age_s=0.3,
    max_hold_s=1.8,
    max_ahead_m=0.5,
    max_behind_m=0.65,
    armed_life_s=10.0,
    perturbation=PerturbationLimits(
        max_speed_mps=2.3,
        max_change_mps=0.6,
        max_accel_mps2=5.0,
        max_jerk_mps3=150.0,
        max_split_mps=0.8,
        max_duration_s=0.7,
        min_pause_s=3.0,
        needs_harness=True,
    ),
)
"""No two alike where they could be taken for each other."""

STILL = Wish(0.0, 0.0, 0.0)
SOMEONE = Person(
    load_n=700.0, mean_load_n=700.0, body_weight_n=700.0, cop_x_m=0.0, cop_y_m=0.0, harness_n=20.0
)
"""Who stands on the belts and hangs in the harness."""


def ask(name, *, id="a", source="console"):
    return Ask(id, name, source)


def inputs(
    t_ns,
    *asks,
    wish=STILL,
    belt=(0.0, 0.0),
    incline_rad=0.0,
    wish_age_ns=0,
    belt_age_ns=0,
    plate_age_ns=0,
    operator_age_ns=0,
    display_age_ns=None,
    harness_age_ns=None,
    person=SOMEONE,
    plates="",
    has_treadmill=True,
    platform_cause="",
    **of_belt,
):
    """Return inputs in which everything is fresh; `wish` or `belt` None was never heard.

    `of_belt` are further fields of the treadmill's report.
    """
    message = None
    if wish is not None:
        message = WishMessage(
            t_ns - wish_age_ns,
            wish,
            t_ns - operator_age_ns,
            t_ns - plate_age_ns,
            -1 if display_age_ns is None else t_ns - display_age_ns,
            -1 if harness_age_ns is None else t_ns - harness_age_ns,
            person,
            plates,
        )
    sample = None
    if belt is not None:
        sample = BeltSample(t_ns - belt_age_ns, *belt, incline_rad, **of_belt)
    return GuardInputs(
        t_ns=t_ns,
        wish=message,
        belt=sample,
        asks=asks,
        has_treadmill=has_treadmill,
        platform_cause=platform_cause,
    )


BRISK = Wish(1.0, 1.0)
MOST_TICKS = 10_000
"""A bench that waits for longer waits for what does not come."""


class Bench:
    """A guard on a treadmill that follows every command at once as fast as it says."""

    def __init__(self, limits=LIMITS, state=None):
        self.limits = limits
        self.state = GuardState() if state is None else state
        self.t_ns = self.state.t_ns
        self.belt = (self.state.left_speed_mps, self.state.right_speed_mps)
        self.given: list[GuardInputs] = []
        self.decisions: list[Decision] = []

    def tick(self, *asks, dt_ns=TICK_NS, **spoilt):
        """Make one decision; `spoilt` goes to `inputs`."""
        assert len(self.decisions) < MOST_TICKS
        self.t_ns += dt_ns
        spoilt.setdefault("belt", self.belt)
        asks = [ask(a) if isinstance(a, str) else a for a in asks]
        given = inputs(self.t_ns, *asks, **spoilt)
        decision = guard(self.state, given, self.limits)
        self.state = decision.state
        c = decision.command
        self.belt = (
            towards(self.belt[0], c.left_speed_mps, c.left_accel_mps2 * dt_ns / 1e9),
            towards(self.belt[1], c.right_speed_mps, c.right_accel_mps2 * dt_ns / 1e9),
        )
        self.given.append(given)
        self.decisions.append(decision)
        return decision

    def walk(self, wish=BRISK, *, until="running", then=0):
        """Be where someone has unlocked, armed and started, come up to speed, and walked on."""
        walked = _walked(self.limits, wish, until, then)
        self.state, self.t_ns, self.belt = walked.state, walked.t_ns, walked.belt
        self.decisions = list(walked.decisions)
        return self

    def texts(self):
        return [event.text for decision in self.decisions for event in decision.events]


@cache
def _walked(limits, wish, until, then):
    bench = Bench(limits)
    for name in ("reset", "arm", "start"):
        bench.tick(name, wish=wish)
    while bench.state.mode != until:
        bench.tick(wish=wish)
    for _ in range(then):
        bench.tick(wish=wish)
    return bench


def in_mode(mode, **changes):
    """Return a state that has just entered `mode`, the belts at rest unless they move in it."""
    speed = 0.8 if mode in MOVING else 0.0
    numbers = {
        "mode": mode,
        "since_ns": T_NS - TICK_NS,
        "severity": "ramp" if mode == "stopping" else "none",
        "cause": "something" if mode in ("stopping", "locked") else "",
        "left_speed_mps": speed,
        "right_speed_mps": speed,
        **dict.fromkeys(
            ("left_due_mps", "right_due_mps", "left_slow_mps", "right_slow_mps"),
            0.8 if mode in MOVING or mode == "stopping" else 0.0,
        ),
        "decel_mps2": LIMITS.ramp_mps2 if mode == "stopping" else 0.0,
        "held_ns": T_NS - TICK_NS,
        "is_deck_known": True,
        "t_ns": T_NS - TICK_NS,
    }
    return GuardState(**(numbers | changes))


def decide(state, *asks, limits=LIMITS, **spoilt):
    """Make one decision, a tick after `state`."""
    spoilt.setdefault("wish", Wish(state.left_speed_mps, state.right_speed_mps))
    if state.mode in MOVING or state.mode == "stopping":
        spoilt.setdefault("belt", (0.8, 0.8))
    return guard(state, inputs(T_NS, *asks, **spoilt), limits)
