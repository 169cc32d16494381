"""Breaks guards and envelopes in every small way and asks the tests whether they notice.

    python tests/safety/mutants.py [JOBS [MODULE ...]]

Each mutant is one change: a comparison, a number, a word, a sign, a condition, a statement.
Prints those that every test lets live; exits 1 when one of them is not in `EQUIVALENT`.
"""

import ast
import contextlib
import copy
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from _pytest.main import pytest_runtestloop

import rehabsim.safety.messages

HERE = Path(__file__).parent
SOURCE = Path(rehabsim.safety.messages.__file__).parent
TIMEOUT_S = 60
OPTIONS = ["-x", "-pno:cacheprovider", "-pno:terminal", "-oaddopts=--import-mode=importlib"]
BELTS = (
    *("guard", "guard_limits", "guard_words", "envelope"),
    *("causes", "perturbation", "guard_properties"),
)
PLATFORM = (
    "platform",
    "platform_asks",
    "platform_freeze",
    "platform_envelope",
    "platform_properties",
)
BELT_MODULES = ("causes", "envelope", "following", "guard", "readiness", "setpoint")
TESTS = dict.fromkeys(BELT_MODULES, BELTS) | dict.fromkeys(
    ("platform_envelope", "platform"), PLATFORM
)
"""Modules, and the tests that must notice what is wrong with each."""

EQUIVALENT = {
    "envelope.py: now < target -> now <= target": "a step of 0 is the same in both directions",
    "guard.py: self.mode in MOVING and wish is not None and (within(wish.wish, self.limits) !="
    " wish.wish) -> self.mode in MOVING and within(wish.wish, self.limits) != wish.wish": (
        "without a wish no mode is moving; mypy needs the words"
    ),
    "platform_envelope.py: True -> False": "strict=True of zips whose parts are six by their type",
    "platform.py: True -> False": "likewise",
    "platform.py: 1000000000.0 -> 1000000001.0": "a nanosecond in a second",
    "platform.py: 1e-05 -> 9e-06": "any distance that is next to nothing will do",
    "platform.py: max(map(abs, six(pose))) <= NEAR -> max(map(abs, six(pose))) < NEAR": "likewise",
    "platform.py: self.device_cause or sample is None or (not (self.is_ours and self.is_up)) ->"
    " self.device_cause or not (self.is_ours and self.is_up)": (
        "a base that has not reported is a cause; mypy needs the words"
    ),
    "platform.py: self.mode == 'moving' and wish is not None and wish.is_perturbing ->"
    " self.mode == 'moving' and wish.is_perturbing": (
        "without a wish nothing is moving; mypy needs the words"
    ),
    "platform.py: if wish is not None:\n    target = inside(wish.pose, lm) -> if True:\n   "
    " target = inside(wish.pose, lm)": "likewise",
    "platform.py: return 'silent' -> pass": "a base that has not reported is a cause before that",
    "platform.py: 'silent' -> 'silent!'": "likewise",
    "platform.py: if sample is None:\n    return 'silent' -> if False:\n    return 'silent'": (
        "likewise"
    ),
}
"""Mutants that no test can kill, each with its reason."""

COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
CALLS = {"min": "max", "max": "min", "any": "all"}


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node that could stand in the place of `node`."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                for other in COMPARE[type(operator)]:
                    changed = copy.deepcopy(node)
                    changed.ops[index] = other()
                    yield changed
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            for index in range(len(node.values)):
                yield ast.BoolOp(node.op, node.values[:index] + node.values[index + 1 :])
        case ast.UnaryOp():
            yield node.operand
        case ast.BinOp() if type(node.op) in BINARY:
            yield ast.BinOp(node.left, BINARY[type(node.op)](), node.right)
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Constant(value=int() | float()):
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value * 0.9 if node.value else -1)
        case ast.Constant(value=str()):
            yield ast.Constant(node.value + "!")
        case ast.Call(func=ast.Name(id=name)) if name in CALLS:
            yield ast.Call(ast.Name(CALLS[name], ast.Load()), node.args, node.keywords)
        case ast.If():
            yield ast.If(ast.Constant(True), node.body, node.orelse)
            yield ast.If(ast.Constant(False), node.body, node.orelse)
        case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.Return() | ast.For():
            yield ast.Pass()


def mutants(source: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield (place and change, changed module) for every mutant of `source`."""
    tree = ast.parse(source)
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if name in ("annotation", "returns"):
                continue
            for index, node in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(node, ast.AST) or _is_text(parent, node):
                    continue
                for other in variants(node):
                    _put(parent, name, index, other)
                    yield f"{ast.unparse(node)} -> {ast.unparse(other)}"[:250], copy.deepcopy(tree)
                    _put(parent, name, index, node)


def _is_text(parent: ast.AST, node: ast.AST) -> bool:
    """A docstring, or a string that only annotates."""
    return isinstance(parent, ast.Expr) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def _put(parent: ast.AST, name: str, index: int, node: ast.AST) -> None:
    value = getattr(parent, name)
    if isinstance(value, list):
        value[index] = node
    else:
        setattr(parent, name, node)


class Mutants:
    """A pytest plug-in that runs the collected tests once per mutant, in a process each."""

    def __init__(self, jobs: int, modules: Sequence[str]) -> None:
        self.jobs = jobs
        self.modules = modules
        self.alive: list[str] = []
        self.count = 0
        self._running: dict[int, str] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for name in self.modules:
            source = (SOURCE / f"{name}.py").read_text(encoding="utf-8")
            self._start(session, name, "the canary", ast.parse(source))
            self._wait(0)
            assert self.alive.pop() == f"{name}.py: the canary", "the tests fail by themselves"
            for what, tree in mutants(source):
                self._start(session, name, what, tree)
                self._wait(self.jobs - 1)
        self._wait(0)
        return True

    def _start(self, session: pytest.Session, name: str, what: str, tree: ast.Module) -> None:
        pid = os.fork()
        if pid:
            self._running[pid] = f"{name}.py: {what}"
            self.count += what != "the canary"
            return
        signal.alarm(TIMEOUT_S)
        with contextlib.suppress(BaseException):
            put_in_place(f"rehabsim.safety.{name}", tree)
            files = {f"test_{test}.py" for test in TESTS[name]}
            session.items = [item for item in session.items if item.path.name in files]
            pytest_runtestloop(session)
            os._exit(1 if session.testsfailed else 0)
        os._exit(1)

    def _wait(self, count: int) -> None:
        while len(self._running) > count:
            pid, status = os.wait()
            what = self._running.pop(pid)
            if status == 0:
                self.alive.append(what)


def put_in_place(name: str, tree: ast.Module) -> None:
    """Let everyone who has imported something from module `name` have the mutant's."""
    module = sys.modules[name]
    before = {key: vars(module).pop(key) for key in list(vars(module)) if key[:2] != "__"}
    exec(compile(ast.fix_missing_locations(tree), name, "exec"), vars(module))
    for user in list(sys.modules.values()):
        if getattr(user, "__name__", "").startswith(("rehabsim.safety", "safety", "test")):
            for key, value in list(vars(user).items()):
                if key in vars(module) and value is before.get(key):
                    setattr(user, key, vars(module)[key])


def main(jobs: int, modules: Sequence[str]) -> int:
    """Run every mutant; return how many unexplained ones live."""
    plugin = Mutants(jobs, modules)
    files = sorted({f"test_{test}.py" for name in modules for test in TESTS[name]})
    pytest.main([*OPTIONS, *(str(HERE / file) for file in files)], plugins=[plugin])
    unexplained = [what for what in plugin.alive if what not in EQUIVALENT]
    for what in unexplained:
        print("LIVES", what)
    print(f"{plugin.count} mutants, {plugin.count - len(plugin.alive)} killed")
    return len(unexplained)


if __name__ == "__main__":
    words = sys.argv[1:]
    sys.exit(1 if main(int(words[0]) if words else 2, words[1:] or list(TESTS)) else 0)
