"""Somebody is thrown and falls into the harness: whole sessions in virtual time."""

from pathlib import Path

import numpy as np
import pytest

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.site import Session, Site
from rehabsim.safety.causes import HANGING_FRAC
from rehabsim.session.log import LogReader
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.together import run_together, together_plans

SHAKY = str(Path(__file__).parent / "faults" / "shaky.py")
THROWN_S = 10.0
NOTICED_S = 0.15
"""Table of faults, S8; a tick and the load cell's own 10 ms come on top."""


@pytest.mark.parametrize(("seed", "slip_mps"), [(1, 1.1), (2, -1.1)])
def test_a_fall_into_the_harness_stops_the_belts_fast(tmp_path, seed, slip_mps):
    site = load_toml(SIMULATED_SITE, Site)
    limits = site.limits.model_copy(update={"max_start_accel_mps2": 0.5})
    session = Session(
        scenario=SHAKY,
        seed=seed,
        patient="balance_loss:1.5",
        cruise_speed_mps=1.2,
        params={
            "perturb_s": THROWN_S,
            "left_slip_mps": slip_mps,
            "right_slip_mps": slip_mps,
        },
    )
    path = tmp_path / "fall.mcap"
    plan, laboratory = together_plans(
        site.model_copy(update={"limits": limits}), session, "a fall", 20.0, str(path)
    )
    run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    log = LogReader(path)
    (fall,) = [event for event in log.events() if "has fallen" in event.text]
    assert fall.severity == "fast"
    assert "N on the harness: belts are ramping to rest at 2.00 m/s²" in fall.text
    harness, ticks = log.table("harness"), log.table("ticks")
    weight_n = ticks["body_weight_n"][ticks["t_ns"] < THROWN_S * 1e9][-1]
    caught_ns = harness["t_ns"][np.argmax(harness["load_n"] > HANGING_FRAC * weight_n)]
    assert caught_ns / 1e9 > THROWN_S
    assert 0 < (fall.t_ns - caught_ns) / 1e9 <= NOTICED_S + 0.014
