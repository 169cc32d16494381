"""Numbers of a block in plain words: its world, its perturbations, its limits. Pure."""

from collections.abc import Callable, Iterator
from math import degrees
from typing import Any

from rehabsim.training.knob import Dial
from rehabsim.training.programme import Block, is_pair

UNITS = {
    "_per_m": "1/m",
    "_mps2": "m/s²",
    "_mps3": "m/s³",
    "_mps": "m/s",
    "_radps": "rad/s",
    "_rad": "rad",
    "_s": "s",
    "_m": "m",
    "_frac": "(part of 1)",
}
Dials = dict[str, Dial]
"""What is known of a scenario's parameters, by name."""

PULSES = {
    "slip": "slip, the belt under the foot that has just landed gets {} m/s slower",
    "trip": "trip, the belt under the standing foot gets {} m/s slower while the other swings",
    "pull": "pull, the belt under the standing foot gets {} m/s faster",
    "push": "push, both belts get {} m/s faster",
    "brake": "brake, both belts get {} m/s slower",
    "stop": "stop, both belts come to rest",
    "sway_left": "shift of the deck to the left by {} m",
    "sway_right": "shift of the deck to the right by {} m",
    "roll_left": "tilt of the deck, left side down, by {}°",
    "roll_right": "tilt of the deck, right side down, by {}°",
}
TESTS = {
    "limits": "limits of stability",
    "sensory": "sensory organisation",
    "symmetry": "weight symmetry",
    "reposition": "finding a lean again",
    "sudden": "sudden load",
}
OFF = {"mud_effort": 1.0}
"""What changes nothing, where that is not 0."""

NOUNS = {
    "max_slope": "slopes",
    "max_side_slope": "side slopes",
    "roughness": "rough ground",
    "bridge_sway": "swaying bridges",
    "mud_effort": "mud",
    "targets_per_min": "lines",
    "obstacles_per_min": "logs",
    "wave_height_m": "waves",
    "turn_split_mps": "belts that differ in bends",
    "max_curvature_per_m": "bends",
    "distractors_per_min": "distractions",
}
LIMITS = {
    "max_speed_mps": "No belt runs faster than {} m/s",
    "max_accel_mps2": "In ordinary walking a belt's speed changes by {} m/s in a second at most",
    "max_split_mps": "In ordinary walking the belts are {} m/s apart at most",
}
PERTURBATION_LIMITS = {
    "max_change_mps": "changes a belt by {} m/s at most",
    "max_speed_mps": "leaves no belt faster than {} m/s",
    "max_accel_mps2": "does so at {} m/s² at most",
    "min_pause_s": "comes {} s or longer after the one before",
}


def number(value: object) -> str:
    """Return a value, or a pair as `start to goal`."""
    if isinstance(value, list) and is_pair(value):
        one, other = number(value[0]), number(value[1])
        return one if one == other else f"{one} to {other}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return str(value)


def _each(value: Any, change: Callable[[float], float]) -> Any:
    return [change(each) for each in value] if is_pair(value) else change(value)


def _whole(value: Any, change: Callable[[float], float]) -> str:
    """Return a number, or a pair, changed and without decimals where there is more than one."""
    return number(_each(value, lambda each: round(change(each), 0 if abs(change(each)) > 1 else 2)))


def world_words(scenario: str, params: dict[str, Any], dials: Dials) -> str:
    """Return a scenario and its parameters: those that change nothing as what there is not."""
    off = [name for name, value in params.items() if _is_off(name, value)]
    there = [_param(name, value, dials) for name, value in params.items() if name not in off]
    words = f" with {'; '.join(there)}" if there else ""
    if off:
        words += f"{';' if there else ''} without {', '.join(map(_noun, off))}"
    return f"{scenario}{words}"


def _is_off(name: str, value: Any) -> bool:
    off = OFF.get(name, 0)
    return not isinstance(value, bool | str) and value in (off, [off, off])


def _noun(name: str) -> str:
    return NOUNS.get(name) or plain(name.removesuffix("_per_min"))[0].removeprefix("max ")


def _param(name: str, value: Any, dials: Dials) -> str:
    if name == "test":
        return TESTS.get(str(value), str(value))
    if name not in dials:
        what, unit = plain(name)
        return f"{what} {number(value)} {unit}".rstrip()
    says = dials[name].knob.says
    if name.endswith(("_frac", "slope")):
        return says.format(f"{_percent(value)} %")
    if "{} rad" in says and name.endswith("_rad"):
        return says.replace("{} rad", "{}°").format(_whole(value, degrees))
    if name.endswith("_per_m") and "up to {} per m" in says:
        begin = "from none " if is_pair(value) and 0 in value else ""
        bends = [1 / each for each in (value if is_pair(value) else [value]) if each > 0]
        radius = " to ".join(f"{bend:.0f}" for bend in bends)
        return says.replace("up to {} per m", f"{begin}down to {radius} m in radius")
    return says.format(number(value))


def _percent(value: Any) -> str:
    return number(_each(value, lambda each: 100 * each))


def plain(name: str) -> tuple[str, str]:
    """Return a parameter's name in words, and its unit."""
    for suffix, unit in UNITS.items():
        if name.endswith(suffix):
            return name.removesuffix(suffix).replace("_", " "), unit
    return name.replace("_", " "), ""


def perturbation_words(block: Block) -> Iterator[str]:
    """Return how a block perturbs, one sentence for each kind."""
    table = block.perturb or {}
    if table.get("pulses"):
        rates = (block.pulses_per_min(0), block.pulses_per_min(1))
        kinds = "; ".join(map(_pulse, table["pulses"]))
        yield (
            f"Perturbations, once the therapist lets them come: {number(table.get('count', 24))} in"
            f" all, {number([round(rate, 1) for rate in rates])} a minute, unpredictable in leg and"
            f" time: {kinds}."
        )
    if "split" in table:
        split = table["split"]
        minutes = number(_each(split["for_s"], lambda s: s / 60))
        yield (
            "Belts apart, once the therapist lets it come: the belt under the foot with the shorter"
            f" steps runs {number(split['split_mps'])} m/s faster than the other, for {minutes}"
            " min; after that both run alike."
        )


def _pulse(pulse: dict[str, Any]) -> str:
    kind = str(pulse["kind"])
    words = PULSES.get(kind, kind.replace("_", " "))
    if kind.startswith("roll"):
        tilt_rad = pulse.get("tilt_rad", 0.06)
        return words.format(number(_each(tilt_rad, lambda rad: round(degrees(rad), 1))))
    if kind.startswith("sway"):
        return words.format(number(pulse.get("shift_m", 0.05)))
    size = pulse.get("change_mps")
    told = "as much as usual" if size is None else number(_each(size, abs))
    return f"{words.format(told)}, at {number(pulse.get('accel_mps2', 5.0))} m/s²"


def limit_words(limits: dict[str, Any]) -> list[str]:
    """Return limits, each in a sentence without its end; those of perturbations in one."""
    said = []
    for name, value in limits.items():
        if isinstance(value, dict):
            parts = [_limit(key, inner, PERTURBATION_LIMITS) for key, inner in value.items()]
            said.append(f"A perturbation {', '.join(parts)}")
        else:
            said.append(_limit(name, value, LIMITS))
    return said


def _limit(name: str, value: object, words: dict[str, str]) -> str:
    if name in words:
        return words[name].format(number(value))
    if name == "needs_harness":
        return f"comes {'only in' if value else 'even without'} a harness that is measured"
    what, unit = plain(name)
    return f"{what} {number(value)} {unit}".rstrip()
