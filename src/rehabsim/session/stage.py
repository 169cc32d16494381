"""A session's side of a scenario in a process of its own: it asks, waits a little, and never more.

The session runs none of the scenario's code, not even to read its name: that process says what its
scenes look like, and whatever else comes from it is read as an answer or taken for its end.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn, cast

import msgspec

from rehabsim.base.errors import ConfigError, ScenarioError
from rehabsim.base.records import Event, PlatformWish, Record, State, Wish
from rehabsim.base.site import Session, Site
from rehabsim.session.answer import LostError
from rehabsim.session.enclosure import Enclosure
from rehabsim.session.repertoire import find_scenario
from rehabsim.session.scenario_process import (
    MAX_ANSWER_BYTES,
    Asked,
    Cast,
    Contained,
    Failed,
    Refused,
    ScenarioPlan,
    Turn,
    Turned,
)
from rehabsim.session.setup import adapted_names, deck_of, first_params, make_scenario
from rehabsim.training.motion import Deck
from rehabsim.training.scenario import Stage, Step, Try

START_S = 20.0
"""Longest wait for a scenario to be ready for its first state."""

FIRST_ANSWER_S = 1.0
"""Longest wait for its first answer, before any belt may move; it may have to warm up."""

ANSWER_S = 0.04
"""Longest wait for each answer after; the keeper's permission lasts 0.1 s."""

ORDINARY_ANSWER_S = 0.2
"""The same where a busy computer may make us wait ourselves. The keeper may stop the belts before,
but they can be started again, and a scenario that is given up cannot."""

EXIT_S = 0.02
"""Longest wait to learn how a process ended that has hung up."""

MAX_COLUMNS = 256
_MODULE = "rehabsim.session.scenario_process"
_TYPES: dict[str, type] = {"f8": float, "i8": int, "?": bool}


@asynccontextmanager
async def staged(
    session: Session, *, where: str, is_apart: bool, site: Site | None = None
) -> AsyncIterator[tuple[Stage, str]]:
    """Have a session's scenario ready, in a process of its own or in ours.

    Args:
        session: The session file.
        where: File to name in messages.
        is_apart: In a process of its own, contained as far as this computer can.
        site: With the limits of the session; None where no platform is thought of.

    Yields:
        The stage, and in plain words what contains it; empty in our process.

    Raises:
        ConfigError: Unknown scenario or a parameter that it refuses.
        ScenarioError: Its code cannot be run, or is not ready in time.
    """
    if not is_apart:
        yield make_scenario(session, where=where, site=site), ""
        return
    stage = await _start(session, where, deck_of(site))
    try:
        yield stage, stage.words
    finally:
        stage.close()


class ProcessStage:
    """A scenario in a process of its own.

    Args:
        enclosure: It, with what contains it.
        words: What that is.
        said: What it said of itself.

    Raises:
        ScenarioError: It said what no scenario can be.
    """

    def __init__(self, enclosure: Enclosure, words: str, said: Cast) -> None:
        self.name = said.name
        self.words = words
        self.Scene = scene = _scene(said)
        self.dials = said.dials
        self.values = said.values
        self.perturbs = said.perturbs
        self.tasks = said.tasks
        self._enclosure = enclosure
        self._line = enclosure.line
        self._line.settimeout(FIRST_ANSWER_S)
        self._limit_s = FIRST_ANSWER_S
        self._later_limit_s = ANSWER_S if enclosure.is_punctual else ORDINARY_ANSWER_S
        self._encode = msgspec.msgpack.Encoder().encode
        step = msgspec.defstruct(
            "Step",
            [
                ("wish", Wish),
                ("scene", scene),
                ("events", tuple[Event, ...], ()),
                ("platform", PlatformWish | None, None),
                ("tries", tuple[Try, ...], ()),
            ],
            frozen=True,
            forbid_unknown_fields=True,
        )
        answer = msgspec.defstruct(
            "Answer", [("t_ns", int), ("step", step)], tag="answer", forbid_unknown_fields=True
        )
        self._decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(answer | Failed)
        self._turned: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Turned | Failed)

    def step(self, state: State) -> Step:
        """Return the scenario's answer to `state`.

        Raises:
            LostError: There is none, nor will there be; its process is gone.
        """
        said = self._read(self._decoder, self._ask(self._encode(Asked(state))))
        if said.t_ns != state.t_ns:
            self._lose(f"failed: it answered to {said.t_ns} ns, was asked at {state.t_ns} ns")
        if self._limit_s != self._later_limit_s:
            self._limit_s = self._later_limit_s
            self._line.settimeout(self._limit_s)
        answer = said.step
        return Step(answer.wish, answer.scene, answer.events, answer.platform, answer.tries)

    def turn(self, values: dict[str, float]) -> None:
        """Have the scenario go on with other parameters.

        Raises:
            ValueError: The scenario's rules do not allow it; nothing was changed.
            LostError: There is no answer; its process is gone.
        """
        said = self._read(self._turned, self._ask(self._encode(Turn(values))))
        if said.refusal:
            raise ValueError(" ".join(said.refusal.split()))
        self.values |= values

    def _read(self, decoder: msgspec.msgpack.Decoder[Any], data: bytes) -> Any:
        try:
            said = decoder.decode(data)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            self._lose(f"failed: its answer cannot be read ({error})")
        if isinstance(said, Failed):
            self._lose(" ".join(said.text.split()))
        return said

    def _ask(self, question: bytes) -> bytes:
        try:
            self._line.send(question)
            data = self._line.recv(MAX_ANSWER_BYTES + 1)
        except TimeoutError:
            self._lose(f"did not answer within {self._limit_s:g} s")
        except OSError:
            data = b""
        if not data:
            self._lose(self._enclosure.ending(EXIT_S))
        if len(data) > MAX_ANSWER_BYTES:
            self._lose(f"failed: its answer has more than {MAX_ANSWER_BYTES} bytes")
        return data

    def _lose(self, how: str) -> NoReturn:
        self._enclosure.kill()
        raise LostError(how)

    def close(self) -> None:
        """End the process, whatever it does."""
        self._enclosure.close()


def _scene(said: Cast) -> type[Record]:
    """Return a record like the scenario's own, of which only the columns are known."""
    is_name = 0 < len(said.name) <= 64 and said.name.isprintable()
    if not is_name or len(said.columns) > MAX_COLUMNS:
        raise ScenarioError(
            f"scenario {said.name[:64]!r}: needs a name of 1 to 64 letters, and a scene of at most"
            f" {MAX_COLUMNS} columns; it has {len(said.columns)}."
        )
    try:
        fields = [(column.name, _TYPES[column.type]) for column in said.columns]
        made = msgspec.defstruct("Scene", fields, bases=(Record,), frozen=True)
    except (KeyError, TypeError, ValueError) as error:
        raise ScenarioError(f"scenario {said.name}: its scene cannot be: {error}.") from error
    return cast("type[Record]", made)


async def _start(session: Session, where: str, deck: Deck | None) -> ProcessStage:
    file, name = find_scenario(session.scenario), session.scenario
    if file is not None and name.endswith(".py"):
        name = str(file.resolve())
    enclosure = Enclosure(_MODULE, None if file is None else file.resolve().parent)
    plan = ScenarioPlan(
        scenario=name,
        params=first_params(session, where=where),
        adapted=adapted_names(session, where=where),
        seed=session.seed,
        where=where,
        readable=enclosure.readable,
        deck=deck,
    )
    try:
        with suppress(OSError):
            enclosure.line.send(msgspec.json.encode(plan))
        contained = await _hear(enclosure, session.scenario)
        said = await _hear(enclosure, session.scenario)
        if isinstance(said, Refused):
            raise (ConfigError if said.is_usage else ScenarioError)(said.text)
        if not isinstance(contained, Contained) or not isinstance(said, Cast):
            raise ScenarioError(f"scenario {session.scenario}: its process speaks out of turn.")
        words = (enclosure.words, contained.words, enclosure.be_punctual())
        return ProcessStage(enclosure, ", ".join(words), said)
    except BaseException:
        enclosure.close()
        raise


async def _hear(enclosure: Enclosure, name: str) -> Contained | Cast | Refused:
    """Return the next thing that a starting process says."""
    try:
        async with asyncio.timeout(START_S):
            data = await enclosure.hear(MAX_ANSWER_BYTES)
    except TimeoutError:
        raise ScenarioError(f"scenario {name}: was not ready within {START_S:g} s.") from None
    if not data:
        how = " ".join((enclosure.ending(EXIT_S), enclosure.last_words())).strip()
        raise ScenarioError(f"scenario {name}: {how}; it was not ready yet.")
    try:
        return msgspec.msgpack.decode(data, type=Contained | Cast | Refused)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ScenarioError(f"scenario {name}: its process says nonsense: {error}.") from None
