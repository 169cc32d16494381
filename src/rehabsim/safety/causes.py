"""Why belts are held or stopped: every cause, what it leads to, and how it is noticed. Pure.

A *condition* is what one look at the inputs finds. It becomes a cause when it has lasted, without
a break, for as long as its row says. HAZARDS.md names the hazard behind each row.
"""

from collections.abc import Iterator
from math import hypot, isfinite
from typing import Literal, NamedTuple

from rehabsim.base.limits import ASTRAY_S, Limits
from rehabsim.base.records import BeltSample, Severity
from rehabsim.safety.envelope import is_sane
from rehabsim.safety.following import REST_MPS, Due, astray
from rehabsim.safety.messages import GuardInputs, Person, WishMessage

Clear = Literal["itself", "reset", "restart"]
Priority = Literal["high", "medium", "low"]


class Cause(NamedTuple):
    """What follows from a condition.

    Attributes:
        severity: What is done about it.
        priority: Of the alarm.
        hazard: Row of HAZARDS.md.
        after_s: How long the condition has to last.
        clear: What ends it: it goes by itself, someone resets, or the system is restarted.
        is_down: The person is down already, or the belts run away: they are stopped harder.
    """

    severity: Severity
    priority: Priority
    hazard: str
    after_s: float = 0.0
    clear: Clear = "reset"
    is_down: bool = False


CAUSES: dict[str, Cause] = {
    "runaway": Cause("estop", "high", "H-01", ASTRAY_S, "restart", is_down=True),
    "emergency_stop": Cause("estop", "high", "H-02"),
    "stop_asked": Cause("fast", "high", "H-02"),
    "fallen": Cause("fast", "high", "H-03", 0.10, is_down=True),
    "plates_empty": Cause("fast", "high", "H-03", 0.30),
    "stepped_on": Cause("fast", "high", "H-04", 0.05),
    "belts_astray": Cause("ramp", "high", "H-05", ASTRAY_S),
    "treadmill_holds": Cause("ramp", "high", "H-05"),
    "treadmill_lost": Cause("ramp", "high", "H-05"),
    "platform_unfit": Cause("ramp", "high", "H-17"),
    "session_silent": Cause("ramp", "high", "H-06"),
    "keeper_late": Cause("ramp", "high", "H-06"),
    "wish_insane": Cause("ramp", "high", "H-07"),
    "plates_silent": Cause("ramp", "high", "H-08"),
    "plates_exchanged": Cause("ramp", "high", "H-08"),
    "operator_silent": Cause("ramp", "high", "H-09"),
    "hanging": Cause("ramp", "high", "H-03", 0.10),
    "off_centre": Cause("ramp", "high", "H-10", 0.20),
    "crowded": Cause("ramp", "medium", "H-04", 1.0),
    "light": Cause("ramp", "medium", "H-08", 1.0),
    "plates_stuck": Cause("hold", "medium", "H-08", clear="itself"),
    "plates_saturated": Cause("hold", "medium", "H-08", clear="itself"),
    "harness_silent": Cause("hold", "medium", "H-03", clear="itself"),
    "operator_late": Cause("hold", "medium", "H-09", clear="itself"),
    "display_late": Cause("hold", "medium", "H-11", clear="itself"),
}
"""Every cause, hardest first; of several, the first one here is told."""

CLOCK_SLACK_S = 0.02
"""A message may seem this much younger than now: sender and keeper tick apart."""

EMPTY_FRAC = 0.20
"""Of body weight: with less on both plates nobody stands there."""

UNLOADED_FRAC = 0.50
HANGING_FRAC = 0.30
"""Of body weight on the harness: the person fell into it (Yang & Pai 2011)."""

ASIDE_M = 0.60
"""Pressure further to a side is beyond the belts."""

CROWDED_FRAC = 1.3
LIGHT_FRAC = 0.5
"""Of body weight on both plates, averaged over seconds: more than one person, or plates that do not
say what they bear."""

PLATES_WORDS = {
    "stuck": "a force plate repeats the same numbers (cable or amplifier)",
    "saturated": "a force plate is at the end of its range",
    "exchanged": "the feet seem wider apart than the belts' middles: the left and the right force"
    " plate are exchanged (cables, or the site file)",
}

STEPPED_ON_N = 100.0
"""On plates that should be empty."""


def conditions(inputs: GuardInputs, dues: tuple[Due, Due], limits: Limits) -> dict[str, str]:
    """Return what is wrong at this look, by the name of its cause, with the words for it.

    Args:
        inputs: As the guard has them.
        dues: Where left and right belt should be.
        limits: Of the room, tightened by those of the person.
    """
    found = dict(_of_treadmill(inputs, limits))
    if "treadmill_lost" not in found and inputs.belt is not None:
        found |= astray(inputs.belt, dues)
    if inputs.platform_cause:
        found["platform_unfit"] = inputs.platform_cause
    if inputs.wish is None:
        found["session_silent"] = "the session has not spoken"
        return found
    found |= _of_session(inputs.t_ns, inputs.wish, limits)
    found |= _of_person(inputs.wish.person, limits)
    return found


def _of_treadmill(inputs: GuardInputs, limits: Limits) -> Iterator[tuple[str, str]]:
    belt = inputs.belt
    if belt is not None and belt.is_emergency:
        yield "emergency_stop", "the emergency stop is pressed"
    lost = treadmill_lost(inputs, limits)
    if lost:
        yield "treadmill_lost", lost
    if belt is not None and belt.hold:
        yield "treadmill_holds", f"the treadmill holds its belts: {belt.hold}"


def treadmill_lost(inputs: GuardInputs, limits: Limits) -> str:
    """Return what keeps us from knowing the belts' speed, or nothing."""
    if not inputs.has_treadmill:
        return "the treadmill's link is lost"
    belt = inputs.belt
    if belt is None:
        return "the treadmill has not reported"
    if not (isfinite(belt.left_speed_mps) and isfinite(belt.right_speed_mps)):
        return "the treadmill reports a speed that is not a number"
    return age_cause("the treadmill's last report", inputs.t_ns - belt.t_ns, limits.max_belt_age_s)


def _of_session(t_ns: int, wish: WishMessage, limits: Limits) -> Iterator[tuple[str, str]]:
    console_ns = t_ns - wish.operator_t_ns
    last_sign = "the last sign of the console in command"
    for name, what, age_ns, limit_s in (
        ("session_silent", "the session's last wish", t_ns - wish.t_ns, limits.max_wish_age_s),
        (
            "plates_silent",
            "the newest force-plate sample",
            t_ns - wish.plate_t_ns,
            limits.max_plate_age_s,
        ),
        ("operator_silent", last_sign, console_ns, limits.max_operator_age_s),
        ("operator_late", last_sign, console_ns, limits.hold_operator_age_s),
    ):
        text = age_cause(what, age_ns, limit_s)
        if text:
            yield name, text
    if wish.harness_t_ns != -1:
        what, age_ns = "the newest reading of the harness", t_ns - wish.harness_t_ns
        text = age_cause(what, age_ns, limits.max_harness_age_s)
        if text:
            yield "harness_silent", text
    if wish.display_t_ns == 0:
        yield "display_late", "no display has shown this session yet"
    elif wish.display_t_ns > 0:
        text = age_cause(
            "the picture on the display", t_ns - wish.display_t_ns, limits.max_display_age_s
        )
        if text:
            yield "display_late", text
    if not is_sane(wish.wish):
        w = wish.wish
        yield (
            "wish_insane",
            f"the wish {w.left_speed_mps}, {w.right_speed_mps} m/s, {w.incline_rad} rad is not a"
            " number or negative",
        )
    if wish.plates:
        yield f"plates_{wish.plates}", PLATES_WORDS[wish.plates]


HAS_FALLEN = "the person has fallen"
"""How the stop of a fall begins, by which a report knows it again."""


def _of_person(person: Person, limits: Limits) -> Iterator[tuple[str, str]]:
    """Look at the person: on the belts, on their feet, alone, and not too near an end.

    Two of three signs are a fall: off the belts, off the feet, into the harness.
    """
    load_n, weight_n = person.load_n, person.body_weight_n
    if not person.is_expected:
        if not abs(load_n) <= STEPPED_ON_N:
            yield (
                "stepped_on",
                f"the plates bear {load_n:.0f} N where nobody should stand, limit"
                f" {STEPPED_ON_N:.0f} N",
            )
        return
    if not weight_n > 0:
        return
    load_frac, harness_frac = load_n / weight_n, person.harness_n / weight_n
    is_off = not -limits.max_behind_m <= person.cop_x_m <= limits.max_ahead_m
    is_off = is_off or not -ASIDE_M <= person.cop_y_m <= ASIDE_M
    is_off = is_off and isfinite(hypot(person.cop_x_m, person.cop_y_m))
    is_unloaded, is_hanging = load_frac < UNLOADED_FRAC, harness_frac > HANGING_FRAC
    if is_off + is_unloaded + is_hanging >= 2:
        yield (
            "fallen",
            f"{HAS_FALLEN}: {100 * load_frac:.0f} % of body weight on the plates,"
            f" pressure {person.cop_x_m:.2f} m ahead, {person.harness_n:.0f} N on the harness",
        )
    if is_hanging:
        yield "hanging", f"the harness bears {100 * harness_frac:.0f} % of body weight"
    if load_frac < EMPTY_FRAC:
        yield (
            "plates_empty",
            f"the plates bear {load_n:.0f} N, {100 * load_frac:.0f} % of body weight",
        )
    if is_off:
        yield (
            "off_centre",
            f"the person stands {person.cop_x_m:.2f} m ahead of mid-belt and"
            f" {person.cop_y_m:.2f} m to the left, limits {-limits.max_behind_m:.2f} to"
            f" {limits.max_ahead_m:.2f} m and {ASIDE_M:.2f} m",
        )
    mean_frac = person.mean_load_n / (
        person.stated_n if isfinite(person.stated_n) else person.body_weight_n
    )
    text = f"the plates bear {100 * mean_frac:.0f} % of the person's weight on average"
    if mean_frac > CROWDED_FRAC:
        yield "crowded", text
    if mean_frac < LIGHT_FRAC:
        yield "light", text


def age_cause(what: str, age_ns: int, limit_s: float) -> str:
    """Return that something is too old, with the numbers, or nothing."""
    age_s = age_ns / 1e9
    if -CLOCK_SLACK_S <= age_s <= limit_s:
        return ""
    return f"{what} is {age_s:.3f} s old, limit {limit_s:.3f} s"


def is_at_rest(belt: BeltSample | None) -> bool:
    """Return whether both belts were measured at rest; nothing measured is not rest."""
    return (
        belt is not None
        and -REST_MPS <= belt.left_speed_mps <= REST_MPS
        and -REST_MPS <= belt.right_speed_mps <= REST_MPS
    )
