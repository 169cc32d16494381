"""The portable C as a library, called from here.

`RS_FIRMWARE_LIBRARY` names another build of it: with sanitizers, for coverage, or mutated.
"""

import os
import re
import subprocess
from typing import Any

from cffi import FFI
from firmware.boards import BUILD, LIBRARY_VARIABLE, STUBS, build, require

HEADERS = ("rs_frame.h", "rs_treadmill.h", "rs_watchdog.h", "rs_plates.h", "rs_treadmill_parts.h")


def declarations() -> str:
    """Return what the headers declare, without what belongs to a compiler."""
    text = "".join((STUBS / name).read_text(encoding="utf-8") for name in HEADERS)
    text = re.sub(r"^#include.*$", "", text, flags=re.MULTILINE)
    words = ["gcc", "-E", "-P", "-x", "c", "-"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, check=True)
    return done.stdout


def load() -> tuple[Any, Any]:
    """Return the interface and the library."""
    require("gcc", "make")
    path = os.environ.get(LIBRARY_VARIABLE)
    if path is None:
        build("library")
        path = str(BUILD / "librs.so")
    ffi = FFI()
    ffi.cdef(declarations())
    return ffi, ffi.dlopen(path)


ffi, lib = load()
