"""The log's table of ticks: one row says what a tick was made from and what it decided. Pure."""

from math import nan
from typing import Any

from rehabsim.base.records import MODES, SEVERITIES, Gait
from rehabsim.session.core import CoreInputs, CoreOutputs
from rehabsim.session.table import Column, Table, columns_of, values_of


def tick_table() -> Table:
    """Return the table with one row per tick; `tick_row` fills it."""
    gait = columns_of(Gait)
    return Table(
        "ticks",
        [
            *(Column(name, "i8") for name in _COUNTS),
            Column("lateness_s", "f8"),
            *(Column(name, "i8") for name in ("mode", "severity", "keeper_t_ns", "belt_t_ns")),
            *(Column(name, "i8") for name in _TASKS),
            *(Column(name, "f8") for name in _NUMBERS),
            *(Column("gait_t_ns", c.type) if c.name == "t_ns" else c for c in gait),
        ],
    )


_TASKS = ("try_count", "success_count")
_COUNTS = (
    "tick",
    "t_ns",
    "missed_count",
    "plate_count",
    "harness_count",
    "report_count",
    "request_count",
    "input_crc",
)
_NUMBERS = (
    "level",
    "belt_left_speed_mps",
    "belt_right_speed_mps",
    "belt_incline_rad",
    "left_distance_m",
    "right_distance_m",
    "cruise_speed_mps",
    "wish_left_speed_mps",
    "wish_right_speed_mps",
    "wish_incline_rad",
    "command_left_speed_mps",
    "command_right_speed_mps",
    "command_left_accel_mps2",
    "command_right_accel_mps2",
    "command_incline_rad",
    "visual_sway_m",
)

NOT_REPLAYED = ("lateness_s",)
"""Columns of `ticks` that say how the host did, not what was decided."""


def tick_row(
    inputs: CoreInputs, outputs: CoreOutputs, *, input_crc: int, lateness_s: float
) -> tuple[Any, ...]:
    """Return the values of one row of `tick_table`."""
    state, wish, report = outputs.state, outputs.step.wish, outputs.report
    keeper: tuple[Any, ...] = (MODES.index("locked"), 0, -1)
    command: tuple[float, ...] = (nan, nan, nan, nan, nan)
    tuned = outputs.tuned
    tasks = (0, 0, nan) if tuned is None else (tuned.try_count, tuned.success_count, tuned.level)
    if report is not None:
        decision = report.decision
        c = decision.command
        keeper = (
            MODES.index(decision.state.mode),
            SEVERITIES.index(decision.state.severity),
            report.inputs.t_ns,
        )
        command = (
            c.left_speed_mps,
            c.right_speed_mps,
            c.left_accel_mps2,
            c.right_accel_mps2,
            c.incline_rad,
        )
    return (
        inputs.tick,
        inputs.t_ns,
        inputs.missed_count,
        sum(len(chunk.wrench) for chunk in inputs.chunks),
        len(inputs.harness),
        len(inputs.reports),
        len(inputs.requests),
        input_crc,
        lateness_s,
        *keeper,
        state.belt.t_ns,
        *tasks,
        state.belt.left_speed_mps,
        state.belt.right_speed_mps,
        state.belt.incline_rad,
        state.left_distance_m,
        state.right_distance_m,
        state.cruise_speed_mps,
        wish.left_speed_mps,
        wish.right_speed_mps,
        wish.incline_rad,
        *command,
        outputs.visual_sway_m,
        *values_of(state.gait),
    )
