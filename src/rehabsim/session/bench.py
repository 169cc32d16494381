"""How punctual this computer is: figures read from the logs of two simulated sessions."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.signal import butter, lfilter

from rehabsim.base.clock import NS, HostClock, run
from rehabsim.base.config import load_toml
from rehabsim.base.records import WRENCH_COLUMNS, BeltSample, PlateChunk
from rehabsim.base.site import Site
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.frames import CUT_HZ, WRENCH, Doubles
from rehabsim.safety.messages import Report, decode_report
from rehabsim.session.core import PERIOD_NS
from rehabsim.session.log import LogReader
from rehabsim.session.setup import SIMULATED_SITE, ready_session
from rehabsim.session.supervise import Job, supervise
from rehabsim.session.together import run_together, together_plans

VIRTUAL_S = 60.0
OFFLINE_RUNS = 5
OFFLINE_SAMPLES = 16384


class Figure(msgspec.Struct, frozen=True):
    """One row: `what` in `unit`, over `n` values."""

    what: str
    n: int
    p50: float
    p99: float
    max: float
    unit: str


def measure(duration_s: float) -> list[Figure]:
    """Run a session on the host's clock and one in virtual time, and return the figures.

    Raises:
        RehabsimError: A session could not be run.
    """
    with tempfile.TemporaryDirectory() as folder:
        live_log = Path(folder) / "live.mcap"
        site, session = load_toml(SIMULATED_SITE, Site), ready_session("boat")
        supervise(
            Job(
                site=site,
                session=session,
                where="bench",
                duration_s=duration_s,
                log_path=str(live_log),
                has_operator=True,
                has_pages=False,
                say=lambda _: None,
            )
        )
        figures = figures_of(LogReader(live_log))
        virtual_log = Path(folder) / "virtual.mcap"
        plan, laboratory = together_plans(site, session, "bench", VIRTUAL_S, str(virtual_log))
        stopwatch = HostClock()
        run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
        ratio = VIRTUAL_S * NS / stopwatch.now_ns()
        figures.append(Figure("session in virtual time", 1, ratio, ratio, ratio, "× real time"))
        figures += gait_figures(LogReader(virtual_log))
    return figures


def gait_figures(log: LogReader) -> list[Figure]:
    """Return what the gait analysis of a session's samples costs, beside one filter of scipy.

    The filter is the first thing that the analysis does: a low-pass of second order over the
    twelve channels and both belts, with nothing after it.
    """
    plates = log.table("plates")
    wrench = np.stack([plates[name] for name in WRENCH_COLUMNS], axis=1).astype(float)
    together = np.concatenate([wrench, np.ones((len(wrench), 2))], axis=1)
    dt_ns = int(plates["dt_ns"][0])
    low_pass = butter(2, CUT_HZ, fs=1e9 / dt_ns)
    return _live_figures(together, dt_ns, low_pass) + _offline_figures(together, dt_ns, low_pass)


def _live_figures(together: Doubles, dt_ns: int, low_pass: tuple[Doubles, Doubles]) -> list[Figure]:
    """Return what one tick costs. `together`: (n, 14) wrenches and belts."""
    tick = max(PERIOD_NS // dt_ns, 1)
    analysis, state = GaitAnalysis(), np.zeros((2, together.shape[1]))
    belt = BeltSample(0, 1.0, 1.0, 0.0)
    ticks_us, filters_us = [], []
    for first in range(0, len(together) - tick, tick):
        now_ns = first * dt_ns
        part = together[first : first + tick]
        chunk = PlateChunk(now_ns, first, now_ns, dt_ns, part[:, :WRENCH].astype(np.float32))
        stopwatch = HostClock()
        analysis.step((chunk,), belt, now_ns)
        ticks_us.append(stopwatch.now_ns() / 1e3)
        stopwatch = HostClock()
        _, state = lfilter(*low_pass, part, axis=0, zi=state)
        filters_us.append(stopwatch.now_ns() / 1e3)
    return [
        _figure("gait analysis, live", ticks_us, "µs per tick"),
        _figure("one filter of scipy, live", filters_us, "µs per tick"),
    ]


def _offline_figures(
    together: Doubles, dt_ns: int, low_pass: tuple[Doubles, Doubles]
) -> list[Figure]:
    """Return how much faster than recorded a file is. `together`: (n, 14) wrenches and belts."""
    t_ns = np.arange(len(together), dtype=np.int64) * dt_ns
    analysed, filtered = [], []
    for _ in range(OFFLINE_RUNS):
        analysis, stopwatch = GaitAnalysis(), HostClock()
        for first in range(0, len(together), OFFLINE_SAMPLES):
            part = slice(first, first + OFFLINE_SAMPLES)
            analysis.take(t_ns[part], dt_ns, together[part, :WRENCH], together[part, WRENCH:])
        analysed.append(t_ns[-1] / stopwatch.now_ns())
        stopwatch = HostClock()
        lfilter(*low_pass, together, axis=0)
        filtered.append(t_ns[-1] / stopwatch.now_ns())
    return [
        _figure("gait analysis, offline", analysed, "× real time"),
        _figure("one filter of scipy, offline", filtered, "× real time"),
    ]


def figures_of(log: LogReader) -> list[Figure]:
    """Return what a session's log says of its punctuality."""
    ticks = log.table("ticks")
    plates = log.table("plates")
    reports = log.decoded("keeper", decode_report)
    lost_count = int(np.sum(np.maximum(np.diff(plates["sequence"]) - 1, 0)))
    return [
        _figure("session tick lateness", 1e3 * ticks["lateness_s"], "ms"),
        _figure("session ticks missed", [float(ticks["missed_count"].sum())], "ticks"),
        _figure("keeper ticks missed", [float(sum(r.missed_count for r in reports))], "ticks"),
        _figure("force plate to belt command", 1e3 * np.array(_force_to_command_s(reports)), "ms"),
        _figure("age of the wish at the keeper", 1e3 * np.array(_wish_age_s(reports)), "ms"),
        _figure("plate samples received", [float(len(plates))], "samples"),
        _figure("plate samples lost", [float(lost_count)], "samples"),
    ]


def _force_to_command_s(reports: Sequence[Report]) -> list[float]:
    """Return, for each wish, how old its newest force sample was when it became a command."""
    ages, last_t_ns = [], -1
    for report in reports:
        wish = report.inputs.wish
        if wish is not None and wish.t_ns != last_t_ns and wish.plate_t_ns >= 0:
            last_t_ns = wish.t_ns
            ages.append((report.inputs.t_ns - wish.plate_t_ns) / NS)
    return ages


def _wish_age_s(reports: Sequence[Report]) -> list[float]:
    return [(r.inputs.t_ns - r.inputs.wish.t_ns) / NS for r in reports if r.inputs.wish is not None]


def _figure(what: str, values: npt.ArrayLike, unit: str) -> Figure:
    a = np.asarray(values, float)
    if not len(a):
        a = np.array([np.nan])
    p50, p99 = np.percentile(a, [50, 99])
    return Figure(what, len(a), float(p50), float(p99), float(a.max()), unit)
