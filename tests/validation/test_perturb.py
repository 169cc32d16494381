"""The page about perturbations: its parts are made one by one, and hold what was found."""

import numpy as np

from rehabsim_validation.perturb import MARK, PARTS, _parts
from rehabsim_validation.unrest import (
    KINDS,
    LIVELY,
    Achievement,
    Push,
    _pushed,
    deck_part,
    unrest_part,
)

NS = 1_000_000_000


def test_a_part_is_found_again_as_it_was_written():
    parts = {name: f"# {name}\n\n| a |\n" for name in PARTS}
    page = "\n".join(MARK.format(name) + parts[name] for name in PARTS)
    assert _parts(page) == parts
    assert _parts(MARK.format("belts") + "# one\n") == {
        "belts": "# one\n",
        "platform": "",
        "unrest": "",
    }


def test_a_pulse_is_held_against_the_true_landings():
    strikes_ns = np.arange(1, 12) * NS
    told = {"onset_s": 8.13, "asked_phase": 0.1, "size_m": 0.04, "asked_size_m": 0.05}
    told |= {"rate_mps": 0.2, "asked_rate_mps": 0.25}
    found = _pushed("Sway left 2 of 10, left leg: so much.", told, strikes_ns)
    assert found.kind == "sway left"
    assert round(found.late_s, 6) == 0.03
    assert (round(found.size_frac, 6), round(found.rate_frac, 6)) == (0.8, 0.8)


def test_the_tables_hold_a_row_for_each_kind_and_each_session():
    pushes = [Push(kind.replace("_", " "), 0.01, 1.0, 0.9) for kind in KINDS]
    page = deck_part([(pushes, False), (pushes, True)])
    assert "| roll right | 2 | +10 | 10 | 1.00 (1.00 to 1.00) | 0.90 |" in page
    assert "| all | 10 |" in page
    assert "1 sessions had a fall" in page
    page = unrest_part([Achievement(1.2, 0.118, 0.115, 0.034, 0.033, 55.0, False)])
    assert "| 1.2 | 55 | 0.12 | 0.118 | 0.115 | 34.7 | 34.0 | 33.0 | no |" in page
    assert all(name in page for name in LIVELY)
