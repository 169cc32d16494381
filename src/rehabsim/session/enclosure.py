"""A process that is kept in: started, asked and ended from outside, whatever it does inside.

Around it is what bubblewrap builds, where that can be used: no network, no other processes, of the
files only those that it has to read, and none of them writable. Its own part is in `contain`.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

PRIORITY = 15
"""Of SCHED_FIFO: below the session's, which waits for it."""

END_S = 2.0
PROBE_S = 5.0
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime")
_DEVICES = ("/dev/null", "/dev/urandom")
_APART = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM
_SENDER = struct.Struct("=iII")
"""Process, user and group of who sent a message; the process as we number it."""

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class Enclosure:
    """A module of ours that runs contained, with a socket as its standard input.

    Args:
        module: To run.
        own: A folder that it may read beside Python and what is installed, or None.

    Attributes:
        line: The other end of that socket; each message is one.
        readable: All that it may read.
        is_punctual: It has a real-time priority.
        words: What is around it, in plain words.
    """

    def __init__(self, module: str, own: Path | None) -> None:
        self.readable = _readable(own)
        self.words, bubble = _bubble(self.readable)
        self.line, theirs = socket.socketpair(socket.AF_UNIX, _APART)
        with theirs:
            self._process = subprocess.Popen(
                [*bubble, sys.executable, "-m", module],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )
        if sys.platform == "linux":
            self.line.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.line.setblocking(False)
        self.is_punctual = False
        self._pid = 0

    async def hear(self, size: int) -> bytes:
        """Return the next message, while it is starting; nothing when it has hung up.

        Args:
            size: The longest message, bytes.
        """
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self.line, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self.line)
        try:
            data, notes, _, _ = self.line.recvmsg(size, socket.CMSG_SPACE(_SENDER.size))
        except OSError:
            return b""
        for _, _, note in notes:
            self._pid = _SENDER.unpack_from(note)[0]
        return data

    def be_punctual(self) -> str:
        """Give it a priority just below ours; return what was permitted, in plain words.

        Its threads do not share it, and a burst of `contain.MAX_BURST_US` ends it.
        """
        try:
            how = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
            os.sched_setscheduler(self._pid or self._process.pid, how, os.sched_param(PRIORITY))
        except (AttributeError, OSError):
            return "ordinary scheduling (SCHED_FIFO not permitted)"
        self.is_punctual = True
        return f"SCHED_FIFO {PRIORITY}"

    def ending(self, wait_s: float) -> str:
        """Return how it ended, if it does within `wait_s`."""
        try:
            status = self._process.wait(wait_s)
        except subprocess.TimeoutExpired:
            return "hung up"
        # Bubblewrap reports a signal as shells do.
        number = -status if status < 0 else status - 128
        return f"was killed (signal {number})" if number > 0 else f"ended (exit status {status})"

    def last_words(self) -> str:
        """Return what it said last on its standard error, until it closed that; and kill it."""
        self.kill()
        assert self._process.stderr is not None
        lines = self._process.stderr.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""

    def kill(self) -> None:
        """Kill it and all that it started; nobody waits for them."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()

    def close(self) -> None:
        """End it, whatever it does."""
        self.line.close()
        self.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(END_S)
        assert self._process.stderr is not None
        self._process.stderr.close()


def _readable(own: Path | None) -> tuple[str, ...]:
    """Return what a program in Python has to read: Python, what is installed, its own folder."""
    executable = Path(sys.executable)
    paths = [*_SYSTEM, *_DEVICES, sys.prefix, sys.base_prefix, str(executable.parent)]
    paths += [str(executable.resolve().parent), *_import_paths()]
    if own is not None:
        paths.append(str(own))
    return tuple(sorted({path for path in paths if path != "/" and Path(path).exists()}))


def _import_paths() -> list[str]:
    """Return where modules are, without the folder that we happened to be started in."""
    first, *rest = sys.path or [""]
    return rest if first in ("", str(Path.cwd())) else [first, *rest]


def _environment() -> dict[str, str]:
    """Return all that it is told of our environment; each library gets one thread."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(_import_paths()),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict.fromkeys(_THREADS, "1"),
    }


def _bubble(readable: tuple[str, ...]) -> tuple[str, list[str]]:
    """Return whether bubblewrap can be used, in words, and the command that contains another."""
    program = shutil.which("bwrap")
    if program is None:
        return "no bubblewrap (not installed)", []
    words = [program, "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--chdir", "/"]
    for path in (path for path in readable if path not in _DEVICES):
        words += ["--ro-bind", path, path]
    words += ["--dev", "/dev", "--remount-ro", "/dev", "--remount-ro", "/"]
    probe = [*words, sys.executable, "-S", "-c", ""]
    try:
        subprocess.run(probe, check=True, capture_output=True, timeout=PROBE_S)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error).encode()
        return f"no bubblewrap ({said.decode(errors='replace').strip()[:100]})", []
    return "bubblewrap", words
