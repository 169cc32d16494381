"""Every fault of a simulated device, and of a scenario, in every state of the belts.

Whole sessions in virtual time: laboratory, drivers, keeper and session as they are, the fault on
the device's own side of the wire. What must follow is read from the keeper's reports, and what the
belts really did from the laboratory's truth.
"""

import tempfile
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from faults.figures import Row
from faults.kept import study_once

from rehabsim.base.clock import run
from rehabsim.base.config import load_toml
from rehabsim.base.records import SEVERITIES
from rehabsim.base.site import FaultTable, Session, Site
from rehabsim.safety.messages import decode_report
from rehabsim.session.ending import Ends
from rehabsim.session.log import LogReader
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.together import run_together, together_plans
from rehabsim_sim.patients import patient

TITLE = "Faults of devices and scenarios"
INTRODUCTION = (
    "Each fault in each state with each seed, sessions in virtual time at 0.4 m/s. A failure is a"
    " session whose belts were not stopped as hard as they must be, whose belts sped up after the"
    " stop by the laboratory's own truth, or whose stop stands in no event of the log. A fault that"
    " begins in idle may be noticed only once the belts move; then they must be stopped as hard. Of"
    " a pair the harder action must follow, unless the one fault silences the device by which the"
    " other could be seen, or the other is a factor, of which nothing is left on belts at rest."
)
SHAKY = str(Path(__file__).with_name("shaky.py"))
SEEDS = 20
WITHIN_S = 4.0
"""How long after its beginning a fault is looked at."""

STATES = {"idle": 0.3, "starting": 1.5, "running": 3.2, "perturbing": 5.1}
"""When the fault begins, s; the slip is from 5.0 to 5.6 s."""

PERTURB_S = 5.0
RISE_MPS = 0.03
"""What belts may speed up after a stop: rollers and feet."""

PLATES = dict(off="ramp", nan="ramp", cut="ramp", garbage="ramp", slow="ramp", delayed="ramp")
PLATES |= dict(stuck="ramp", flip="fast", saturate="ramp", drift="none", offset="none")
PLATES |= dict(wrong="ramp", swap="ramp", intermittent="none", dup="none", reorder="none")
TREADMILL = dict(off="ramp", cut="ramp", garbage="ramp", slow="ramp", delayed="ramp")
TREADMILL |= dict(wrong="estop", offset="estop", flip="estop", stuck="none", drift="none")
TREADMILL |= dict(saturate="none", swap="none", intermittent="none", dup="none", reorder="none")
BELTS = dict(wrong="estop", offset="estop", flip="none", stuck="none", drift="none")
BELTS |= dict(swap="none", off="none", delayed="none", intermittent="none")
PLATES |= {"nan left": "ramp", "flip left": "none"}
BELTS |= {"flip left_mps": "ramp", "offset right_mps": "estop"}
HARNESS = dict(off="ramp", cut="ramp", nan="ramp", garbage="hold", slow="none", delayed="none")
HARNESS |= dict(stuck="none", flip="none", saturate="none", drift="none", offset="none")
HARNESS |= dict(wrong="none", intermittent="none", dup="none", reorder="none")
SCENARIO = dict(raises="ramp", nan="ramp", negative="ramp", infinite="ramp", no_step="ramp")
SCENARIO |= dict(huge="none", apart="none", steep="none")
HARDEST = {
    "plates": PLATES,
    "harness": HARNESS,
    "treadmill": TREADMILL,
    "belts": BELTS,
    "scenario": SCENARIO,
}
FAULTS = {
    (device, kind): severity
    for device, kinds in HARDEST.items()
    for kind, severity in kinds.items()
}
"""What must at least follow while the belts run at one speed; `none`: nothing needs to. A second
word is the channel."""

SILENCING = ("off", "cut", "garbage", "slow", "delayed", "nan")
"""After these nobody believes what the device says of itself."""

PAIRED = [
    (device, kind)
    for (device, kind), severity in FAULTS.items()
    if severity != "none" and device != "harness"
][:20]


class Case(NamedTuple):
    """One session.

    Attributes:
        faults: (device, kind) of each.
        state: In which they begin.
        seed: Of the laboratory.
    """

    faults: tuple[tuple[str, str], ...]
    state: str
    seed: int

    @property
    def asked(self) -> str:
        """How hard the belts must be stopped at least."""
        seen = [fault for fault in self.faults if not self._is_hidden(fault)]
        return max((FAULTS[fault] for fault in seen), key=SEVERITIES.index)

    def _is_hidden(self, fault: tuple[str, str]) -> bool:
        """Return whether the other of a pair keeps anyone from seeing this one."""
        device, kind = fault
        for other_device, other_kind in self.faults:
            if (other_device, other_kind) == fault:
                continue
            eye = "treadmill" if device == "belts" else device
            if other_device == eye and other_kind.partition(" ")[0] in SILENCING:
                return kind.partition(" ")[0] not in SILENCING
            if kind == "wrong" and other_kind != "wrong":
                return True
        return False


class Found(NamedTuple):
    """What became of one session.

    Attributes:
        severity: The hardest that the keeper did.
        after_s: From the fault to the stop; NaN without one.
        rise_mps: How much the belts sped up after the stop.
        command_mps: The fastest command after the stop.
        is_told: The stop stands in an event.
        has_moved: The belts really moved at any time.
    """

    severity: str
    after_s: float
    rise_mps: float
    command_mps: float
    is_told: bool
    has_moved: bool


def go(case: Case) -> Found:
    """Run one session and read what became of it."""
    at_s = STATES[case.state]
    with tempfile.TemporaryDirectory() as folder:
        log_path, truth_path = Path(folder) / "a.mcap", Path(folder) / "truth.csv"
        session = _session(case, at_s)
        site = load_toml(SIMULATED_SITE, Site)
        limits = site.limits.model_copy(update={"max_speed_mps": 0.8})
        site = site.model_copy(update={"limits": limits})
        # The scripted operator pauses in time for the belts to rest at the end.
        duration_s = at_s + WITHIN_S + limits.max_speed_mps / limits.ramp_mps2 + 2.1
        plan, laboratory = together_plans(site, session, "campaign", duration_s, str(log_path))
        plan = msgspec.structs.replace(plan, ends=Ends(tries=1))
        laboratory = msgspec.structs.replace(laboratory, truth_path=str(truth_path))
        run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
        truth = np.loadtxt(truth_path, delimiter=",", skiprows=1, usecols=(0, 1, 2))
        found = _read(LogReader(log_path), truth, at_s)
    # Belts that do not do what they are told may do anything; then the commands are looked at.
    is_deaf = any(device == "belts" for device, _ in case.faults)
    return found._replace(rise_mps=found.command_mps) if is_deaf else found


def _session(case: Case, at_s: float) -> Session:
    # Once a fault was looked at for long enough its session ends, if its scenario still speaks.
    params: dict[str, str | float] = {"over_s": at_s + WITHIN_S}
    if case.state == "perturbing":
        params["perturb_s"] = PERTURB_S
    tables = []
    for device, kind in case.faults:
        if device == "scenario":
            params |= {"illness": kind, "ill_s": at_s}
        else:
            name, _, channel = kind.partition(" ")
            tables.append(FaultTable(device=device, kind=name, channel=channel, at_s=at_s))
    return Session(
        scenario=SHAKY,
        seed=case.seed,
        body_mass_kg=patient("healthy").mass_kg,
        cruise_speed_mps=0.4,
        faults=tables,
        params=params,
    )


def _read(log: LogReader, truth: np.ndarray, at_s: float) -> Found:
    severity, stop_ns, command_mps = "none", None, 0.0
    has_moved = bool(truth[:, 1:].max() > RISE_MPS)
    for report in log.decoded("keeper", decode_report):
        state, t_s = report.decision.state, report.inputs.t_ns / 1e9
        if stop_ns is not None:
            c = report.decision.command
            command_mps = max(command_mps, c.left_speed_mps, c.right_speed_mps)
        if not at_s <= t_s < at_s + WITHIN_S or state.cause in ("paused", "start-up"):
            continue
        severity = max(severity, state.severity, key=SEVERITIES.index)
        if state.mode == "stopping" and stop_ns is None:
            stop_ns = report.inputs.t_ns
    t_ns, *belts_mps = truth.T
    if stop_ns is None:
        return Found(severity, np.nan, 0.0, 0.0, is_told=True, has_moved=has_moved)
    rise_mps = 0.0
    for belt_mps in belts_mps:
        after = belt_mps[t_ns > stop_ns + 100_000_000]
        lowest = np.minimum.accumulate(after)
        rise_mps = max(rise_mps, float((after - lowest).max(initial=0.0)))
    is_told = any(event.kind == "stop" and event.t_ns >= stop_ns - 10**7 for event in log.events())
    return Found(severity, stop_ns / 1e9 - at_s, rise_mps, command_mps, is_told, has_moved)


def is_failure(case: Case, found: Found) -> bool:
    """Return whether something else happened than should have."""
    is_soft = SEVERITIES.index(found.severity) < SEVERITIES.index(case.asked)
    if case.state == "idle" and not found.has_moved:
        is_soft = False
    return is_soft or found.rise_mps > RISE_MPS or not found.is_told


def rows(share: float) -> Iterator[Row]:
    """Yield a row for each device and state, and one for the pairs.

    A small share is one state, and the faults that must be seen.
    """
    is_whole = share >= 1 / SEEDS
    seeds = max(round(SEEDS * share), 1)
    for device, every in HARDEST.items():
        kinds = [kind for kind in every if is_whole or every[kind] != "none"]
        for state in STATES if is_whole else ("running",):
            cases = [
                Case(((device, kind),), state, seed)
                for kind in kinds
                for seed in range(1, seeds + 1)
            ]
            yield _row(f"{device}, {len(kinds)} faults, {state}", cases)
    both_ill = {pair for pair in combinations(PAIRED, 2) if pair[0][0] == pair[1][0] == "scenario"}
    pairs = [pair for pair in combinations(PAIRED, 2) if pair not in both_ill]
    kept = pairs if is_whole else pairs[:: len(pairs) // 4]
    yield _row(f"pairs of {len(PAIRED)} faults, running", [Case(p, "running", 1) for p in kept])


def _row(what: str, cases: Sequence[Case]) -> Row:
    founds = study_once(go, cases, Found)
    failed = [case for case, found in zip(cases, founds, strict=True) if is_failure(case, found)]
    names = sorted({" + ".join(kind for _, kind in case.faults) for case in failed})
    stops_ms = [
        1000 * found.after_s
        for case, found in zip(cases, founds, strict=True)
        if case.asked != "none" and found.after_s == found.after_s
    ]
    return Row(
        what,
        len(cases),
        len(failed),
        stops_ms,
        "ms to the stop" if stops_ms else "",
        "0 failures",
        "failed: " + ", ".join(names) if names else "",
    )
