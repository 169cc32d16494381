"""Compile the inner loop where numba is installed; run the same code as plain Python where not.

The inner loop works on records: a dataclass says which fields there are and what they start
as, `one_of` makes the storage. With numba that is a structured array of length one, without it
a list that holds the dataclass itself; both are read and written as `storage[0].field`.
"""

import dataclasses
import hashlib
import importlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])


def _numba() -> Any:
    """Return the module, or None where it is absent or forbidden."""
    if os.environ.get("REHABSIM_NO_NUMBA"):
        return None
    try:
        return importlib.import_module("numba")
    except ImportError:
        return None


numba = _numba()

HAS_NUMBA = numba is not None
"""Whether the inner loop is compiled; `REHABSIM_NO_NUMBA=1` in the environment forbids it."""


def compiled(function: Function) -> Function:
    """Return `function` compiled and cached on disk, or as it is when numba is absent."""
    if numba is None:
        return function
    config = numba.core.config
    usual = config.CACHE_DIR
    config.CACHE_DIR = _cache_dir()
    try:
        return cast(Function, numba.njit(cache=True, error_model="numpy")(function))
    finally:
        config.CACHE_DIR = usual


def bound(function: Function, *examples: object) -> Function:
    """Return compiled `function` for arguments of the types of `examples` and no others.

    It is compiled, or read from disk, here and now; its calls no longer look at types, which
    for records takes longer than what they compute.
    """
    if numba is None:
        return function
    dispatcher = cast(Any, function)
    types = tuple(numba.typeof(example) for example in examples)
    dispatcher.compile(types)
    return cast(Function, dispatcher.get_overload(types))


def one_of(record: T) -> Sequence[T]:
    """Return storage for one record, holding the field values of the dataclass `record`."""
    fields = dataclasses.fields(cast(Any, record))
    if numba is None:
        return [dataclasses.replace(cast(Any, record))]
    values = {
        f.name: np.asarray(getattr(record, f.name), dtype=float if f.type is float else None)
        for f in fields
    }
    layout = [(name, value.dtype, value.shape) for name, value in values.items()]
    storage = np.zeros(1, np.dtype((np.record, layout)))
    for name, value in values.items():
        storage[name][0] = value
    return cast(Sequence[T], storage)


_folder: str | None = None


def _cache_dir() -> str:
    """Return a folder named after the sources; numba itself does not notice a changed callee."""
    global _folder  # noqa: PLW0603
    if _folder is None:
        here = Path(__file__).parent
        digest = hashlib.sha256()
        for source in sorted(here.glob("*.py")):
            digest.update(source.read_bytes())
        home = here / "__pycache__" / "compiled"
        folder = home / digest.hexdigest()[:16]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            folder = Path(tempfile.gettempdir()) / f"rehabsim_sim-{os.getuid()}" / folder.name
            folder.mkdir(parents=True, exist_ok=True)
        for stale in home.glob("*"):
            if stale.name != folder.name:
                shutil.rmtree(stale, ignore_errors=True)
        _folder = str(folder)
    return _folder
