"""What one tick leaves in the log: the bytes of its inputs, and the lines of its channels."""

import zlib
from collections.abc import Sequence

import msgspec

from rehabsim.base.records import GaitEvent, HarnessSample, PlateChunk
from rehabsim.session.requests import Ack, ClientRequest
from rehabsim.session.table import GAIT_EVENTS, HARNESS, pack_chunk, values_of


def pack_inputs(
    chunks: Sequence[PlateChunk],
    harness: Sequence[HarnessSample],
    reports: list[bytes],
    requests: list[bytes],
) -> tuple[bytes, bytes, int]:
    """Return the plate and harness rows for the log, and the checksum over a tick's inputs.

    Source: CRC-32 over plate rows, then harness rows, then keeper messages, then requests, as the
    log holds them.
    """
    rows = b"".join([pack_chunk(chunk) for chunk in chunks])
    harness_rows = b"".join([HARNESS.pack(*values_of(sample)) for sample in harness])
    return rows, harness_rows, checksum(rows + harness_rows, reports, requests)


def checksum(rows: bytes, reports: list[bytes], requests: list[bytes]) -> int:
    """Return the CRC-32 over what a tick was made from."""
    crc = zlib.crc32(rows)
    for part in reports:
        crc = zlib.crc32(part, crc)
    for part in requests:
        crc = zlib.crc32(part, crc)
    return crc


class LoggedRequest(msgspec.Struct, tag="request"):
    """One line of the log's channel `requests`."""

    tick: int
    request: ClientRequest


class LoggedLoss(msgspec.Struct, tag="loss"):
    """In the same channel: a device was lost at this tick."""

    tick: int
    text: str


class LoggedFailure(msgspec.Struct, tag="failure"):
    """In the same channel: the scenario gave no answer at this tick, and why."""

    tick: int
    text: str


class LoggedAck(msgspec.Struct):
    """One line of the log's channel `acks`."""

    tick: int
    client: str
    ack: Ack


class LoggedRefusal(msgspec.Struct):
    """One line of the log's channel `refusals`: what did not get as far as a tick."""

    client: str
    id: str
    reason: str


Asked = LoggedRequest | LoggedLoss | LoggedFailure
"""Whatever is in the channel `requests`: what a tick was made from beside samples and reports."""


def pack_gait_event(tick: int, event: GaitEvent) -> bytes:
    """Return the row of `GAIT_EVENTS` for one event."""
    return GAIT_EVENTS.pack(
        tick,
        event.t_ns,
        event.side == "left",
        event.kind == "heel_strike",
        event.latency_s,
        event.confidence,
    )
