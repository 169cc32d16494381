"""The chain of operator records: each carries the SHA-256 of the one before. Pure.

Requests, answers, events and refusals stay in their own channels, byte for byte as a replay
compares them; the channel `chain` holds one record for each, in the order in which they were
logged, the header first and a closing record last. Whoever alters, removes, adds or moves one
leaves a chain that does not hold. It shows tampering to whoever kept the last SHA-256; it cannot
show it where all of the chain was computed anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256

import msgspec

from rehabsim.base.records import Record

CHANNEL = "chain"
CHAINED = ("requests", "acks", "events", "refusals")
"""Channels of which every message is in the chain."""

FIRST = "header"
LAST = "close"
NOTHING = "0" * 64
"""What the first record has before it."""

Messages = Sequence[tuple[int, bytes]]
"""Of one channel: (t_ns, bytes), oldest first."""


class ChainRecord(Record, frozen=True, gc=False):
    """One message of the channel `chain`, JSON.

    Attributes:
        count: How many records come before it.
        t_ns: Of the message that it stands for.
        channel: Where that message is; `header`, or `close` for the closing record.
        digest: SHA-256 of that message's bytes; empty in the closing record.
        before: SHA-256 of the chain record before it, as its bytes stand in the log.
    """

    count: int
    t_ns: int
    channel: str
    digest: str
    before: str


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ChainRecord)


class Chain:
    """Makes the records of one log."""

    def __init__(self) -> None:
        self._count = 0
        self._before = NOTHING

    def record(self, channel: str, t_ns: int, data: bytes) -> bytes:
        """Return the record that stands for one message."""
        return self._add(channel, t_ns, sha256(data).hexdigest())

    def close(self, t_ns: int) -> bytes:
        """Return the closing record: how many there are, and the SHA-256 of the last."""
        return self._add(LAST, t_ns, "")

    def _add(self, channel: str, t_ns: int, digest: str) -> bytes:
        data = _encoder.encode(ChainRecord(self._count, t_ns, channel, digest, self._before))
        self._count += 1
        self._before = sha256(data).hexdigest()
        return data


class ChainCheck(msgspec.Struct, frozen=True):
    """What became of a chain.

    Attributes:
        count: Records that hold, from the first on.
        last: SHA-256 of the last of them.
        fault: What is wrong and where, one clause; empty when all of it holds.
    """

    count: int
    last: str
    fault: str


def check_chain(header: bytes, channels: Mapping[str, Messages]) -> ChainCheck:
    """Follow a chain from its first record to its closing one, and stop at the first fault.

    Args:
        header: The log's first message.
        channels: Messages of the channels `CHAINED` and of the chain itself.
    """
    walk = _Walk(header, channels)
    for fault in walk.faults(channels.get(CHANNEL, ())):
        return ChainCheck(walk.count, walk.last, fault)
    return ChainCheck(walk.count, walk.last, "")


class _Walk:
    def __init__(self, header: bytes, channels: Mapping[str, Messages]) -> None:
        self.count = 0
        self.last = NOTHING
        self._until_s = 0.0
        self._channels = {name: channels.get(name, ()) for name in CHAINED}
        self._channels[FIRST] = [(0, header)]
        self._places = dict.fromkeys(self._channels, 0)
        self._is_closed = False

    def faults(self, records: Messages) -> Iterator[str]:
        """Yield what is wrong; after the first, nothing that follows means anything."""
        for t_ns, data in records:
            fault = self._step(t_ns, data)
            if fault:
                yield f"record {self.count} at {t_ns / 1e9:.3f} s {fault}"
            self.count += 1
            self.last = sha256(data).hexdigest()
            self._until_s = t_ns / 1e9
        for name, place in self._places.items():
            if place < len(self._channels[name]):
                t_s = self._channels[name][place][0] / 1e9
                yield f"message {place} of {name} at {t_s:.3f} s is not in it"
        if not self._is_closed:
            yield (
                f"ends without closing record after record {self.count - 1} at"
                f" {self._until_s:.3f} s: the session was killed or its end was cut off"
                if self.count
                else "has no record at all"
            )

    def _step(self, t_ns: int, data: bytes) -> str:
        """Return what is wrong with the next record, or nothing."""
        try:
            record = _decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return "cannot be read"
        if self._is_closed:
            return "comes after the closing record"
        if record.count > self.count:
            return f"is missing, the next is record {record.count}"
        if record.count != self.count or data != _encoder.encode(record):
            return f"has number {record.count} or other bytes than were written"
        if record.t_ns != t_ns:
            return f"was written for {record.t_ns / 1e9:.3f} s"
        if record.before != self.last:
            return "does not carry the SHA-256 of the record before it"
        if record.channel == LAST:
            self._is_closed = True
            return "" if not record.digest else "closes with a message"
        return self._message(record)

    def _message(self, record: ChainRecord) -> str:
        """Return what is wrong with the message that a record stands for, or nothing."""
        name = record.channel
        if name not in self._channels or (name == FIRST) != (self.count == 0):
            return f"stands for a message of {name}, which cannot be there"
        place = self._places[name]
        self._places[name] = place + 1
        if place >= len(self._channels[name]):
            return f"stands for message {place} of {name}, which is missing"
        t_ns, data = self._channels[name][place]
        if record.digest != sha256(data).hexdigest():
            return f"stands for message {place} of {name}, which was altered, moved or removed"
        if t_ns != record.t_ns:
            return f"stands for message {place} of {name}, whose time was altered"
        return ""
