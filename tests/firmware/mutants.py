"""Breaks the portable C in every small way and asks the tests whether they notice.

    python tests/firmware/mutants.py [SHARE [FILE.c ...]]

Each mutant runs in a process of its own, which says which test it is in and which one failed. A
mutant is killed by a test with a name; one that ends without saying anything is a failure, never
a success. Exits 1 when a mutant lives that is not in `EQUIVALENT`.
"""

import contextlib
import ctypes
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pytest
from _pytest.main import pytest_runtestloop
from firmware.boards import LIBRARY_VARIABLE
from firmware.mutate import SWITCH, Mutant, build_mutants
from firmware.runs import C_TESTS

OPTIONS = ["-x", "--noconftest", "-pno:cacheprovider", "-pno:terminal", "-pno:faulthandler"]
OPTIONS += ["-oaddopts=--import-mode=importlib", "-otimeout=0"]
TIMEOUT_S = 30
CANARY = "rs_host.c: is_current: MAX_HEARD_AGE_US -> MAX_HEARD_AGE_US + 1"
CANARY_TEST = "test_a_command_of_another_session"

EXCUSES = """\
rs_frame.c: unstuff, return 0:
0 -> 1
    content as short as a CRC is no frame either
rs_frame.c: checked:
RS_CRC_BYTES -> RS_CRC_BYTES - 1
    an empty content is length 0, which is none
rs_frame.c: checked:
length <= RS_CRC_BYTES -> length < RS_CRC_BYTES
    the same
rs_belts.c: rs_larger:
a > b -> a >= b
    equal numbers: either is the larger
rs_belts.c: rs_smaller:
a < b -> a <= b
    equal numbers: either is the smaller
rs_belts.c: watch_emergency:
RS_CLOSED_TICKS -> RS_CLOSED_TICKS + 1
    a counter may stop one later
rs_belts.c: watch_emergency:
t->closed_ticks < RS_CLOSED_TICKS -> t->closed_ticks <= RS_CLOSED_TICKS
    the same
rs_belts.c: towards:
gap > step -> gap >= step
    one step away, both give the target
rs_belts.c: towards:
gap < (-((int64_t) step)) -> gap <= (-((int64_t) step))
    the same, downward
rs_following.c: rs_lag:
2 -> 3
    writes behind the two belts, which ends it under sanitizers
rs_following.c: rs_lag:
i < 2 -> i <= 2
    the same
rs_following.c: magnitude:
0 -> 1
    0 and its negative are one
rs_following.c: magnitude:
value < 0 -> value <= 0
    the same
rs_following.c: is_off:
0 -> 1
    a belt where it should be is not off, slower or not
rs_following.c: is_off:
gap_umps < 0 -> gap_umps <= 0
    the same
rs_following.c: rs_has_run_away:
RS_TICK_US -> RS_TICK_US - 1
    time goes by in whole ticks
rs_host.c: length_of, return 0:
0 -> 1
    an unknown type: no frame is 1 byte long
rs_host.c: rs_treadmill_hear:
STOP_BYTES -> STOP_BYTES - 1
    no type has a length of 3
rs_plates.c: rs_plates_frame:
i < numbers -> i <= numbers
    what is written behind the last number is not sent; sanitizers end it with 16 samples
"""
EQUIVALENT = {
    f"{place} {change}": reason.strip()
    for place, change, reason in zip(*[iter(EXCUSES.splitlines())] * 3, strict=True)
}
"""Mutants that no test can kill, by file, function and change, each with its reason; a line
excuses one mutant."""


class Result(NamedTuple):
    """What became of a mutant.

    Attributes:
        what: Its place and change.
        killer: The test that noticed; empty where none did.
        how: `failed`, `crashed`, `hung`, `alive`, or `no result`.
    """

    what: str
    killer: str
    how: str

    @property
    def key(self) -> str:
        """File, function and change, without the line."""
        file, _, rest = self.what.partition(":")
        return f"{file}:{rest.partition(':')[2]}"


class Runner:
    """A pytest plug-in that runs the collected tests once per mutant, in a process each."""

    def __init__(self, library: Path, mutants: list[Mutant], canary: Mutant, jobs: int) -> None:
        self.results: list[Result] = []
        self.canary: dict[str, str] = {}
        self._library = library
        self._mutants = mutants
        self._canary = canary
        self._jobs = jobs
        self._running: dict[int, tuple[str, BinaryIO]] = {}
        self._said: BinaryIO | None = None

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._say("in " + nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._say("failed " + report.nodeid)

    def _say(self, words: str) -> None:
        if self._said is not None:
            os.write(self._said.fileno(), words.encode() + b"\n")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._start(session, Mutant(0, "rs_none.c:0: nothing is changed"))
        self._wait(0)
        assert self.results.pop().how == "alive", "the tests fail by themselves"
        for mutant in self._mutants:
            self._start(session, mutant)
            self._wait(self._jobs - 1)
        self._wait(0)
        self.results.sort(key=lambda result: result.what)
        self._fly_canary(session)
        return True

    def _fly_canary(self, session: pytest.Session) -> None:
        """Without the one test that notices it, the canary must live."""
        kept = self.results
        for name, items in (
            ("with", session.items),
            ("without", [i for i in session.items if CANARY_TEST not in i.name]),
        ):
            self.results, session.items = [], items
            self._start(session, self._canary)
            self._wait(0)
            self.canary[name] = self.results[0].how
        self.results = kept

    def _start(self, session: pytest.Session, mutant: Mutant) -> None:
        said = tempfile.TemporaryFile()  # noqa: SIM115  (closed when it has been read)
        pid = os.fork()
        if pid:
            self._running[pid] = (mutant.what, said)
            return
        self._said = said
        # Its own time, not the clock's: on a busy machine a slow one would pass for dead.
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_VIRTUAL, TIMEOUT_S)
        with contextlib.suppress(BaseException):
            switch = ctypes.c_int.in_dll(ctypes.CDLL(str(self._library)), SWITCH)
            switch.value = mutant.number
            with contextlib.suppress(pytest.Session.Failed):
                pytest_runtestloop(session)
            self._say("end")
        os._exit(0)

    def _wait(self, count: int) -> None:
        while len(self._running) > count:
            pid, status = os.wait()
            what, said = self._running.pop(pid)
            with said:
                said.seek(0)
                result = _result(what, said.read().decode().splitlines(), status)
            self.results.append(result)
            if result.how == "alive":
                print(f"{len(self.results)}: alive: {what}", file=sys.stderr, flush=True)


def _result(what: str, said: list[str], status: int) -> Result:
    failed = [words.partition(" ")[2] for words in said if words.startswith("failed ")]
    inside = [words.partition(" ")[2] for words in said if words.startswith("in ")]
    if failed:
        return Result(what, failed[0], "failed")
    if os.WIFSIGNALED(status) and inside:
        is_alarm = os.WTERMSIG(status) == signal.SIGVTALRM
        return Result(what, inside[-1], "hung" if is_alarm else "crashed")
    if said and said[-1] == "end" and inside:
        return Result(what, "", "alive")
    return Result(what, "", "no result")


def run_mutants(
    share: float, jobs: int = 2, files: Sequence[str] = ()
) -> tuple[list[Result], dict[str, str]]:
    """Run a share of the mutants, spread evenly; return what became of each, and the canary.

    Of all files where none is named. To be called in a process of its own: it forks.
    """
    library, mutants = build_mutants()
    os.environ[LIBRARY_VARIABLE] = str(library)
    step = max(round(1 / share), 1)
    (canary,) = [mutant for mutant in mutants if Result(mutant.what, "", "").key == CANARY]
    chosen = [m for m in mutants if not files or m.what.partition(":")[0] in files]
    runner = Runner(library, chosen[step // 2 :: step], canary, jobs)
    pytest.main([*OPTIONS, *C_TESTS], plugins=[runner])
    return runner.results, runner.canary


def explained(results: list[Result]) -> list[Result]:
    """Return the results, `alive` having become `equivalent` where there is a reason for it."""
    excuses = set(EQUIVALENT)
    made = []
    for result in results:
        if result.how == "alive" and result.key in excuses:
            excuses.remove(result.key)
            made.append(result._replace(how="equivalent"))
        else:
            made.append(result)
    return made


def main(share: float, files: Sequence[str]) -> int:
    """Run, print what lives and how the rest died; return how many are wrong."""
    results, canary = run_mutants(share, os.cpu_count() or 2, files)
    results = explained(results)
    for result in results:
        print("\t".join((result.how, result.what, result.killer)))
    print("canary\t" + "\t".join(f"{name} its test: {how}" for name, how in canary.items()))
    is_canary_well = canary == {"with": "failed", "without": "alive"}
    wrong_count = sum(result.how in ("alive", "no result") for result in results)
    return wrong_count + (not is_canary_well)


if __name__ == "__main__":
    sys.exit(1 if main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0, sys.argv[2:]) else 0)
