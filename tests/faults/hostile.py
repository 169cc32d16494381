"""A scenario that walks for a while and then does what no scenario should.

A deed is over at once, and returns whether it did what should not have been possible; after it the
scenario walks on, and its scene tells the count. An ending is a last step, if it is one at all.
"""

import contextlib
import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rehabsim.base.config import Strict
from rehabsim.base.records import Event, Record, State, Wish
from rehabsim.training.scenario import Step

NAN = float("nan")
PR_SET_PTRACER, PTRACE_ATTACH = 0x59616D61, 16
DAEMONS = ("rehabsim.safety.keeper", "rehabsim.session.run")


class Hostile:
    """Walks at the cruise speed until `after_s` of walking."""

    name = "hostile"

    class Params(Strict):
        """`[params]` of the session file.

        Attributes:
            hostilities: Names of methods, with spaces between; one a tick.
            after_s: How long it walks before.
            log: The session's, to spoil.
            key: A file to read.
            keeper: Path of the keeper's socket.
            requests: Where the session takes requests, `tcp://`.
            victim: Number of a process to attack.
        """

        hostilities: str
        after_s: float = 1.0
        log: str = ""
        key: str = ""
        keeper: str = ""
        requests: str = ""
        victim: int = 0

    class Scene(Record, frozen=True):
        """What came of it."""

        attempt_count: int
        escape_count: int

    def __init__(self, params: Params, seed: int) -> None:
        self.params = params
        self._ahead = params.hostilities.split()
        self._walked_s = 0.0
        self._attempts = self._escapes = 0

    def step(self, state: State) -> Step:
        """Walk, and once it is time be hostile."""
        self._walked_s += state.dt_s if state.mode == "running" else 0.0
        if self._ahead and self._walked_s >= self.params.after_s:
            self._attempts += 1
            found = getattr(self, self._ahead.pop(0))(state)
            if not isinstance(found, bool):
                return found
            self._escapes += found
        mps = state.cruise_speed_mps
        return Step(Wish(mps, mps), self.Scene(self._attempts, self._escapes))

    def _still(self) -> Step:
        return Step(Wish(0.5, 0.5), self.Scene(self._attempts, self._escapes))

    # -- processes -------------------------------------------------------------------------

    def bombs(self, state: State) -> bool:
        """Fork for ever; the children sleep, so that this computer can go on."""
        children = 0
        with contextlib.suppress(OSError):
            for _ in range(500):
                if os.fork() == 0:
                    time.sleep(20)
                    os._exit(0)
                children += 1
        return children > 0

    def runs_a_program(self, state: State) -> bool:
        """Start another program."""
        return _works(lambda: subprocess.run([sys.executable, "-c", ""], check=True))

    def kills_its_parent(self, state: State) -> bool:
        """Kill whoever started us, and the keeper."""
        numbers = {os.getppid(), self.params.victim} - {0, 1}
        return any([_works(lambda n=n: os.kill(n, signal.SIGKILL)) for n in numbers])

    def kills_its_group(self, state: State) -> bool:
        """Kill its own process group, and everybody whom it may."""
        return any([_works(lambda n=n: os.kill(n, signal.SIGKILL)) for n in (0, -1)])

    def kills_by_name(self, state: State) -> bool:
        """Look for keeper and session in /proc, stop them, and lower their limits."""
        return any([_works(lambda n=n: os.kill(n, signal.SIGSTOP)) for n in _processes()])

    def starves_others(self, state: State) -> bool:
        """Take their limits and priority from keeper and session."""
        numbers = [*_processes(), self.params.victim]
        limits = (resource.RLIMIT_NOFILE, (1, 1))
        idle = os.sched_param(0)
        return any(
            [
                _works(lambda n=n: resource.prlimit(n, *limits))
                or _works(lambda n=n: os.sched_setscheduler(n, os.SCHED_IDLE, idle))
                or _works(lambda n=n: os.setpriority(os.PRIO_PROCESS, n, 19))
                for n in numbers
            ]
        )

    def traces(self, state: State) -> bool:
        """Attach to keeper, session and parent as a debugger does."""
        libc = ctypes.CDLL(None, use_errno=True)
        numbers = {*_processes(), self.params.victim, os.getppid()} - {0, 1}
        return any([libc.ptrace(PTRACE_ATTACH, number, None, None) == 0 for number in numbers])

    # -- files -----------------------------------------------------------------------------

    def opens_the_log(self, state: State) -> bool:
        """Write into the log."""
        return _works(lambda: Path(self.params.log).open("r+b").close())

    def overwrites_the_log(self, state: State) -> bool:
        """Make a file of the log's name, or cut it off."""
        with contextlib.suppress(OSError):
            os.truncate(self.params.log, 0)
            return True
        return _works(lambda: Path(self.params.log).write_bytes(b"nothing happened"))

    def deletes_the_log(self, state: State) -> bool:
        """Remove the log, or move it away, or take everybody's right to it."""
        log = Path(self.params.log)
        return any([_works(log.unlink), _works(lambda: log.chmod(0)), _works(_move(log))])

    def writes_files(self, state: State) -> bool:
        """Write where programs usually may."""
        folders = {Path.cwd(), Path("/tmp"), Path("/dev/shm"), Path(__file__).parent}
        folders |= {Path(self.params.log).parent, Path("/root"), Path("/var/tmp")}
        return any([_works(lambda f=f: (f / "hostile").write_bytes(b"x")) for f in folders])

    def reads_secrets(self, state: State) -> bool:
        """Read what is nobody's business: a key in the session's folder."""
        return _works(lambda: Path(self.params.key).read_bytes())

    # -- the net, and our own doors --------------------------------------------------------

    def calls_out(self, state: State) -> bool:
        """Open sockets of every usual kind to the world."""
        kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
        return any([_works(lambda kind=kind: _send("192.0.2.1", 9, kind)) for kind in kinds])

    def commands_the_keeper(self, state: State) -> bool:
        """Ask the keeper itself to arm and start, or at least to listen."""

        def ask() -> None:
            with socket.socket(socket.AF_UNIX) as sock:
                sock.connect(self.params.keeper)

        return _works(ask)

    def asks_the_session(self, state: State) -> bool:
        """Reach the door at which clients ask."""
        host, _, port = self.params.requests.removeprefix("tcp://").rpartition(":")
        return _works(lambda: _send(host, int(port), socket.SOCK_STREAM))

    # -- time and memory -------------------------------------------------------------------

    def spins(self, state: State) -> Step:
        """Compute for ever."""
        while True:
            pass

    def sleeps(self, state: State) -> Step:
        """Wait for ten seconds."""
        time.sleep(10)
        return self._still()

    def hogs_and_spins(self, state: State) -> Step:
        """Compute for ever in five threads."""
        for _ in range(4):
            threading.Thread(target=self.spins, args=(state,), daemon=True).start()
        return self.spins(state)

    def takes_memory(self, state: State) -> Step:
        """Take memory and use it, until there is none."""
        taken = []
        while True:
            taken.append(b"x" * 2**26)

    def takes_a_gigabyte(self, state: State) -> Step:
        """Take much more than is allowed at once."""
        return Step(Wish(len(bytearray(3 * 2**30)), 0.5), self.Scene(1, 1))

    def talks(self, state: State) -> Step:
        """Write to standard output and error for ever."""
        while True:
            os.write(1, b"x" * 65536)
            os.write(2, b"x" * 65536)

    # -- its own end -----------------------------------------------------------------------

    def exits(self, state: State) -> Step:
        """Leave politely."""
        sys.exit(0)

    def exits_at_once(self, state: State) -> Step:
        """Leave."""
        os._exit(3)

    def crashes(self, state: State) -> Step:
        """Read where nothing is."""
        ctypes.string_at(1)
        return self._still()

    def recurses(self, state: State) -> Step:
        """Call itself, and let Python not notice."""
        sys.setrecursionlimit(10**9)
        return self.recurses(state)

    def stops_itself(self, state: State) -> Step:
        """Stop by signal, or sleep where that is refused."""
        with contextlib.suppress(OSError):
            os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(10)
        return self._still()

    def closes_everything(self, state: State) -> Step:
        """Close every file it has, its line to the session too."""
        os.closerange(0, 256)
        return self._still()

    # -- answers ---------------------------------------------------------------------------

    def answers_hugely(self, state: State) -> Step:
        """Tell a story of 64 MB."""
        event = Event(state.t_ns, "gate", "scenario", "none", "x" * 2**26)
        return Step(Wish(0.5, 0.5), self.Scene(1, 0), (event,))

    def answers_often(self, state: State) -> Step:
        """Tell so many stories that the log would burst."""
        event = Event(state.t_ns, "gate", "scenario", "none", "x")
        return Step(Wish(0.5, 0.5), self.Scene(1, 0), (event,) * 100_000)

    def answers_nan(self, state: State) -> Step:
        """Wish for what is no speed."""
        return Step(Wish(NAN, NAN, NAN), self.Scene(1, 0))

    def answers_words(self, state: State) -> Step:
        """Wish for words."""
        return Step(Wish("fast", None), self.Scene("far", [1]))

    def answers_late_events(self, state: State) -> Step:
        """Tell of the end of time."""
        return Step(Wish(0.5, 0.5), self.Scene(1, 0), (Event(2**63 - 1, "x", "x", "none", "x"),))

    def answers_itself(self, state: State) -> Step:
        """Answer on the line, in the session's own words, before it is asked."""
        for number in range(3, 64):
            with contextlib.suppress(OSError):
                os.write(number, b"\x81\xa4type\xa6answer")
        return self._still()


DEEDS = (
    *("bombs", "runs_a_program", "kills_its_parent", "kills_its_group", "kills_by_name"),
    *("starves_others", "traces", "opens_the_log", "overwrites_the_log", "deletes_the_log"),
    *("writes_files", "reads_secrets", "calls_out", "commands_the_keeper", "asks_the_session"),
)
ENDINGS = (
    *("spins", "sleeps", "hogs_and_spins", "takes_memory", "takes_a_gigabyte", "talks", "exits"),
    *("exits_at_once", "crashes", "recurses", "stops_itself", "closes_everything"),
    *("answers_hugely", "answers_often", "answers_nan", "answers_words", "answers_late_events"),
    "answers_itself",
)


def _works(deed: Callable[[], object]) -> bool:
    try:
        deed()
    except Exception:
        return False
    return True


def _move(path: Path) -> Callable[[], object]:
    return lambda: path.rename(path.with_suffix(".gone"))


def _send(host: str, port: int, kind: int) -> None:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.settimeout(0.01)
        with contextlib.suppress(TimeoutError):  # Only a deaf world would keep us waiting.
            sock.connect((host, port))


def _processes() -> Iterator[int]:
    """Yield the processes of keeper and session, as far as they can be seen."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().decode(errors="replace")
            if any(name in words for name in DAEMONS):
                yield int(path.parent.name)
