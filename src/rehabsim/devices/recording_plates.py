"""Driver for `kind = "recording"`: force plates that play a file at its true rate.

The address is `recording:FILE[?rate=200&columns=left_fx_n,-left_fy_n,_]`, for a C3D file
`recording:FILE?forward=-x`; what FILE may be and
what its name or header may leave unsaid is in `recording_file`. Whoever walks there walked then:
belts that move do not change what is played.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from rehabsim.base.clock import Clock
from rehabsim.base.config import Strict
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.base.records import PlateChunk
from rehabsim.devices.recording_file import read_recording

SCHEME = "recording:"


class RecordingPlates:
    """A recording of two force plates, played as if someone walked on them now.

    Attributes:
        note: What is played and what was assumed about it; for the log's header.
        lost_count: Samples that were missing in the recording so far.
    """

    class Config(Strict):
        """`[plates]` of the site file."""

        kind: Literal["recording"]
        url: str

    def __init__(self, config: Config, clock: Clock) -> None:
        path, columns, rate_hz, forward = split_url(config.url)
        self.config = config
        self.lost_count = 0
        self._clock = clock
        self._recording = recording = read_recording(
            path, columns=columns, rate_hz=rate_hz, forward=forward
        )
        self.note = recording.note
        is_new = (np.diff(recording.sequence) != 1) | (np.diff(recording.dt_ns) != 0)
        self._breaks = np.flatnonzero(is_new) + 1
        self._start_ns: int | None = None
        self._next = 0
        self._is_closed = False

    async def open(self) -> None:
        """Start playing: the first sample is due now."""
        self._start_ns = self._clock.now_ns()
        self._next, self.lost_count = 0, 0
        self._is_closed = False

    async def close(self) -> None:
        """Stop playing."""
        self._is_closed = True

    def take(self) -> Sequence[PlateChunk]:
        """Return what was due since the last call; a new chunk begins after each gap."""
        assert self._start_ns is not None, "open() first"
        if self._is_closed:
            raise self._error("closed here")
        now_ns = self._clock.now_ns()
        elapsed_ns = now_ns - self._start_ns
        recording, first = self._recording, self._next
        if first == len(recording.due_ns):
            if elapsed_ns < round(recording.duration_s * 1e9):
                return []
            raise self._error(
                f"the recording ended after {recording.duration_s:.2f} s; end the session, or"
                " give it a longer one."
            )
        end = int(np.searchsorted(recording.due_ns, elapsed_ns, side="right"))
        inner = self._breaks[
            np.searchsorted(self._breaks, first, "right") : np.searchsorted(self._breaks, end)
        ]
        edges = [first, *inner.tolist(), end]
        self._next = end
        return [self._chunk(a, b, now_ns) for a, b in pairwise(edges) if a < b]

    def _chunk(self, first: int, end: int, now_ns: int) -> PlateChunk:
        recording = self._recording
        if first:
            self.lost_count += int(recording.sequence[first] - recording.sequence[first - 1]) - 1
        return PlateChunk(
            now_ns,
            int(recording.sequence[first]),
            int(recording.device_t_ns[first]),
            int(recording.dt_ns[first]),
            recording.wrench[first:end],
        )

    def _error(self, why: str) -> LinkError:
        url = self.config.url
        return LinkError(f"plates at {url}: {why}", device="plates", url=url)


def split_url(url: str) -> tuple[Path, str, float | None, str]:
    """Return file, columns, rate in Hz (or None) and forward axis of a recording's address.

    Raises:
        ConfigError: It is not one.
    """
    if not url.startswith(SCHEME) or not url.removeprefix(SCHEME).partition("?")[0]:
        raise ConfigError(f"plates at {url!r}: write recording:FILE, as recording:walk_200hz.csv.")
    name, _, query = url.removeprefix(SCHEME).partition("?")
    options: dict[str, str] = {}
    for option in query.split("&") if query else []:
        key, _, value = option.partition("=")
        if key not in ("rate", "columns", "forward") or not value or key in options:
            raise ConfigError(
                f"plates at {url}: option {option!r}. Known, once each: rate=SAMPLES_PER_SECOND,"
                " columns=NAME,NAME,…, forward=AXIS for C3D"
            )
        options[key] = value
    rate_hz = _rate(url, options.get("rate"))
    return Path(name), options.get("columns", ""), rate_hz, options.get("forward", "")


def _rate(url: str, text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        raise ConfigError(
            f"plates at {url}: rate {text!r} is not a number; give samples per second."
        ) from None
