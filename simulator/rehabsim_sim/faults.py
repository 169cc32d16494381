"""Faults by name, time and seed, on the device's own side of its wire.

Each device asks its `Faults` twice: `values` bends what it measures or is told, `frames` what it
sends. Nothing above the wire can tell a fault from the real thing.

    faults = Faults(plan.faults, "plates", WRENCH_COLUMNS, seed=plan.seed)
    wrench = faults.values(t_ms, wrench)             # (n, 12), the last row at t_ms
    for frame in faults.frames(t_ms, [encode(wrench)]):
        link.write(frame)
    if faults.is_on("cut", t_ms): ...                # hang up, and refuse whoever calls

Source: the seven names of PX4's failure injection (off, stuck, garbage, wrong, slow, delayed,
intermittent), and nine more that force plates and wires know.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rehabsim.base.errors import ConfigError
from rehabsim.devices.laboratory import Fault
from rehabsim_sim.person import Array


class Kind(NamedTuple):
    """What a fault does.

    Attributes:
        meaning: In words; `size` is its figure.
        size: When the file gives none.
        unit: Of `size`; empty where it has none.
    """

    meaning: str
    size: float = math.nan
    unit: str = ""


ON_VALUES: dict[str, Kind] = {
    "stuck": Kind("the last value is repeated; counters and time stamps go on"),
    "wrong": Kind("values times `size`, plausible but false", 1.5, "times"),
    "nan": Kind("not a number"),
    "saturate": Kind("no value beyond `size`, as at a rail", 2.0, "x the usual size below"),
    "drift": Kind("an offset that grows by `size` a second", 0.1, "x the usual size below"),
    "offset": Kind("a constant offset of `size`", 1.0, "x the usual size below"),
    "swap": Kind("left and right are exchanged"),
    "flip": Kind("the sign is inverted"),
}
ON_FRAMES: dict[str, Kind] = {
    "off": Kind("nothing is sent; the connection stays"),
    "garbage": Kind("each byte is random with probability `size`", 0.02, "per byte"),
    "slow": Kind("frames come in bursts, every `size` seconds", 0.2, "s"),
    "delayed": Kind("frames come `size` seconds late, in order", 0.15, "s"),
    "intermittent": Kind("frames are lost in bursts, `size` of them", 0.3, "of all"),
    "dup": Kind("each frame is sent twice"),
    "reorder": Kind("each two frames are exchanged"),
    "cut": Kind("the connection ends within a frame and is refused until the fault is over"),
}
BURST_MS = 40.0
"""Mean length of a gap in an intermittent connection."""

USUAL_SIZE: dict[str, float] = {
    "plates": 50.0,
    "treadmill": 0.3,
    "belts": 0.3,
    "platform": 0.05,
    "imu": 2.0,
    "emg": 0.5,
    "heart_rate": 30.0,
    "harness": 50.0,
    "emergency_stop": 1.0,
}
"""Of an offset, in the unit of the device's channels: N, m/s, m or rad, m/s², ..."""

MEASURES = tuple(ON_VALUES) + tuple(ON_FRAMES)
DEVICES: dict[str, tuple[str, ...]] = {
    "plates": MEASURES,
    "treadmill": tuple(k for k in MEASURES if k != "nan"),
    "belts": (
        *("stuck", "wrong", "drift", "offset", "swap", "flip"),
        *("off", "delayed", "intermittent"),
    ),
    "platform": tuple(k for k in MEASURES if k != "swap"),
    "imu": tuple(k for k in MEASURES if k != "swap"),
    "emg": MEASURES,
    "heart_rate": tuple(k for k in MEASURES if k != "swap"),
    "harness": tuple(k for k in MEASURES if k != "swap"),
    "emergency_stop": ("cut", "stuck", "intermittent"),
}
"""Which faults each device can have. `treadmill` is what it reports, `belts` what it does with the
commands that reach it, `emergency_stop` its two-channel loop."""


@dataclass
class _Running:
    """A fault and what it remembers."""

    fault: Fault
    size: float
    rng: np.random.Generator
    columns: list[int]
    partners: dict[int, int]
    held: Array | None = None
    queue: deque[tuple[int, bytes]] = field(default_factory=deque)
    odd: bytes | None = None
    slot: int = -1
    is_lost: bool = False
    is_torn: bool = False

    def is_on(self, t_ms: float) -> bool:
        start_ms = 1000 * self.fault.at_s
        return start_ms <= t_ms < start_ms + 1000 * self.fault.for_s


class Faults:
    """The faults of one device, in the order of the file; each acts on what the one before left."""

    def __init__(
        self, plan: Sequence[Fault], device: str, channels: Sequence[str], *, seed: int
    ) -> None:
        """Take from `plan` what concerns `device`, whose values have the names `channels`.

        Raises:
            ConfigError: A device, kind or channel that does not exist, in one sentence.
        """
        self.running: list[_Running] = []
        for number, fault in enumerate(plan):
            check_fault(fault, number)
            if fault.device != device:
                continue
            of_fault = (seed, number) if fault.seed is None else (fault.seed,)
            self.running.append(
                _Running(
                    fault,
                    usual_size(device, fault.kind) if fault.size is None else fault.size,
                    np.random.default_rng(of_fault),
                    _columns(fault, channels, number),
                    _partners(channels),
                )
            )

    def __bool__(self) -> bool:
        return bool(self.running)

    def is_on(self, kind: str, t_ms: float) -> bool:
        """Return whether a fault of `kind` is on."""
        return any(r.fault.kind == kind and r.is_on(t_ms) for r in self.running)

    def values(self, t_ms: int, block: npt.ArrayLike) -> Array:
        """Return the (n, channels) values, a millisecond a row, the last at `t_ms`, as bent.

        How the time is cut into calls makes no difference.
        """
        bent: Array = np.array(block, dtype=float)
        times_ms = range(t_ms - len(bent) + 1, t_ms + 1)
        for running in self.running:
            bend = _BENDS.get(running.fault.kind)
            if bend is None:
                continue
            for row, at_ms in zip(bent, times_ms, strict=True):
                if running.is_on(at_ms):
                    bend(running, row, at_ms)
                elif at_ms < 1000 * running.fault.at_s:
                    running.held = row.copy()
        return bent

    def frames(self, t_ms: int, frames: Sequence[bytes]) -> list[bytes]:
        """Return what is really sent now; call it every time, with nothing to send too."""
        sent = list(frames)
        for running in self.running:
            mangle = _MANGLES.get(running.fault.kind)
            if mangle is None:
                continue
            if running.is_on(t_ms):
                sent = mangle(running, t_ms, sent)
            else:
                sent = [frame for _, frame in running.queue] + sent
                running.queue.clear()
                running.is_torn = False
        return sent


def usual_size(device: str, kind: str) -> float:
    """Return the `size` of a fault whose file gives none."""
    size = (ON_VALUES | ON_FRAMES)[kind].size
    return size * USUAL_SIZE[device] if kind in ("saturate", "drift", "offset") else size


def loop_state(faults: Faults, t_ms: int) -> tuple[bool, bool]:
    """Return which channels of the emergency stop are open: cut, bouncing, or welded shut."""
    is_open = [False, False]
    for running in faults.running:
        if running.is_on(t_ms):
            for column in running.columns:
                if running.fault.kind == "cut":
                    is_open[column] = True
                elif running.fault.kind == "stuck":
                    is_open[column] = False
                elif running.rng.random() < running.size:
                    is_open[column] = not is_open[column]
    return is_open[0], is_open[1]


def check_fault(fault: Fault, number: int) -> None:
    """Raise ConfigError when there is no such fault."""
    where = f"fault {number + 1}"
    if fault.device not in DEVICES:
        known = ", ".join(DEVICES)
        raise ConfigError(f"{where}: unknown device {fault.device!r}. Known: {known}.")
    if fault.kind not in MEASURES:
        known = ", ".join(MEASURES)
        raise ConfigError(f"{where}: unknown kind {fault.kind!r}. Known: {known}.")
    if fault.kind not in DEVICES[fault.device]:
        known = ", ".join(DEVICES[fault.device])
        raise ConfigError(
            f"{where}: {fault.device!r} cannot have the fault {fault.kind!r}. It can: {known}."
        )


def _columns(fault: Fault, channels: Sequence[str], number: int) -> list[int]:
    """Return the columns that a fault bends: one by name, those of a side, or all."""
    chosen = [
        i
        for i, name in enumerate(channels)
        if fault.channel in ("", name) or name.startswith(fault.channel + "_")
    ]
    if not chosen:
        known = ", ".join(channels)
        raise ConfigError(
            f"fault {number + 1}: {fault.device!r} has no channel {fault.channel!r}. Known:"
            f" {known}; or the first word of several."
        )
    return chosen


def _partners(channels: Sequence[str]) -> dict[int, int]:
    """Return for each channel of a side that of the other."""
    places = {name: i for i, name in enumerate(channels)}
    return {
        i: places[other]
        for name, i in places.items()
        for other in (
            name.replace("left_", "right_", 1)
            if name.startswith("left_")
            else name.replace("right_", "left_", 1),
        )
        if other != name and other in places
    }


# -- values ---------------------------------------------------------------------------------


def _stick(running: _Running, row: Array, at_ms: float) -> None:
    if running.held is None:
        running.held = row.copy()
    row[running.columns] = running.held[running.columns]


def _scale(running: _Running, row: Array, at_ms: float) -> None:
    row[running.columns] *= running.size


def _void(running: _Running, row: Array, at_ms: float) -> None:
    row[running.columns] = np.nan


def _rail(running: _Running, row: Array, at_ms: float) -> None:
    size = abs(running.size)
    row[running.columns] = np.clip(row[running.columns], -size, size)


def _drift(running: _Running, row: Array, at_ms: float) -> None:
    row[running.columns] += running.size * (at_ms / 1000 - running.fault.at_s)


def _offset(running: _Running, row: Array, at_ms: float) -> None:
    row[running.columns] += running.size


def _swap(running: _Running, row: Array, at_ms: float) -> None:
    before = row.copy()
    for column, partner in running.partners.items():
        row[column] = before[partner]


def _flip(running: _Running, row: Array, at_ms: float) -> None:
    row[running.columns] *= -1


_BENDS: dict[str, Callable[[_Running, Array, float], None]] = {
    "stuck": _stick,
    "wrong": _scale,
    "nan": _void,
    "saturate": _rail,
    "drift": _drift,
    "offset": _offset,
    "swap": _swap,
    "flip": _flip,
}

# -- frames ---------------------------------------------------------------------------------


def _silence(running: _Running, t_ms: int, frames: list[bytes]) -> list[bytes]:
    return []


def _garble(running: _Running, t_ms: int, frames: list[bytes]) -> list[bytes]:
    spoilt = []
    for frame in frames:
        content = np.frombuffer(frame, np.uint8).copy()
        hit = running.rng.random(len(content)) < running.size
        content[hit] = running.rng.integers(0, 256, int(hit.sum()), dtype=np.uint8)
        spoilt.append(content.tobytes())
    return spoilt


def _bunch(running: _Running, t_ms: int, frames: list[bytes]) -> list[bytes]:
    running.queue.extend((t_ms, frame) for frame in frames)
    slot = int((t_ms - 1000 * running.fault.at_s) // max(1000 * running.size, 1))
    if slot == running.slot:
        return []
    running.slot = slot
    sent = [frame for _, frame in running.queue]
    running.queue.clear()
    return sent


def _delay(running: _Running, t_ms: int, frames: list[bytes]) -> list[bytes]:
    running.queue.extend((t_ms, frame) for frame in frames)
    sent = []
    while running.queue and running.queue[0][0] <= t_ms - 1000 * running.size:
        sent.append(running.queue.popleft()[1])
    return sent


def _lose(running: _Running, t_ms: int, frames: list[bytes]) -> list[bytes]:
    kept = []
    part = min(max(running.size, 0.0), 0.99)
    end = 4 / BURST_MS
    for frame in frames:
        chance = end if running.is_lost else end * part / (1 - part)
        if running.rng.random() < chance:
            running.is_lost = not running.is_lost
        if not running.is_lost:
            kept.append(frame)
    return kept


def _double(running: _Running, t_ms: int, frames: list[bytes]) -> list[bytes]:
    return [frame for frame in frames for _ in range(2)]


def _exchange(running: _Running, t_ms: int, frames: list[bytes]) -> list[bytes]:
    sent = []
    for frame in frames:
        if running.odd is None:
            running.odd = frame
        else:
            sent += [frame, running.odd]
            running.odd = None
    return sent


def _tear(running: _Running, t_ms: int, frames: list[bytes]) -> list[bytes]:
    if running.is_torn or not frames:
        return []
    running.is_torn = True
    return [frames[0][: len(frames[0]) // 2]]


_MANGLES: dict[str, Callable[[_Running, int, list[bytes]], list[bytes]]] = {
    "off": _silence,
    "garbage": _garble,
    "slow": _bunch,
    "delayed": _delay,
    "intermittent": _lose,
    "dup": _double,
    "reorder": _exchange,
    "cut": _tear,
}


def table() -> str:
    """Return the faults of every device as a Markdown table; FAULTS.md holds it."""
    lines = ["| kind | what happens | usual `size` | devices |", "|---|---|---|---|"]
    for name, kind in (ON_VALUES | ON_FRAMES).items():
        size = "" if math.isnan(kind.size) else f"{kind.size:g} {kind.unit}"
        devices = ", ".join(device for device, kinds in DEVICES.items() if name in kinds)
        lines.append(f"| `{name}` | {kind.meaning} | {size} | {devices} |")
    sizes = ", ".join(f"{device} {size:g}" for device, size in USUAL_SIZE.items())
    return "\n".join(lines) + f"\n\nUsual size, in the unit of the channels: {sizes}.\n"
