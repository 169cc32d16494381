"""Builds and runs fuzz.c with sanitizers."""

import subprocess
from pathlib import Path
from typing import NamedTuple

from firmware.boards import BUILD, SOURCES, STUBS, build, require


class Fuzzed(NamedTuple):
    """What came of it.

    Attributes:
        streams: How many, of 8 frames each.
        sent: Frames sent.
        taken: Frames that the controller took as good.
        phantoms: Of those, frames that nobody sent.
        dropped: Frames that nobody sent, whose CRC was right, dropped for what they hold.
    """

    streams: int
    sent: int
    taken: int
    phantoms: int
    dropped: int


def fuzz(streams: int, seed: int) -> Fuzzed:
    """Run so many streams; a crash or a finding of the sanitizers is an error."""
    require("gcc")
    build("library")
    program = BUILD / "fuzz"
    words = ["gcc", "-std=c11", "-O2", "-g", "-fsanitize=address,undefined"]
    words += ["-fno-sanitize-recover=all", f"-I{STUBS}", "-o", str(program)]
    words += [str(Path(__file__).with_suffix(".c")), *(str(STUBS / name) for name in SOURCES)]
    subprocess.run(words, check=True)
    done = subprocess.run(
        [program, str(streams), str(seed)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[:3000]
    return Fuzzed(*(int(word) for word in done.stdout.split()))
