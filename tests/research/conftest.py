"""Logs to report on: a session made by core and guard on forces and belts whose truth is known."""

import secrets
from math import pi
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from rehabsim.base.config import Strict, load_toml
from rehabsim.base.records import BeltSample, PlateChunk, Record, Wish
from rehabsim.base.site import Session, Site
from rehabsim.research.importer import import_file
from rehabsim.safety.guard import guard
from rehabsim.safety.messages import Ask, GuardInputs, GuardState, Report, encode
from rehabsim.session.core import Core, CoreInputs
from rehabsim.session.entry import LoggedAck, LoggedRequest, pack_gait_event, pack_inputs
from rehabsim.session.log import LogWriter
from rehabsim.session.mcap_file import LogHeader
from rehabsim.session.own_stage import OwnStage
from rehabsim.session.requests import ClientRequest
from rehabsim.session.setup import SIMULATED_SITE, plain
from rehabsim.session.table import GAIT_EVENTS, HARNESS, PLATES, Table, columns_of, values_of
from rehabsim.session.ticks import tick_row, tick_table
from rehabsim.training.scenario import Step

WEIGHT_N = 700.0
STRIDE_S = 1.1
STANCE_S = 0.68
LEFT_STEP_S = 0.57
"""Right heel strike to left heel strike; the other step is shorter."""

HALF_WIDTH_M = 0.11
TICK_NS = 4_000_000
START = ((0.2, "reset"), (0.7, "arm"), (0.8, "start"))
AGAIN = ((21.0, "reset"), (21.5, "arm"), (22.0, "start"))


class Steady:
    """A scenario that wishes for the cruise speed."""

    name = "steady"

    class Params(Strict):
        pass

    class Scene(Record, frozen=True):
        distance_m: float

    def __init__(self, params, seed):
        pass

    def step(self, state):
        return Step(
            Wish(state.cruise_speed_mps, state.cruise_speed_mps), self.Scene(state.left_distance_m)
        )


def walking_wrench(t_s, speed_mps):
    """Return (n, 12) wrenches: two-humped stances, the foot carried back by the belt."""
    t_s = np.asarray(t_s, dtype=float)
    wrench = np.zeros((len(t_s), 12), np.float32)
    for first, offset_s, y_m in ((0, 0.0, HALF_WIDTH_M), (6, -LEFT_STEP_S, -HALF_WIDTH_M)):
        phase_s = (t_s - 0.4 - offset_s) % STRIDE_S
        u = phase_s / STANCE_S
        is_down = (u < 1) & (t_s - 0.4 - offset_s > 0)
        edge = np.clip(np.minimum(u, 1 - u) / 0.12, 0, 1)
        shape = edge * (1.0 + 0.12 * np.cos(4 * pi * (u - 0.25)))
        fz = np.where(is_down, WEIGHT_N * shape, 0.0)
        x_m = 0.3 - speed_mps * phase_s
        wrench[:, first] = fz * 0.15 * np.sin(2 * pi * (u - 0.5)) * is_down
        wrench[:, first + 2] = fz
        wrench[:, first + 3] = fz * y_m
        wrench[:, first + 4] = -fz * x_m
    return wrench


class Laboratory:
    """Belts that follow the command at once, and the guard, tick by tick."""

    def __init__(self, limits):
        self.limits = limits
        self.state = GuardState()
        self.message = None
        self.asks = []
        self.speeds_mps = (0.0, 0.0)
        self.tick = 0

    def chunk(self, t_ns):
        first = 4 * self.tick
        if self.speeds_mps[0] > 0.1:
            times_s = (np.arange(4) + first) / 1000
            wrench = walking_wrench(times_s, self.speeds_mps[0])
        else:
            wrench = np.tile(np.float32([0, 0, WEIGHT_N / 2, 0, 0, 0] * 2), (4, 1))
        wrench[:, (2, 8)] += np.float32([[0.5], [-0.5], [0.25], [-0.25]])  # a plate is never still
        return PlateChunk(t_ns, first, first * 1_000_000, 1_000_000, wrench)

    def report(self, t_ns):
        belt = BeltSample(t_ns, *self.speeds_mps, 0.0)
        inputs = GuardInputs(t_ns=t_ns, wish=self.message, belt=belt, asks=tuple(self.asks))
        self.asks = []
        decision = guard(self.state, inputs, self.limits)
        self.state = decision.state
        ramp_mps = decision.command.left_accel_mps2 * TICK_NS / 1e9
        self.speeds_mps = tuple(
            speed + min(max(target - speed, -ramp_mps), ramp_mps)
            for speed, target in zip(
                self.speeds_mps,
                (decision.command.left_speed_mps, decision.command.right_speed_mps),
                strict=True,
            )
        )
        report = Report(self.tick, 0, inputs, decision)
        self.tick += 1
        return report


def make_room(urls):
    site = load_toml(SIMULATED_SITE, Site)
    tables = {
        name: getattr(site, name).model_copy(update={"url": url})
        for name, url in zip(("treadmill", "plates"), urls, strict=True)
    }
    return site.model_copy(update=tables | {"harness": None})


class Recorder:
    """A log, and what of a tick goes into it."""

    def __init__(self, path, site, session):
        header = LogHeader(
            kind="session",
            version="0.1.0",
            boot_id=secrets.token_hex(8),
            start_utc_ns=1_760_000_000_000_000_000,
            site=plain(site),
            session=plain(session),
            scene_columns=("distance_m",),
        )
        self.ticks, self.scenes = tick_table(), Table("scene", columns_of(Steady.Scene))
        tables = (PLATES, HARNESS, self.ticks, self.scenes, GAIT_EVENTS)
        self.log = LogWriter(path, header, tables, is_live=False)

    def record(self, inputs, outputs):
        log, t_ns = self.log, inputs.t_ns
        reports = [encode(report) for report in inputs.reports]
        requests = [msgspec.json.encode(LoggedRequest(inputs.tick, r)) for r in inputs.requests]
        rows, _, crc = pack_inputs(inputs.chunks, inputs.harness, reports, requests)
        if rows:
            log.rows("plates", rows)
        acks = [
            msgspec.json.encode(LoggedAck(inputs.tick, client, ack)) for client, ack in outputs.acks
        ]
        for channel, texts in (("keeper", reports), ("requests", requests), ("acks", acks)):
            for text in texts:
                log.text(channel, t_ns, text)
        row = tick_row(inputs, outputs, input_crc=crc, lateness_s=0.0)
        log.rows("ticks", self.ticks.pack(*row))
        log.rows("scene", self.scenes.pack(*values_of(outputs.step.scene)))
        for event in outputs.gait_events:
            log.rows("gait_events", pack_gait_event(inputs.tick, event))
        for event in outputs.events:
            log.event(event)
        log.end_tick(t_ns)


def write_session(
    path,
    duration_s=20.0,
    *,
    script=START,
    urls=("sim:", "sim:"),
    subject="p-0042",
    has_plates=True,
    change=lambda chunk: chunk,
):
    """Write the log of a session in which `script` is asked: (t_s, name of a request) pairs.

    `change` makes of each chunk of the plates another.
    """
    site = make_room(urls)
    session = Session(scenario="steady", subject=subject, seed=7, cruise_speed_mps=1.0)
    core = Core(
        OwnStage(Steady(Steady.Params(), session.seed)), site.limits, session.cruise_speed_mps
    )
    recorder, laboratory = Recorder(path, site, session), Laboratory(site.limits)
    for index in range(round(duration_s * 250)):
        t_ns = index * TICK_NS
        names = [name for t_s, name in script if round(t_s * 250) == index]
        names += ["alive"] if index % 50 == 0 else []
        requests = [ClientRequest("test", f"{index}-{n}", n) for n in names]
        chunks = [change(laboratory.chunk(t_ns))] if has_plates else []
        report = laboratory.report(t_ns)
        inputs = CoreInputs(index, t_ns, 0, tuple(chunks), (report,), tuple(requests))
        outputs = core.step(inputs)
        laboratory.message = outputs.message
        laboratory.asks += [Ask(a.id, a.name, a.source) for a in outputs.asks]
        recorder.record(inputs, outputs)
    recorder.log.close(t_ns)
    return path


@pytest.fixture(scope="session")
def session_log(tmp_path_factory):
    """Return the log of 40 s: a walk, a STOP at 18 s, a second walk, a pause at 34 s."""
    path = tmp_path_factory.mktemp("session") / "walk.mcap"
    return write_session(path, 40.0, script=(*START, (18.0, "stop"), *AGAIN, (34.0, "pause")))


@pytest.fixture
def make_session(tmp_path):
    """Write another session's log; return its path."""
    return lambda **how: write_session(tmp_path / f"{secrets.token_hex(4)}.mcap", **how)


@pytest.fixture
def truth():
    """Return how the simulated person walks: SI."""
    return SimpleNamespace(
        weight_n=WEIGHT_N,
        stride_s=STRIDE_S,
        stance_s=STANCE_S,
        left_step_s=LEFT_STEP_S,
        right_step_s=STRIDE_S - LEFT_STEP_S,
        width_m=2 * HALF_WIDTH_M,
        speed_mps=1.0,
    )


@pytest.fixture
def imported(recording, tmp_path):
    """Return the log that a real walk was imported to, and how many samples it has."""
    path = tmp_path / "real.mcap"
    return path, import_file(recording("dual_belt_walk_200hz.csv"), "", None, path)
