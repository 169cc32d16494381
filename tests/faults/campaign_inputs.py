"""Bad inputs at every entrance: none is taken, and nothing falls over."""

import asyncio
import random
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from math import isfinite
from pathlib import Path

import msgspec
from faults.corpora import NO_NUMBERS, bad_requests, strange_ids
from faults.figures import Row
from web.fakes import FakeSession

from rehabsim.base.clock import HostClock
from rehabsim.base.config import Strict, check, load_toml
from rehabsim.base.errors import ConfigError
from rehabsim.base.records import BeltSample
from rehabsim.base.site import FaultFile, Session, Site
from rehabsim.safety.guard import guard
from rehabsim.safety.messages import Ask, GuardInputs, GuardState, WishMessage, decode_to_keeper
from rehabsim.session.entrance import objection
from rehabsim.session.keys import AllowedKeys
from rehabsim.session.requests import decode_request
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.subject import check_subject
from rehabsim.web.keeper_link import KeeperLink
from rehabsim.web.reception import Reception

TITLE = "Bad inputs"
INTRODUCTION = (
    "NaN, ±infinity, −0, negative, 1e308, numbers as text, booleans as numbers, too long, too deep,"
    " bad UTF-8, wrong JSON. A failure is an input that was taken, or an exception that is not the"
    " one refusal in one sentence. `rehabsim` subscribes to no MQTT topic: there is no entrance."
)
BAR = "0 taken, 0 crashes"
SEED = 20
SITE = load_toml(SIMULATED_SITE, Site)

FAULTS: dict[str, object] = {"faults": [{"device": "plates", "kind": "off", "at_s": 1.0}]}
SESSION: dict[str, object] = {
    "scenario": "boat",
    "seed": 1,
    "body_height_m": 1.7,
    "cruise_speed_mps": 0.8,
}


def rows(share: float) -> Iterator[Row]:
    """Yield one row per entrance."""
    count = max(round(20_000 * share), 200)
    yield _row("ZeroMQ request", bad_requests(count, SEED), _is_request_taken)
    yield _websocket(bad_requests(count, SEED + 1))
    yield _row("message to the keeper", _keeper_messages(count, SEED + 2), _is_keeper_misled)
    site = tomllib.loads(SIMULATED_SITE.read_text())
    for what, table, part, model in (
        ("site file", site, "limits", Site),
        ("session file", SESSION, "", Session),
        ("fault file", FAULTS, "faults", FaultFile),
    ):
        tables = list(_bad_tables(table, part, count // 2, SEED + 3))
        yield _row(what, tables, _taker(model))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bad.toml"
        texts = list(_bad_files(max(count // 20, 30), SEED + 4))
        yield _row("file that is no TOML", texts, _file_taker(path))
    names = [name for name in strange_ids() if name]
    yield _row("id of a subject", names, lambda name: _passes(lambda: check_subject(name)))
    yield _row("name of a key", names, _is_key_name_taken)


def _row(what: str, inputs: list, is_taken: Callable[[object], bool]) -> Row:
    failures, notes = 0, set()
    for one in inputs:
        try:
            if is_taken(one):
                failures += 1
                notes.add(f"taken: {str(one)[:60]!r}")
        except Exception as error:
            failures += 1
            notes.add(f"{type(error).__name__} at {str(one)[:60]!r}")
    return Row(what, len(inputs), failures, bar=BAR, note="; ".join(sorted(notes)[:2]))


def _passes(act: Callable[[], object]) -> bool:
    """Return whether `act` goes through; a ConfigError is how it should not."""
    try:
        act()
    except ConfigError as error:
        text = str(error)
        if "\n" in text or not text.endswith("."):
            raise AssertionError(f"not one sentence: {text[:80]!r}") from None
        return False
    return True


def _is_request_taken(data: object) -> bool:
    found = []
    if not _passes(lambda: found.append(decode_request(data))):
        return False
    return not objection(found[0], "console", "boot", 1.0)


# -- the gateway's WebSocket -----------------------------------------------------------------


def _websocket(texts: list[bytes]) -> Row:
    """Say each to a reception; what it passes on, the session must refuse."""

    async def go() -> Row:
        clock = HostClock()
        session = FakeSession()
        reception = Reception(session, KeeperLink("", clock), clock)
        reception.is_live = lambda now_ns: True  # type: ignore[method-assign]
        failures, notes = 0, set()
        for number, data in enumerate(texts):
            visitor = reception.enter(f"page-{number % 8}", 0)
            text = data.decode("utf-8", "replace")
            session.said.asked.clear()
            try:
                await reception.hear(visitor, text)
                taken = [one for one in session.said.asked if _is_request_taken(one)]
                failures += bool(taken)
            except Exception as error:
                failures += 1
                notes.add(f"{type(error).__name__} at {text[:60]!r}")
        return Row(
            "WebSocket message", len(texts), failures, bar=BAR, note="; ".join(sorted(notes)[:2])
        )

    return asyncio.run(go())


# -- the keeper's socket ---------------------------------------------------------------------


def _keeper_messages(count: int, seed: int) -> list[bytes]:
    rng = random.Random(seed)
    wish = {"left_speed_mps": 1.0, "right_speed_mps": 1.0, "incline_rad": 0.0}
    whole = {"type": "wish", "t_ns": 0, "operator_t_ns": 0, "plate_t_ns": 0, "wish": wish}
    numbers = [v for v in NO_NUMBERS if v != 10**400]
    found: list[bytes] = []
    while len(found) < count:
        side = rng.choice(list(wish))
        table: object = whole | {"wish": wish | {side: rng.choice(numbers)}}
        kind = rng.randrange(8)
        if kind == 0:
            table = {"type": "ask", "id": "x", "name": rng.choice(numbers), "source": "x"}
        elif kind == 1:
            table = {"type": rng.choice(["ask", "x", 1, None]), "id": 1, "name": "arm"}
        elif kind == 2:
            table = whole | {rng.choice(["a", "t_ns"]): rng.choice([[[[[]]]], "1", 1.5, None])}
        data = msgspec.msgpack.encode(table)
        if kind == 3:
            data = data[: rng.randrange(len(data))]
        elif kind == 4:
            data = bytes(rng.randrange(256) for _ in range(rng.randint(0, 64)))
        elif kind == 5:
            data = b"\x82\xa4type\xa3ask\xa1x" + b"\x91" * 990 + b"\xc0"
        found.append(data)
    return found


def _is_keeper_misled(data: object) -> bool:
    """Return whether belts at 0.5 m/s would be commanded anything but slower, or nonsense."""
    try:
        message = decode_to_keeper(data)
    except ValueError:
        return False
    t_ns = 10**9
    wish, asks = None, ()
    if isinstance(message, WishMessage):
        wish = msgspec.structs.replace(message, t_ns=t_ns, operator_t_ns=t_ns, plate_t_ns=t_ns)
        if all(isfinite(v) and 0 <= v <= 5 for v in msgspec.structs.astuple(message.wish)):
            return False  # A good number in one place and nothing bad in another: a good wish.
    elif isinstance(message, Ask):
        asks = (message,)
    state = GuardState(
        mode="running", cause="", left_speed_mps=0.5, right_speed_mps=0.5, t_ns=t_ns - 4_000_000
    )
    inputs = GuardInputs(t_ns=t_ns, wish=wish, belt=BeltSample(t_ns, 0.5, 0.5, 0.0), asks=asks)
    command = guard(state, inputs, SITE.limits).command
    speeds = (command.left_speed_mps, command.right_speed_mps)
    return not all(0 <= speed <= SITE.limits.max_speed_mps for speed in speeds)


# -- files -----------------------------------------------------------------------------------


def _bad_tables(
    table: dict[str, object], part: str, count: int, seed: int
) -> Iterator[dict[str, object]]:
    """Yield the table with one number spoilt, one key too many, or one missing."""
    rng = random.Random(seed)
    for _ in range(count):
        whole: dict[str, object] = msgspec.json.decode(msgspec.json.encode(table))
        inner = whole[part] if part else whole
        inner = inner[0] if isinstance(inner, list) else inner
        key = rng.choice(sorted(inner))
        kind = rng.randrange(4)
        if kind == 0 and part:
            del inner[rng.choice([k for k in inner if k not in ("at_s", "perturbation")])]
        elif kind == 1:
            inner[rng.choice(["max_sped", "", "a" * 1000, "__class__"])] = rng.choice(NO_NUMBERS)
        else:
            is_text = isinstance(inner[key], str)
            # Minus zero is a good limit of zero, and a text may be any.
            bad = [v for v in NO_NUMBERS if str(v) != "-0.0" and not (is_text and type(v) is str)]
            bad = [v for v in bad if not (key == "at_s" and v == 5.000001)]
            inner[key] = rng.choice([v for v in bad if not _is_fine(key, v)])
        yield whole


def _is_fine(key: str, value: object) -> bool:
    """Return whether a value from the list is a good one for this key after all."""
    if key == "perturbation":
        return value is None
    ranges = {"armed_life_s": 60.0, "max_operator_age_s": 30.0, "hold_operator_age_s": 30.0}
    ranges |= {"max_jerk_mps3": 1000.0, "max_hold_s": 10.0, "max_ahead_m": 3.0, "max_behind_m": 3.0}
    high = ranges.get(key, 25.0 if key.endswith("_mps2") else 5.0)
    return type(value) is float and 0 < value <= high


def _taker(model: type[Strict]) -> Callable[[object], bool]:
    return lambda table: _passes(lambda: check(table, model, where="bad"))


def _bad_files(count: int, seed: int) -> Iterator[bytes]:
    rng = random.Random(seed)
    good = SIMULATED_SITE.read_bytes()
    for number in range(count):
        at = rng.randrange(len(good))
        yield (
            good[:at] + rng.choice([b"\xff", b"\0", b"\xed\xa0\x80", b"\x0b"]) + good[at:],
            b"x = " + b"[" * 20_000 + b"]" * 20_000,
            b"x = " + b"9" * 20_000,
            good + b"#" * 70_000,
            good + b'\nname = "twice"\n[limits]\n',
            bytes(rng.randrange(1, 256) for _ in range(40)) + b"=",
        )[number % 6]


def _file_taker(path: Path) -> Callable[[object], bool]:
    def is_taken(data: object) -> bool:
        path.write_bytes(data)
        return _passes(lambda: load_toml(path, Site))

    return is_taken


def _is_key_name_taken(name: object) -> bool:
    client = {"name": name, "role": "console", "public": "x" * 40}
    return _passes(lambda: check({"clients": [client]}, AllowedKeys, where="bad"))
