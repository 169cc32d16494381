"""firmware_stubs/vectors.txt: frames with their meaning, for every implementation to agree on."""

from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).resolve().parents[2] / "firmware_stubs" / "vectors.txt"


class Vector(NamedTuple):
    """One frame.

    Attributes:
        frame: Bytes on the wire, closing zero included.
        name: What kind of frame it is, or `BAD`.
        values: What it holds, by name; of a bad one nothing.
        meaning: The whole line behind the bytes.
    """

    frame: bytes
    name: str
    values: dict[str, int]
    meaning: str


def read() -> list[Vector]:
    """Return every vector of the file."""
    vectors = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _, meaning = line.partition(" ")
            name, *words = meaning.split()
            pairs = [] if name == "BAD" else [word.split("=") for word in words]
            values = {key: int(value, 0) for key, value in pairs}
            vectors.append(Vector(bytes.fromhex(code), name, values, meaning))
    return vectors


ALL = read()
VECTORS = [vector for vector in ALL if vector.name != "BAD"]
BAD = [vector for vector in ALL if vector.name == "BAD"]
