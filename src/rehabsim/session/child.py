"""One process of a session, as the supervisor has it."""

import contextlib
import ctypes
import queue
import signal
import subprocess
import sys
import threading
from typing import IO, Any

import msgspec

from rehabsim.base.errors import ConfigError, LinkError, RehabsimError

START_S = 120.0
"""Longest wait for a process to say that it is ready; the simulator compiles itself once."""

_PR_SET_PDEATHSIG = 1


class Child:
    """One process of the session, which says JSON lines on its standard output."""

    def __init__(
        self, name: str, words: list[str], plan: bytes, *, ends_with_us: signal.Signals | None
    ) -> None:
        self.name = name
        self.heard: queue.Queue[dict[str, Any] | None] = queue.Queue()

        def before_exec() -> None:
            if ends_with_us is not None and sys.platform == "linux":
                ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(ends_with_us))

        self.process = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=before_exec,  # noqa: PLW1509  (no threads hold locks that exec needs)
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(plan)
            self.process.stdin.close()
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()

    def _listen(self, lines: IO[bytes]) -> None:
        for line in lines:
            with contextlib.suppress(msgspec.DecodeError):
                self.heard.put(msgspec.json.decode(line, type=dict[str, Any]))
        self.heard.put(None)

    def wait_ready(self) -> Any:
        """Return what it says when ready.

        Raises:
            RehabsimError: It failed, died or says nothing.
        """
        try:
            words = self.heard.get(timeout=START_S)
        except queue.Empty:
            raise LinkError(
                f"{self.name}: did not start within {START_S:g} s.", device=self.name, url=""
            ) from None
        if words is None:
            raise LinkError(
                f"{self.name}: ended while starting, exit status {self.process.wait()}.",
                device=self.name,
                url="",
            )
        if "failed" in words:
            raise (ConfigError if words.get("is_usage") else RehabsimError)(words["failed"])
        return words["ready"]

    @property
    def is_running(self) -> bool:
        """It has not ended."""
        return self.process.poll() is None

    def end(self, timeout_s: float) -> None:
        """Ask it to end, and make it end when it does not."""
        if self.is_running:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
