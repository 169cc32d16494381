"""The force-plate samples of a log, read with the stock MCAP library.

The log describes its tables itself, so the drivers need nothing of the floors above them.

Source: session/LOG.md.
"""

import struct
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from mcap.exceptions import McapError
from mcap.records import Channel, Message, Schema
from mcap.stream_reader import StreamReader

from rehabsim.base.errors import ConfigError
from rehabsim.base.records import WRENCH_COLUMNS

TOPIC = "plates"
MAGIC = b"\x89MCAP0\r\n"
NEEDED = ("t_ns", "sequence", "device_t_ns", "dt_ns", *WRENCH_COLUMNS)


class _Column(msgspec.Struct):
    name: str
    type: str


class _Layout(msgspec.Struct):
    columns: list[_Column]


def read_plates(path: Path) -> npt.NDArray[np.void]:
    """Return the rows of the table `plates`, oldest first; of a cut log, those that are whole.

    Raises:
        ConfigError: It is not a log, or holds no force-plate samples.
    """
    layout, blocks = _blocks(path)
    if layout is None:
        raise ConfigError(f"{path}: holds no force-plate samples.")
    try:
        columns = msgspec.json.decode(layout, type=_Layout).columns
        dtype = np.dtype([(c.name, "?" if c.type == "?" else "<" + c.type) for c in columns])
        rows = np.frombuffer(b"".join(blocks), dtype)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{path}: its table {TOPIC} cannot be read: {error}.") from error
    absent = [name for name in NEEDED if name not in (dtype.names or ())]
    if absent or not len(rows):
        what = f"its table {TOPIC} lacks {', '.join(absent)}" if absent else "it has no sample"
        raise ConfigError(f"{path}: {what}; nothing can be played.")
    return rows


def _blocks(path: Path) -> tuple[bytes | None, list[bytes]]:
    """Return the table's description, or None, and its blocks of rows."""
    schemas: dict[int, Schema] = {}
    channels: set[int] = set()
    layout: bytes | None = None
    blocks: list[bytes] = []
    try:
        with path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise ConfigError(f"{path}: not a log: it does not begin as an MCAP file.")
            file.seek(0)
            for record in StreamReader(file, validate_crcs=False).records:
                match record:
                    case Schema():
                        schemas[record.id] = record
                    case Channel(topic="plates") if record.schema_id in schemas:
                        channels.add(record.id)
                        layout = schemas[record.schema_id].data
                    case Message() if record.channel_id in channels:
                        blocks.append(record.data)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file.") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    except (McapError, ValueError, struct.error):
        pass  # cut off: what came before is whole
    return layout, blocks
