"""The process of one scenario: told a state, it answers with a step, and can do nothing else.

Started by `stage`. Its standard input is a socket that keeps messages apart; each way they are:

    ScenarioPlan, JSON  →
                        ←  Contained, before any of the scenario's code has run
                        ←  Cast, or Refused
    Turn                →
                        ←  Turned
    Asked               →
                        ←  Answer, or Failed, which is the last

Whatever the scenario's code does to this process, what leaves it is read as one of these.
"""

import gc
import os
import socket

import msgspec

from rehabsim.base.errors import ConfigError, RehabsimError
from rehabsim.base.records import State
from rehabsim.session.answer import AnswerCheck, failure
from rehabsim.session.contain import contain
from rehabsim.session.own_stage import OwnStage
from rehabsim.session.repertoire import cast_scenario
from rehabsim.session.table import Column, columns_of
from rehabsim.training.knob import Dial
from rehabsim.training.motion import Deck
from rehabsim.training.scenario import Step

MAX_PLAN_BYTES = 65_536
MAX_STATE_BYTES = 65_536
MAX_ANSWER_BYTES = 16_384
MAX_REASON = 1_000
"""Characters."""


class ScenarioPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a scenario's process is started with.

    Attributes:
        scenario: Name of an installed one, or the path of a file.
        params: Its parameters, as written.
        adapted: Which of them were set by `[adapt]`.
        seed: Of everything random.
        where: File to name in messages.
        readable: Files and folders that it may read.
        deck: What the room's platform may do for this person; None where there is none.
    """

    scenario: str
    params: dict[str, object]
    adapted: tuple[str, ...]
    seed: int
    where: str
    readable: tuple[str, ...]
    deck: Deck | None = None


class Contained(msgspec.Struct, frozen=True, tag="contained"):
    """The process has given up what it could; `words` say what."""

    words: str


class Cast(msgspec.Struct, frozen=True, tag="cast"):
    """The scenario waits for its first state.

    Attributes:
        name: What it calls itself.
        columns: Of its scenes.
        dials: Its parameters that have a knob.
        values: What they are.
        perturbs: It may wish for perturbations.
        tasks: Kinds of tasks that it has.
    """

    name: str
    columns: tuple[Column, ...]
    dials: tuple[Dial, ...]
    values: dict[str, float]
    perturbs: bool
    tasks: tuple[str, ...]


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """There will be no scenario."""

    text: str
    is_usage: bool


class Turn(msgspec.Struct, frozen=True, tag="turn"):
    """The session wants parameters to be turned."""

    values: dict[str, float]


class Turned(msgspec.Struct, frozen=True, tag="turned"):
    """They are, or `refusal` says why not."""

    refusal: str


class Asked(msgspec.Struct, frozen=True, tag="asked"):
    """The session wants the scenario's answer to a state."""

    state: State


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """What the scenario says to the state of `t_ns`."""

    t_ns: int
    step: Step


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The scenario gives no answer; `text` says why, to be read after its name."""

    text: str


def main() -> None:
    """Entry point: reads its plan from the socket that is its standard input."""
    line = socket.socket(fileno=os.dup(0))
    plan = msgspec.json.decode(line.recv(MAX_PLAN_BYTES), type=ScenarioPlan)
    nowhere = os.open(os.devnull, os.O_RDWR)
    _send(line, Contained(contain(plan.readable)))
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    try:
        scenario = cast_scenario(
            plan.scenario,
            dict(plan.params),
            plan.seed,
            where=plan.where,
            adapted=plan.adapted,
            deck=plan.deck,
        )
        stage = OwnStage(scenario)
        check = AnswerCheck(stage.Scene)
        cast = Cast(
            stage.name,
            tuple(columns_of(stage.Scene)),
            stage.dials,
            stage.values,
            stage.perturbs,
            stage.tasks,
        )
    except RehabsimError as error:
        _send(line, Refused(_short(str(error)), isinstance(error, ConfigError)))
        return
    except Exception as error:
        _send(line, Refused(_short(f"scenario {plan.scenario}: {error!r}."), is_usage=False))
        return
    gc.collect()
    gc.freeze()
    _send(line, cast)
    _serve(line, stage, check)


def _serve(line: socket.socket, stage: OwnStage, check: AnswerCheck) -> None:
    """Answer until the session hangs up, or the scenario fails."""
    decode = msgspec.msgpack.Decoder(Asked | Turn).decode
    encode = msgspec.msgpack.Encoder().encode
    while data := line.recv(MAX_STATE_BYTES):
        asked = decode(data)
        try:
            if isinstance(asked, Turn):
                _send(line, _turned(stage, asked))
                continue
            state = asked.state
            answer = encode(Answer(state.t_ns, check.step(stage.step(state))))
        except Exception as error:
            _send(line, Failed(_short(failure(error, stage))))
            return
        if len(answer) > MAX_ANSWER_BYTES:
            size = f"failed: its answer has {len(answer)} bytes, {MAX_ANSWER_BYTES} are allowed"
            _send(line, Failed(size))
            return
        line.send(answer)


def _turned(stage: OwnStage, asked: Turn) -> Turned:
    try:
        stage.turn(asked.values)
    except ValueError as error:
        return Turned(_short(str(error)))
    return Turned("")


def _short(text: str) -> str:
    """Return text that fits into a message, whatever an exception says."""
    return text[:MAX_REASON].encode(errors="replace").decode()


def _send(line: socket.socket, message: msgspec.Struct) -> None:
    line.send(msgspec.msgpack.encode(message))


if __name__ == "__main__":
    main()
