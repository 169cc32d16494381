"""What a scenario may answer: plain numbers of the right kind, or a reason why not. Pure."""

import builtins
import difflib
import re
import sys
import traceback
from collections.abc import Callable
from numbers import Integral, Real
from operator import is_
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import numpy as np

from rehabsim.base.records import Event, PlatformWish, Pose, Record, Wish
from rehabsim.session.table import ColumnType, columns_of
from rehabsim.training.scenario import Stage, Step, Try

_PLAIN: dict[ColumnType, type] = {"f8": float, "i8": int, "?": bool}
_Kinds: TypeAlias = list[tuple[str, type]]
_TRY_KINDS: _Kinds = [("is_success", bool), ("error_frac", float)]
MAX_EVENT_NS = 2**62
_MISSING = re.compile("cannot import name '(.+?)'")


class LostError(Exception):
    """There will be no more answers; the text says why, to be read after the scenario's name."""


class AnswerCheck:
    """Turns the answers of one scenario into steps that can be logged, sent and drawn.

    Args:
        scene: The scenario's `Scene`.

    Raises:
        TypeError: A field of the scene is neither int, float nor bool.
    """

    def __init__(self, scene: type[Record]) -> None:
        self._scene = scene
        self._kinds: _Kinds = [(c.name, _PLAIN[c.type]) for c in columns_of(scene)]
        self._wish_kinds: _Kinds = [(c.name, _PLAIN[c.type]) for c in columns_of(Wish)]
        self._pose_kinds: _Kinds = [(c.name, _PLAIN[c.type]) for c in columns_of(Pose)]

    def blank(self) -> Record:
        """Return a scene of zeros."""
        return self._scene(**{name: kind() for name, kind in self._kinds})

    def step(self, answer: object) -> Step:
        """Return the answer in plain numbers.

        Raises:
            TypeError: It is not a step with a wish, a scene and events.
            ValueError: A number does not fit.
        """
        step = _expect(answer, Step, "the answer")
        wish = _plain(_expect(step.wish, Wish, "its wish"), self._wish_kinds)
        scene = _plain(_expect(step.scene, self._scene, "its scene"), self._kinds)
        events = _expect(step.events, tuple, "its events")
        for event in events:
            msgspec.convert(msgspec.to_builtins(_expect(event, Event, "an event")), Event)
            if not 0 <= event.t_ns < MAX_EVENT_NS:
                raise ValueError(f"t_ns = {event.t_ns} of an event is not in the session")
        platform = None if step.platform is None else self._platform(step.platform)
        tries = tuple([_try(given) for given in _expect(step.tries, tuple, "its tries")])
        is_same = wish is step.wish and scene is step.scene and platform is step.platform
        is_same = is_same and all(map(is_, tries, step.tries))
        return step if is_same else Step(wish, scene, events, platform, tries)

    def _platform(self, answer: object) -> PlatformWish:
        wish = _expect(answer, PlatformWish, "its wish for the platform")
        pose = _plain(_expect(wish.pose, Pose, "its pose"), self._pose_kinds)
        wish = _plain(wish, [("is_perturbing", bool)])
        return wish if pose is wish.pose else PlatformWish(pose, wish.is_perturbing)


def _try(answer: object) -> Try:
    plain: Try = _plain(_expect(answer, Try, "a try"), _TRY_KINDS)
    _expect(plain.task, str, "the task of a try")
    return plain


def _expect(value: object, kind: type, what: str) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{what} is {type(value).__name__}, not {kind.__name__}")
    return value


def _plain(record: Any, kinds: _Kinds) -> Any:
    """Return the record itself, or one with numbers of other libraries made plain."""
    changed = {}
    for name, kind in kinds:
        value = getattr(record, name)
        if type(value) is not kind or kind is int:
            plain = _CONVERT[kind](name, value)
            if plain is not value:
                changed[name] = plain
    return msgspec.structs.replace(record, **changed) if changed else record


def _float(name: str, value: object) -> float:
    if isinstance(value, Real):
        return float(value)
    raise TypeError(f"{name} = {value!r} is not a number")


def _int(name: str, value: object) -> int:
    if isinstance(value, Integral):
        if -(2**63) <= int(value) < 2**63:
            return int(value)
        raise ValueError(f"{name} = {value!r} does not fit into 64 bits")
    raise TypeError(f"{name} = {value!r} is not an integer")


def _bool(name: str, value: object) -> bool:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise TypeError(f"{name} = {value!r} is neither True nor False")


_CONVERT: dict[type, Callable[[str, object], Any]] = {float: _float, int: _int, bool: _bool}


def failure(error: Exception, stage: Stage) -> str:
    """Return why a scenario gives no answer, to be read after its name.

    Where it failed, a line of its own file or of one beside it is named rather than one deep in a
    library, and without its folder, so that a replay elsewhere gives the same words.
    """
    if isinstance(error, LostError):
        return str(error)
    code = getattr(stage, "code", stage)
    module = sys.modules.get(type(code).__module__)
    file = getattr(module, "__file__", None) or ""
    where = place(error, file) or _at_step(code, file)
    reason = " ".join(str(error).split())
    return f"failed{where}: {type(error).__name__}: {reason}{hint(error)}"


def place(error: BaseException, scenario_file: str) -> str:
    """Return the innermost line of a scenario's folder that an error came through, or nothing."""
    frames = traceback.extract_tb(error.__traceback__)
    folder = Path(scenario_file).parent
    own = [frame for frame in frames if Path(frame.filename).parent == folder]
    if not own:
        return ""
    source = f" ({own[-1].line})" if own[-1].line else ""
    return f" in {Path(own[-1].filename).name}, line {own[-1].lineno}{source}"


def _at_step(scenario: object, file: str) -> str:
    """Return where the answer was made that cannot be one."""
    code = getattr(getattr(type(scenario), "step", None), "__code__", None)
    return "" if code is None or not file else f" in {Path(file).name}, line {code.co_firstlineno}"


def hint(error: BaseException) -> str:
    """Return the likeliest name that was meant, where one was not found."""
    known: list[str] = []
    name = getattr(error, "name", None)
    if isinstance(error, AttributeError):
        known = dir(error.obj)
    elif isinstance(error, NameError) and error.__traceback__ is not None:
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        known = [*frames[-1].f_locals, *frames[-1].f_globals, *dir(builtins)]
    elif isinstance(error, ImportError) and (missing := _MISSING.match(str(error))):
        known, name = dir(sys.modules.get(str(name))), missing[1]
    near = difflib.get_close_matches(str(name), known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
