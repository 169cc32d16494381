"""The simulated room with a platform in it, and whole sessions there in virtual time."""

from pathlib import Path

from safety.platform_bench import LIMITS as BENCH_LIMITS

from rehabsim.base.clock import run
from rehabsim.base.config import check, load_toml
from rehabsim.base.site import FaultTable, Session, Site
from rehabsim.session.run import run_together, together_plans
from rehabsim.session.setup import SIMULATED_SITE, plain

SWAYING = str(Path(__file__).with_name("swaying.py"))
PLATFORM = {"kind": "moog_6dof2000e", "url": "sim:", "max_offset_m": 0.1, "max_angle_rad": 0.14}
LIMITS = BENCH_LIMITS


def room(**changes):
    """Return the simulated site with a platform."""
    site = plain(load_toml(SIMULATED_SITE, Site))
    own = {"platform": PLATFORM, "platform_limits": LIMITS.model_dump()}
    return check(site | own | changes, Site, where="test")


def record(path, *, site=None, faults=(), seed=1, duration_s=40.0, **session):
    """Run a session of the swaying deck into a log; return its summary."""
    tables = [FaultTable(**fault) for fault in faults]
    words = {"scenario": SWAYING, "cruise_speed_mps": 0.4} | session
    made = Session(**words, seed=seed, faults=tables)
    plan, laboratory = together_plans(site or room(), made, "test", duration_s, str(path))
    return run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
