"""A small programme for tests: a warm-up, two tasks and a test of the person."""

from copy import deepcopy

from rehabsim.base.config import check
from rehabsim.training.programme import Programme

TABLE = {
    "title": "For tests",
    "review": "for a clinician to review",
    "group": "Nobody",
    "patient": "healthy",
    "purpose": "To be tested.",
    "not_for": ["Anybody"],
    "before": ["Look"],
    "visits": 4,
    "visits_per_week": 2,
    "sources": ["Our choice"],
    "goals": [{"says": "Green tests"}],
    "stop_rules": [
        {"what": "pain", "scale": "0-10", "at_least": 6, "rise": 2},
        {"what": "effort", "scale": "6-20", "at_least": 16},
    ],
    "stop_signs": ["A red test"],
    "progression": {
        "effort_from": 11,
        "effort_to": 14,
        "min_tries": 20,
        "up": 0.1,
        "down": 0.15,
        "first_level": 0.2,
        "source": "Our choice",
    },
    "limits": {"max_speed_mps": 1.2},
    "blocks": [
        {
            "title": "Warm",
            "kind": "warm_up",
            "says": "Walk.",
            "source": "Our choice",
            "duration_s": 20,
            "scenario": "boat",
            "cruise_speed_mps": 0.8,
            "params": {"wave_height_m": 0.0, "gate_spacing_m": 15.0},
        },
        {
            "title": "Task",
            "kind": "task",
            "says": "Steer.",
            "source": "Our choice",
            "duration_s": [20, 40],
            "rest_s": 30.0,
            "scenario": "boat",
            "cruise_speed_mps": [0.8, 1.0],
            "params": {"wave_height_m": [0.0, 0.4], "gate_spacing_m": 15.0, "gate_width_m": 20.0},
            "limits": {"max_split_mps": 0.1},
        },
        {
            "title": "Second task",
            "kind": "task",
            "says": "Steer again.",
            "source": "Our choice",
            "duration_s": 30,
            "from_visit": 2,
            "scenario": "boat",
            "cruise_speed_mps": 0.9,
            "params": {"wave_height_m": 0.0, "gate_spacing_m": 15.0},
        },
        {
            "title": "Standing",
            "kind": "measure",
            "says": "Stand.",
            "source": "Our choice",
            "duration_s": 10,
            "every_visits": 3,
            "is_standing": True,
            "scenario": "boat",
        },
    ],
}


def table(**changes):
    """Return the table of a programme with some of it changed; a dotted name goes inside."""
    made = deepcopy(TABLE)
    for name, value in changes.items():
        *path, last = name.split("__")
        at = made
        for part in path:
            at = at[int(part) if part.isdecimal() else part]
        at[int(last) if last.isdecimal() else last] = value
    return made


def programme(**changes):
    """Return a programme, checked."""
    return check(table(**changes), Programme, where="test.toml")
