"""One change to one operator record of a log, and whether its chain shows it."""

from functools import lru_cache
from pathlib import Path
from random import Random

from rehabsim.session.chain import CHAINED, CHANNEL, check_chain
from rehabsim.session.log import LogReader

Channels = dict[str, list[tuple[int, bytes]]]


@lru_cache(maxsize=1)
def _log(path: Path) -> tuple[bytes, Channels]:
    log = LogReader(path)
    channels = {name: log.texts(name) for name in (*CHAINED, CHANNEL)}
    # Nobody could refuse anything: no client reaches a session in virtual time.
    assert {name for name, messages in channels.items() if not messages} == {"refusals"}
    assert not check_chain(log._head, channels).fault
    return log._head, channels


def tamper(path: Path, random: Random) -> str | None:
    """Return None when the change was detected, else what was done."""
    head, whole = _log(path)
    channels = {name: list(messages) for name, messages in whole.items()}
    name = random.choice((*(name for name, messages in whole.items() if messages), "header"))
    if name == "header":
        head, what = _flipped(head, random), "header flipped"
    else:
        messages = channels[name]
        index = random.randrange(len(messages))
        how = random.choice((_flip, _redate, _delete, _move, _repeat, _cut))
        what = f"{how.__name__[1:]} message {index} of {name}"
        how(messages, index, random)
        if messages == whole[name]:
            return tamper(path, random)
    return None if check_chain(head, channels).fault else what


def _flipped(data: bytes, random: Random) -> bytes:
    place, bit = random.randrange(len(data)), 1 << random.randrange(8)
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def _flip(messages: list[tuple[int, bytes]], index: int, random: Random) -> None:
    t_ns, data = messages[index]
    messages[index] = (t_ns, _flipped(data, random))


def _redate(messages: list[tuple[int, bytes]], index: int, random: Random) -> None:
    t_ns, data = messages[index]
    messages[index] = (t_ns + random.choice((-1, 1)) * random.randrange(1, 10**10), data)


def _delete(messages: list[tuple[int, bytes]], index: int, random: Random) -> None:
    del messages[index]


def _move(messages: list[tuple[int, bytes]], index: int, random: Random) -> None:
    messages.insert(random.randrange(len(messages)), messages.pop(index))


def _repeat(messages: list[tuple[int, bytes]], index: int, random: Random) -> None:
    messages.insert(random.randrange(len(messages)), messages[index])


def _cut(messages: list[tuple[int, bytes]], index: int, random: Random) -> None:
    del messages[index:]
