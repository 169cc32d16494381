"""Listens to a keeper as anybody on its computer may: what it decides, and when."""

import contextlib
import socket
import threading
from types import TracebackType

import numpy as np

from rehabsim.devices.inbox import MAX_MESSAGE_BYTES
from rehabsim.safety.keeper import PERIOD_NS, PHASE_NS
from rehabsim.safety.messages import Report, decode_report

TOO_LONG_S = 1.0


class Ear:
    """Hears every report of the keeper at `url` until closed.

    It understands them only when asked, so as not to be in the way.
    """

    def __init__(self, url: str) -> None:
        self._heard: list[bytes] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.connect(url.removeprefix("unix:"))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self) -> "Ear":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while message := self._socket.recv(MAX_MESSAGE_BYTES):
                self._heard.append(message)

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(TOO_LONG_S)
        self._socket.close()

    def reports(self, since_s: float = 0.0) -> list[Report]:
        """Return what was decided from `since_s` on."""
        found = map(decode_report, tuple(self._heard))
        return [report for report in found if report.inputs.t_ns >= 1e9 * since_s]


def entered_s(reports: list[Report], mode: str) -> float:
    """Return when the belts' mode was first `mode`, NaN if never."""
    found = (r.inputs.t_ns / 1e9 for r in reports if r.decision.state.mode == mode)
    return next(found, float("nan"))


def lateness_ms(reports: list[Report]) -> np.ndarray:
    """Return how late the keeper decided each time, those it missed before included."""
    t_ns = np.array([report.inputs.t_ns for report in reports], dtype=np.int64)
    missed = np.array([report.missed_count for report in reports], dtype=np.int64)
    return ((t_ns - PHASE_NS) % PERIOD_NS + missed * PERIOD_NS) / 1e6
