"""What a long study has found so far, kept in a file, so that one that was cut short goes on."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import msgspec

from rehabsim_sim.batch import study
from rehabsim_validation.training_rig import Visit


class Found(Protocol):
    """What came of a visit."""

    @property
    def visit(self) -> Visit:
        """Which."""


R = TypeVar("R", bound=Found)


class Kept(Generic[R]):
    """One line of JSON for each visit.

    Args:
        path: File; None keeps nothing.
        kind: What a line becomes.

    Raises:
        ValueError: The file is of something else.
    """

    def __init__(self, path: Path | None, kind: type[R]) -> None:
        self._path = path
        self._found: dict[Visit, R] = {}
        if path is not None and path.exists():
            for line in path.read_text("utf-8").splitlines():
                found = msgspec.convert(json.loads(line), type=kind)
                self._found[found.visit] = found

    def known(self, visits: Sequence[Visit]) -> list[R]:
        """Return what came of those visits that were kept, in order."""
        return [self._found[visit] for visit in visits if visit in self._found]

    def study(
        self, measure: Callable[[Visit], R], visits: Sequence[Visit], processes: int | None
    ) -> list[R]:
        """Return what came of each visit, in order; measured where it is not known yet."""
        missing = [visit for visit in visits if visit not in self._found]
        study(measure, missing, processes=processes, on_result=self._keep)
        return self.known(visits)

    def _keep(self, found: R) -> None:
        self._found[found.visit] = found
        if self._path is not None:
            # The standard library's JSON knows NaN.
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(msgspec.to_builtins(found)) + "\n")
