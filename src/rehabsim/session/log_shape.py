"""Which tables a session's log has, and how fast it grows."""

from rehabsim.base.clock import NS
from rehabsim.session.core import PERIOD_NS
from rehabsim.session.riding import platform_table
from rehabsim.session.table import GAIT_EVENTS, HARNESS, PLATES, Table, columns_of
from rehabsim.session.ticks import tick_table
from rehabsim.training.scenario import Stage

TICK_HZ = NS / PERIOD_NS
PLATE_HZ = 1000
NOT_PER_TICK = (PLATES, HARNESS, GAIT_EVENTS)
KEEPER_BYTES = 1_050
"""Of one report with its frame."""

PLATFORM_BYTES = 850
"""Of the platform's part in it."""

FRAME_BYTES_PER_S = 25_000
"""Frames of 62 blocks, operator records, events and steps."""


def tables(scenario: Stage, *, has_platform: bool = False) -> tuple[Table, ...]:
    """Return the tables of a session's log; a tick is written behind all that belongs to it."""
    scene = Table("scene", columns_of(scenario.Scene))
    riding = (platform_table(),) if has_platform else ()
    return (PLATES, HARNESS, scene, GAIT_EVENTS, *riding, tick_table())


def log_bytes_per_s(scenario: Stage, *, has_platform: bool = False) -> float:
    """Return at what rate a live session fills its disk, at least.

    Source: rows of the tables at 250 Hz and 1 kHz, what else is in a tick as measured, and the
    frame of each block and message; a test holds it against a real session.
    """
    whole = tables(scenario, has_platform=has_platform)
    per_tick = sum(table.dtype.itemsize for table in whole if table not in NOT_PER_TICK)
    per_tick += KEEPER_BYTES + PLATFORM_BYTES * has_platform
    return TICK_HZ * per_tick + PLATE_HZ * PLATES.dtype.itemsize + FRAME_BYTES_PER_S
