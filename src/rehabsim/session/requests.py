"""What clients may ask of a session, and the answer; documented in MESSAGES.md."""

from math import copysign
from typing import Annotated, Literal

import msgspec
from pydantic import AfterValidator, Field

from rehabsim.base.config import Strict
from rehabsim.base.errors import ConfigError
from rehabsim.base.records import Record
from rehabsim.session.subject import harmless_note

MAX_REASON = 200
"""Characters of the reason why a request is refused."""

MAX_REQUEST_BYTES = 65536

RequestName = Literal[
    "arm",
    "start",
    "pause",
    "stop",
    "reset",
    "engage",
    "settle",
    "perturb",
    "calm",
    "follow",
    "fix",
    "turn",
    "accept",
    "keep",
    "undo",
    "rate",
    "set_speed",
    "marker",
    "zero_plates",
    "weigh",
    "check_left",
    "check_right",
    "hand_over",
    "take_over",
    "alive",
    "seen",
    "hello",
    "go_on",
]
"""What a client may ask."""

OWN = "rehabsim run"
"""Who asks on the session's own account."""

OwnName = Literal["rest"]
"""What nobody else can ask."""


def _not_minus(value: float) -> float:
    """Refuse −0.0, which compares as 0 and is none: whoever sends it has computed wrongly."""
    if value == 0 and copysign(1.0, value) < 0:
        raise ValueError("should not be minus zero")
    return value


class Request(Strict):
    """What a client asks, as JSON.

    Attributes:
        id: Chosen by the client; the same id is answered the same way and acts once.
        name: What to do.
        boot_id: Of the session that the client sees; `entrance.py` says who needs it.
        t_s: Session time of the newest state that the client has seen, or its estimate of now.
        speed_mps: For `set_speed`.
        text: For `marker`.
        param: For `turn`: a live parameter.
        value: For `turn`: what it shall be.
        pain_nrs: For `rate`: pain now, 0 none to 10 worst, numeric rating scale.
        effort_rpe: For `rate`: exertion now, 6 none to 20 greatest, Borg's scale.
        effort_nrs: The same, 0 none to 10 greatest, for programmes that ask so.
    """

    id: Annotated[str, Field(pattern=r"^[!-~]{1,64}$")]
    name: RequestName
    boot_id: Annotated[str, Field(max_length=64)] | None = None
    t_s: Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)] | None = None
    speed_mps: (
        Annotated[float, Field(ge=0, le=5, allow_inf_nan=False), AfterValidator(_not_minus)] | None
    ) = None
    text: Annotated[str, Field(max_length=500), AfterValidator(harmless_note)] | None = None
    param: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")] | None = None
    value: (
        Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False), AfterValidator(_not_minus)]
        | None
    ) = None
    pain_nrs: (
        Annotated[float, Field(ge=0, le=10, allow_inf_nan=False), AfterValidator(_not_minus)] | None
    ) = None
    effort_rpe: Annotated[float, Field(ge=6, le=20, allow_inf_nan=False)] | None = None
    effort_nrs: (
        Annotated[float, Field(ge=0, le=10, allow_inf_nan=False), AfterValidator(_not_minus)] | None
    ) = None


class Ack(Record, frozen=True):
    """The answer to a request, as JSON.

    Attributes:
        id: The request's.
        status: What became of it.
        tick: The session's tick at which it took effect, or was refused.
        t_s: Session time of that tick.
        reason: Why not; one sentence for the therapist.
    """

    id: str
    status: Literal["applied", "rejected", "duplicate"]
    tick: int
    t_s: float
    reason: str = ""


class ClientRequest(Record, frozen=True):
    """A request with its sender, checked.

    Attributes:
        client: Identity of the sender, as text.
        id: The sender's name for it.
        name: What to do.
        speed_mps: For `set_speed`.
        text: For `marker`.
        t_s: Session time of the newest state that the sender has seen, or shows.
        param: For `turn`, a parameter.
        value: For `turn`, what it shall be; for `rest`, how long the person rests, s.
        pain_nrs: For `rate`.
        effort_rpe: For `rate`.
        effort_nrs: For `rate`.
    """

    client: str
    id: str
    name: RequestName | OwnName
    speed_mps: float | None = None
    text: str | None = None
    t_s: float | None = None
    param: str | None = None
    value: float | None = None
    pain_nrs: float | None = None
    effort_rpe: float | None = None
    effort_nrs: float | None = None

    def numbers(self) -> str:
        """Return what is asked for beside its name, for people."""
        said = ""
        if self.speed_mps is not None:
            said += f" {self.speed_mps:g} m/s"
        if self.param is not None and self.value is not None:
            said += f" {self.param} {self.value:g}"
        if self.pain_nrs is not None:
            said += f" pain {self.pain_nrs:g} of 10"
        if self.effort_rpe is not None:
            said += f" effort {self.effort_rpe:g} of 20"
        if self.effort_nrs is not None:
            said += f" effort {self.effort_nrs:g} of 10"
        return said


def decode_request(data: bytes) -> Request:
    """Return the request in `data`.

    Raises:
        ConfigError: It is not one; the message says what is wrong with it.
    """
    if len(data) > MAX_REQUEST_BYTES:
        raise ConfigError(f"request: {len(data)} bytes, limit {MAX_REQUEST_BYTES}.")
    try:
        return Request.model_validate_json(data)
    except ValueError as error:
        first = error.errors()[0] if hasattr(error, "errors") else {"loc": (), "msg": str(error)}
        where = ".".join(str(part) for part in first["loc"]) or "request"
        said = str(first["msg"]).removeprefix("Value error, ")
        words = " ".join(f"{where}: {said}".split())
        raise ConfigError(f"{words[:MAX_REASON]}.") from None


class _Named(msgspec.Struct, frozen=True):
    id: str = ""


def id_of(data: bytes) -> str:
    """Return the id in what is no good request, so that its refusal finds the asker; or nothing."""
    if len(data) > MAX_REQUEST_BYTES:
        return ""
    try:
        named = msgspec.json.decode(data, type=_Named)
    except (ValueError, RecursionError):
        return ""
    return named.id if len(named.id) <= 64 and named.id.isprintable() else ""
