"""Breaks guards and envelopes in every small way and asks the tests whether they notice.

    python tests/safety/mutants.py [--share SHARE] [JOBS [MODULE ...]]

Each mutant is one change: a comparison, a number, a word, a sign, a condition, a statement. It
runs in a process of its own, in which tests that killed others lately come first, then the quick
ones. It is killed by a test with a name that failed, or that took longer than any; one that ends
without saying anything is no success. Exits 1 when one lives that is not in `EQUIVALENT`.
"""

import argparse
import ast
import contextlib
import gc
import itertools
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pytest
from _pytest.main import pytest_runtestloop
from hypothesis import settings
from safety.mutate import Mutant, mutants

import rehabsim.safety.messages

HERE = Path(__file__).parent
SOURCE = Path(rehabsim.safety.messages.__file__).parent
OPTIONS = [
    "-x",
    "--noconftest",
    "-pno:cacheprovider",
    "-pno:terminal",
    "-oaddopts=--import-mode=importlib",
]
OPTIONS += ["-otimeout=0", "--assert=plain"]
TEST_S = 20
"""Of its own time, no test takes so long by itself."""

QUICK_S = 0.05
"""A test that is not slower may come first after it has killed."""

BELTS = (
    *("following", "readiness", "cause_words", "guard", "guard_limits", "guard_words"),
    *("guard_edges", "causes", "perturbation", "hazards"),
)
PLATFORM = (
    "platform",
    "platform_asks",
    "platform_freeze",
    "platform_envelope",
    "platform_following",
    "platform_onset",
    "platform_perturbation",
    "platform_properties",
    "platform_start",
)
PLATFORM_MODULES = (
    "platform",
    "platform_envelope",
    "platform_following",
    "platform_onset",
    "platform_perturbation",
)
BELT_MODULES = ("causes", "envelope", "following", "guard", "readiness", "setpoint")
TESTS = (
    dict.fromkeys(BELT_MODULES, BELTS)
    | {"envelope": (*BELTS, "envelope")}
    | dict.fromkeys(PLATFORM_MODULES, PLATFORM)
)
"""Modules, and the tests that must notice what is wrong with each."""

EQUIVALENT = {
    "causes.py: conditions: 'treadmill_lost' not in found and inputs.belt is not None ->"
    " 'treadmill_lost' not in found": (
        "a treadmill that has not reported is lost; mypy needs the words"
    ),
    "causes.py: _of_session: wish.display_t_ns > 0 -> wish.display_t_ns >= 0": (
        "0 is looked at before"
    ),
    "causes.py: _of_session: 0 -> -1": "likewise; where it is looked at, tests notice",
    "causes.py: _of_person: 2 -> 1.8": "a count of signs",
    "envelope.py: : 0.0 -> -1": "no set point is negative anyway",
    "envelope.py: _one: (reached_mps - target_mps) * gap_mps > 0.0 -> (reached_mps - target_mps)"
    " * gap_mps >= 0.0": "on the target already, either way keeps the jerk",
    "envelope.py: towards: now < target -> now <= target": (
        "a step of 0 is the same in both directions"
    ),
    "following.py: astray: -REST_MPS <= now_mps < each.slow_mps -> -REST_MPS <= now_mps <="
    " each.slow_mps": "where they are equal the belt is not astray",
    "guard.py: decide: self.mode in MOVING and self.inputs.wish is not None -> self.mode in"
    " MOVING": "without a wish no mode is moving; mypy needs the words",
    "guard.py: tell_clamps: self.before.is_clamped and self.before.mode in MOVING ->"
    " self.before.is_clamped": "where nothing moves nothing is clamped",
    "guard.py: look_for_causes: 'locked' -> 'locked!'": (
        "while locked, trip and hold do nothing but for a cause that wants a restart, an estop"
    ),
    "guard.py: decel_of: 'none' -> 'none!'": "no cause has this severity",
    "guard.py: decel_of: 'warn' -> 'warn!'": "likewise",
    "setpoint.py: envelope_of: mode == 'perturbing' and extra is not None -> mode =="
    " 'perturbing'": "without limits for it no mode is perturbing; mypy needs the words",
    "setpoint.py: spans: state.mode != 'perturbing' or limits.perturbation is None ->"
    " state.mode != 'perturbing'": "likewise",
    "platform.py: : 1e-05 -> 9e-06": "any distance that is next to nothing will do",
    "platform.py: command: max(map(abs, six(pose))) <= NEAR -> max(map(abs, six(pose))) < NEAR": (
        "likewise"
    ),
    "platform.py: measured: self.device_cause or sample is None or (not (self.is_ours and"
    " self.is_up)) -> self.device_cause or not (self.is_ours and self.is_up)": (
        "a base that has not reported is a cause; mypy needs the words"
    ),
    "platform.py: look_at_perturbation: self.mode == 'moving' and wish is not None and"
    " wish.is_perturbing -> self.mode == 'moving' and wish.is_perturbing": (
        "without a wish nothing is moving; mypy needs the words"
    ),
    "platform.py: decide: self.mode == 'moving' and self.inputs.wish is not None -> self.mode =="
    " 'moving'": "likewise",
    "platform.py: set_point: if wish is not None:\n    since_s = (self.t_ns -"
    " self.before.onset_ns) / 1000000000.0\n    target = eased(self.before.onset_pose,"
    " inside(wish.pose, lm), since_s) -> if True:\n    since_s = (self.t_ns -"
    " self.before.onset_ns) / 1000000000.0\n    target = e": "likewise",
    "readiness.py: why_no_perturbation: 0.0 -> -1": "without a wish: neither is a load",
    **dict.fromkeys(
        (
            f"{place}: 1000000000.0 -> 1000000001.0"
            for place in (
                *("platform.py: __init__", "platform.py: why_not_engaged"),
                *("platform.py: set_point", "platform_following.py: _is_long"),
                "platform_perturbation.py: perturbation",
            )
        ),
        "a nanosecond in a second",
    ),
}
"""Mutants that no test can kill, each with its reason."""


class Result(NamedTuple):
    """What became of a mutant.

    Attributes:
        what: File, function and change.
        how: `killed`, `hung`, `alive`, `explained`, or `no result`.
        killer: The test that noticed.
    """

    what: str
    how: str
    killer: str = ""


class Runner:
    """A pytest plug-in that runs the collected tests once per mutant, in a process each."""

    def __init__(self, jobs: int, made: Iterable[Mutant]) -> None:
        self.results: list[Result] = []
        self.canaries: dict[str, Result] = {}
        self._jobs = jobs
        self._made = made
        self._running: dict[int, tuple[str, BinaryIO]] = {}
        self._said: BinaryIO | None = None
        self._took_s: dict[str, float] = {}
        self._killed: dict[str, int] = {}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._say("in", nodeid)
        # Its own time, not the clock's: on a busy machine a slow one would pass for dead.
        signal.setitimer(signal.ITIMER_VIRTUAL, TEST_S)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._say("failed", report.nodeid)
        if report.when == "call":
            self._say("took", f"{report.duration:.4f} {report.nodeid}")

    def _say(self, word: str, rest: str = "") -> None:
        if self._said is not None:
            os.write(self._said.fileno(), f"{word} {rest}\n".encode())

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.config.option.tbstyle = "native"  # the quickest
        gc.freeze()  # what is never looked at again is not copied into each process
        module = ""
        for mutant in self._made:
            if TESTS[mutant.module] != TESTS.get(module):
                self._wait(0)
                self._fly_canary(session, mutant.module)
            module = mutant.module
            self._start(session, mutant)
            self._wait(self._jobs - 1)
        self._wait(0)
        return True

    def _fly_canary(self, session: pytest.Session, module: str) -> None:
        """Unchanged, a module must live; how long each test takes is learnt by the way."""
        whole = Mutant(module, f"{module}.py: nothing is changed", ast.parse(read(module)))
        self._start(session, whole)
        self._wait(0)
        self.canaries[module] = self.results.pop()

    def _start(self, session: pytest.Session, mutant: Mutant) -> None:
        said = tempfile.TemporaryFile()  # noqa: SIM115  (closed when it has been read)
        pid = os.fork()
        if pid:
            self._running[pid] = (mutant.what, said)
            return
        self._said = said
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        with contextlib.suppress(BaseException):
            self._say("in", "the module itself")
            try:
                put_in_place(f"rehabsim.safety.{mutant.module}", mutant.tree)
            except Exception:
                self._say("failed", "the module itself")
                os._exit(0)
            files = {f"test_{test}.py" for test in TESTS[mutant.module]}
            items = [item for item in session.items if item.path.name in files]
            session.items = sorted(items, key=self._rank)
            with contextlib.suppress(pytest.Session.Failed):
                pytest_runtestloop(session)
            self._say("end")
        os._exit(0)

    def _rank(self, item: pytest.Item) -> tuple[int, float]:
        took_s = self._took_s.get(item.nodeid, 0.0)
        return (-self._killed.get(item.nodeid, 0) if took_s <= QUICK_S else 0, took_s)

    def _wait(self, count: int) -> None:
        while len(self._running) > count:
            pid, status = os.wait()
            what, said = self._running.pop(pid)
            with said:
                said.seek(0)
                words = [line.partition(" ")[::2] for line in said.read().decode().splitlines()]
            result = _result(what, words, status)
            self.results.append(result)
            if result.how in ("alive", "no result"):
                print(f"{len(self.results)}: {result.how}: {what}", file=sys.stderr, flush=True)
            self._killed[result.killer] = len(self.results)
            for word, rest in words:
                took_s, _, test = rest.partition(" ")
                if word == "took" and test not in self._took_s:
                    self._took_s[test] = float(took_s)


def _result(what: str, words: list[tuple[str, str]], status: int) -> Result:
    failed = [rest for word, rest in words if word == "failed"]
    inside = [rest for word, rest in words if word == "in"]
    if failed:
        return Result(what, "killed", failed[0])
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGVTALRM:
        return Result(what, "hung", inside[-1])
    if words and words[-1][0] == "end" and len(inside) > 1:
        return Result(what, "explained" if what in EQUIVALENT else "alive")
    return Result(what, "no result")


def read(module: str) -> str:
    return (SOURCE / f"{module}.py").read_text(encoding="utf-8")


def put_in_place(name: str, tree: ast.Module) -> None:
    """Let everyone who has imported something from module `name` have the mutant's."""
    module = sys.modules[name]
    before = {key: vars(module).pop(key) for key in list(vars(module)) if key[:2] != "__"}
    exec(compile(tree, name, "exec"), vars(module))
    for user in list(sys.modules.values()):
        if getattr(user, "__name__", "").startswith(("rehabsim.safety", "safety", "test")):
            for key, value in list(vars(user).items()):
                if key in vars(module) and value is before.get(key):
                    setattr(user, key, vars(module)[key])


def run_mutants(share: float, jobs: int, modules: Sequence[str]) -> Runner:
    """Run a share of all mutants, spread evenly.

    To be called in a process of its own: it forks.
    """
    step = max(round(1 / share), 1)
    made = itertools.chain.from_iterable(mutants(name, read(name)) for name in modules)
    settings.register_profile("mutants", deadline=None, derandomize=True, database=None)
    settings.load_profile("mutants")
    runner = Runner(jobs, itertools.islice(made, step // 2, None, step))
    files = sorted({f"test_{test}.py" for name in modules for test in TESTS[name]})
    pytest.main([*OPTIONS, *(str(HERE / file) for file in files)], plugins=[runner])
    return runner


def stale(runner: Runner, modules: Sequence[str]) -> list[str]:
    """Return the reasons that no mutant needed, of a whole run."""
    needed = {result.what for result in runner.results if result.how == "explained"}
    return [what for what in EQUIVALENT if what.partition(".")[0] in modules and what not in needed]


def _in_one_line(what: str) -> str:
    return " ".join(what.split())


def main(share: float, jobs: int, modules: Sequence[str]) -> int:
    """Run, print what became of every mutant; return how many are wrong."""
    runner = run_mutants(share, jobs, modules)
    wrong_count = int(not runner.canaries)
    for result in runner.results:
        wrong_count += result.how in ("alive", "no result")
        print("\t".join(("mutant", result.how, _in_one_line(result.what), result.killer)))
    for name in modules:
        found = Counter(r.how for r in runner.results if r.what.startswith(f"{name}.py"))
        words = ", ".join(f"{count} {how}" for how, count in sorted(found.items()))
        print(f"module\t{name}\t{found.total()} mutants: {words}")
    for canary in runner.canaries.values():
        wrong_count += canary.how != "alive"
        print("\t".join(("canary", canary.how, canary.what, canary.killer)))
    if share == 1:
        for what in stale(runner, modules):
            wrong_count += 1
            print(f"stale\t{_in_one_line(what)}")
    return wrong_count


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("jobs", type=int, nargs="?", default=2)
    parser.add_argument("modules", nargs="*", metavar="module")
    words = parser.parse_args()
    sys.exit(1 if main(words.share, words.jobs, words.modules or list(TESTS)) else 0)
