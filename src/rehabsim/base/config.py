"""Files that people write: strict, frozen, and explained when they are wrong."""

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rehabsim.base.errors import ConfigError

M = TypeVar("M", bound=BaseModel)

MAX_FILE_BYTES = 65536

Speed = Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)]
"""m/s"""
Accel = Annotated[float, Field(ge=0.01, le=25, allow_inf_nan=False)]
"""m/s²; less would not fit a treadmill's field, and no stop would ever end"""
Angle = Annotated[float, Field(ge=-0.5, le=0.5, allow_inf_nan=False)]
"""rad"""
Seconds = Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
"""s"""
Metres = Annotated[float, Field(ge=-10, le=10, allow_inf_nan=False)]
"""m"""


class Strict(BaseModel):
    """A table of a file or a request: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


Jerk = Annotated[float, Field(ge=0.1, le=1000, allow_inf_nan=False)]
"""m/s³"""


class PerturbationLimits(Strict):
    """What the belts may do for the moment of a perturbation.

    Attributes:
        max_speed_mps: Fastest either belt may run.
        max_change_mps: Furthest from the speeds at which it began.
        max_accel_mps2: Steepest change of a belt's set point.
        max_jerk_mps3: Quickest change of that.
        max_split_mps: Largest difference between the belts.
        max_duration_s: Longest one, its return included.
        min_pause_s: Shortest time from the end of one to the next.
        needs_harness: None without a harness that is measured and carries its own strap.
    """

    max_speed_mps: Speed
    max_change_mps: Speed
    max_accel_mps2: Accel
    max_jerk_mps3: Jerk
    max_split_mps: Speed
    max_duration_s: Annotated[float, Field(gt=0, le=5, allow_inf_nan=False)]
    min_pause_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]
    needs_harness: bool

    def tightened_by(self, other: Self) -> Self:
        """Return the stricter of the two, field by field; never looser than either."""
        return type(self)(**_tighter(self, other))


class Limits(Strict):
    """What the belts may do. No field has a default: someone has to decide.

    Attributes:
        max_speed_mps: Fastest either belt may run.
        max_accel_mps2: Steepest change of a belt's set point while walking.
        max_jerk_mps3: Quickest change of that.
        max_start_accel_mps2: The same while starting.
        max_split_mps: Largest difference between the belts.
        max_incline_rad: Steepest deck; the least is level.
        max_incline_rate_radps: Fastest change of the deck's set point.
        ramp_mps2: Deceleration of an ordinary stop.
        fast_mps2: Deceleration of a STOP and of urgent causes.
        fall_mps2: The same when the person is down already, or the belts run away.
        max_wish_age_s: Permission: how old the session's newest wish may be.
        max_belt_age_s: How old the treadmill's newest report may be.
        max_plate_age_s: How old the newest force-plate sample may be.
        hold_operator_age_s: How long the console in command may be silent before the speed is
            held.
        max_operator_age_s: The same before the belts are stopped.
        max_display_age_s: How old the picture may be that a display shows, where one is watched.
        max_hold_s: How long the speed is held before the belts are stopped.
        max_ahead_m: How far ahead of mid-belt the person's pressure may stay.
        max_behind_m: The same behind it.
        armed_life_s: How long "armed" waits for "start".
        perturbation: What a perturbation may do; none may do anything where it is missing.
    """

    max_speed_mps: Speed
    max_accel_mps2: Accel
    max_jerk_mps3: Jerk
    max_start_accel_mps2: Accel
    max_split_mps: Speed
    max_incline_rad: Annotated[float, Field(ge=0, le=0.3, allow_inf_nan=False)]
    max_incline_rate_radps: Annotated[float, Field(gt=0, le=0.2, allow_inf_nan=False)]
    ramp_mps2: Accel
    fast_mps2: Accel
    fall_mps2: Accel
    max_wish_age_s: Annotated[float, Field(ge=0.02, le=1, allow_inf_nan=False)]
    max_belt_age_s: Annotated[float, Field(ge=0.02, le=1, allow_inf_nan=False)]
    max_plate_age_s: Annotated[float, Field(ge=0.02, le=1, allow_inf_nan=False)]
    hold_operator_age_s: Annotated[float, Field(ge=0.2, le=30, allow_inf_nan=False)]
    max_operator_age_s: Annotated[float, Field(ge=0.2, le=30, allow_inf_nan=False)]
    max_display_age_s: Annotated[float, Field(ge=0.05, le=5, allow_inf_nan=False)]
    max_hold_s: Annotated[float, Field(ge=0.1, le=10, allow_inf_nan=False)]
    max_ahead_m: Annotated[float, Field(gt=0, le=3, allow_inf_nan=False)]
    max_behind_m: Annotated[float, Field(gt=0, le=3, allow_inf_nan=False)]
    armed_life_s: Annotated[float, Field(ge=1, le=60, allow_inf_nan=False)]
    perturbation: PerturbationLimits | None = None

    def tightened_by(self, other: Self) -> Self:
        """Return the stricter of the two, field by field; never looser than either."""
        return type(self)(**_tighter(self, other))


def _tighter(one: Strict, other: Strict) -> dict[str, Any]:
    """Return the stricter value of every field of two tables of limits.

    The least of a maximum, the greatest of a minimum, and what is missing. Of two ways to stop it
    is the gentler one.
    """
    found: dict[str, Any] = {}
    for name in type(one).model_fields:
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine is None or theirs is None:
            found[name] = None
        elif isinstance(mine, PerturbationLimits):
            found[name] = mine.tightened_by(theirs)
        else:
            is_least = not name.startswith(("min_", "needs_"))
            found[name] = min(mine, theirs) if is_least else max(mine, theirs)
    return found


Reach = Annotated[float, Field(ge=0, le=0.5, allow_inf_nan=False)]
"""m or rad, from the middle; 0 keeps an axis still"""
Pace = Annotated[float, Field(gt=0, le=2, allow_inf_nan=False)]
"""m/s or rad/s"""
Push = Annotated[float, Field(ge=0.01, le=25, allow_inf_nan=False)]
"""m/s² or rad/s²"""
Age = Annotated[float, Field(ge=0.02, le=1, allow_inf_nan=False)]
"""s"""

FREEZE_S = 0.1
"""A platform that freezes stands still this much later at the latest."""


class PlatformLimits(Strict):
    """What the platform may do. No field has a default: someone has to decide.

    Attributes:
        max_x_m: Furthest forward or back, from the middle.
        max_y_m: Furthest to the left or right.
        max_z_m: Furthest up or down.
        max_roll_rad: Steepest to the left or right.
        max_pitch_rad: Steepest up or down.
        max_yaw_rad: Furthest turned to the left or right.
        max_speed_mps: Fastest along each axis.
        max_rate_radps: Fastest about each axis.
        max_accel_mps2: Steepest change of speed along each axis; it brakes for the edge with it.
        max_accel_radps2: The same about each axis.
        max_perturb_speed_mps: Fastest along each axis during a perturbation.
        max_perturb_rate_radps: The same about each axis.
        max_perturb_accel_mps2: Steepest change of speed during a perturbation.
        max_perturb_accel_radps2: The same about each axis.
        max_perturb_s: Longest perturbation.
        min_calm_s: Shortest time between two.
        freeze_mps2: Deceleration of a freeze along each axis.
        freeze_radps2: The same about each axis.
        max_settle_speed_mps: Fastest on the way home with someone on it.
        max_settle_rate_radps: The same about each axis.
        max_wish_age_s: Permission: how old the session's newest wish may be.
        max_sample_age_s: How old the base's newest report may be.
        max_error_m: How far it may be from its set point, the lag of the base included.
        max_error_rad: The same about each axis.
        max_error_s: For how long it may be further away.
    """

    max_x_m: Reach
    max_y_m: Reach
    max_z_m: Reach
    max_roll_rad: Reach
    max_pitch_rad: Reach
    max_yaw_rad: Reach
    max_speed_mps: Pace
    max_rate_radps: Pace
    max_accel_mps2: Push
    max_accel_radps2: Push
    max_perturb_speed_mps: Pace
    max_perturb_rate_radps: Pace
    max_perturb_accel_mps2: Push
    max_perturb_accel_radps2: Push
    max_perturb_s: Annotated[float, Field(ge=0, le=5, allow_inf_nan=False)]
    min_calm_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]
    freeze_mps2: Push
    freeze_radps2: Push
    max_settle_speed_mps: Pace
    max_settle_rate_radps: Pace
    max_wish_age_s: Age
    max_sample_age_s: Age
    max_error_m: Reach
    max_error_rad: Reach
    max_error_s: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        for kind in ("speed_mps", "rate_radps", "accel_mps2", "accel_radps2"):
            self._need(f"max_{kind}", f"max_perturb_{kind}")
        for unit, kind in (("mps", "speed_mps"), ("radps", "rate_radps")):
            self._need(f"max_settle_{kind}", f"max_{kind}")
            self._need(f"max_perturb_accel_{unit}2", f"freeze_{unit}2")
            fastest, freeze = getattr(self, f"max_perturb_{kind}"), getattr(self, f"freeze_{unit}2")
            if not fastest <= FREEZE_S * freeze * (1 + 1e-9):
                raise ValueError(
                    f"freeze_{unit}2 = {freeze} stops max_perturb_{kind} = {fastest} in"
                    f" {fastest / freeze:.3f} s, it may take {FREEZE_S} s"
                )
        return self

    def _need(self, lesser: str, greater: str) -> None:
        if not getattr(self, lesser) <= getattr(self, greater):
            raise ValueError(
                f"{lesser} = {getattr(self, lesser)} is above {greater} = {getattr(self, greater)}"
            )

    def tightened_by(self, other: Self) -> Self:
        """Return the stricter of the two, field by field; never looser than either."""
        mine, theirs = self.model_dump(), other.model_dump()
        return type(self)(
            **{
                key: (max if key.startswith("min_") else min)(mine[key], theirs[key])
                for key in mine
            }
        )


class DeviceTable(BaseModel):
    """`[treadmill]` or `[plates]` of a site file, before its driver has checked the rest."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    kind: str
    url: str


class Endpoints(Strict):
    """`[publish]` of a site file: where clients find the session."""

    state_url: str
    request_url: str
    keys: str = ""
    """Folder of keys, made by `rehabsim keys create`; needed where other computers can reach us."""
    page_port: Annotated[int, Field(ge=0, le=65535)]


SixForces = Annotated[
    list[Annotated[float, Field(ge=-1e3, le=1e3, allow_inf_nan=False)]],
    Field(min_length=6, max_length=6),
]
"""fx fy fz in N and mx my mz in Nm, each per m/s² of the plate's belt."""


class GaitTable(Strict):
    """`[gait]` of a site file: what the analysis must know of the plates.

    Attributes:
        is_single: The treadmill has one plate, whose forces the driver puts under `left`.
        left_inertia: What the left plate feigns when its belt accelerates.
        right_inertia: The same on the right; `rehabsim log inertia` measures both.
    """

    is_single: bool = False
    left_inertia: SixForces | None = None
    right_inertia: SixForces | None = None


class Site(Strict):
    """A site file: the devices of one room and what they may do."""

    name: str
    treadmill: DeviceTable
    plates: DeviceTable
    limits: Limits
    publish: Endpoints
    gait: GaitTable = GaitTable()


class FaultTable(Strict):
    """One `[[faults]]` of a file: something wrong with a simulated device.

    Attributes:
        device: Which: `plates`, `treadmill`, ...
        kind: What: `off`, `stuck`, `garbage`, ...
        at_s: When it begins, in s.
        for_s: How long it lasts.
        channel: The one channel, or the first word of several; all when empty.
        size: What it means depends on the kind.
        seed: Of its randomness.
    """

    device: str
    kind: str
    at_s: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)] = 0.0
    for_s: Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)] = 1e9
    channel: str = ""
    size: Annotated[float, Field(allow_inf_nan=False)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None


class FaultFile(Strict):
    """A file of faults for `--faults`."""

    faults: list[FaultTable]


class Session(Strict):
    """A session file: what is trained.

    Attributes:
        scenario: Name of an installed scenario, or path of a `.py` file.
        subject: Random id of the person; never a name.
        patient: Whom the simulator puts on the belts.
        seed: Of everything random in the session.
        body_height_m: Of the person, standing; places the centre of mass.
        cruise_speed_mps: Speed at the start; the therapist changes it live.
        is_unloaded: A trial with empty belts: nobody may be on them.
        limits: Of this person, by the names of the site's; they may only be tighter.
        faults: What goes wrong with simulated devices, and when.
        params: The scenario's own table.
    """

    scenario: str
    subject: str = "anonymous"
    patient: Annotated[str, Field(pattern=r"^[a-z_]{1,40}(:.{1,20})?$")] = "healthy"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    body_height_m: Annotated[float, Field(ge=0.8, le=2.4, allow_inf_nan=False)] = 1.75
    cruise_speed_mps: Speed = 0.8
    is_unloaded: bool = False
    limits: dict[str, Any] = {}
    faults: list[FaultTable] = []
    params: dict[str, Any] = {}


def load_toml(path: Path, model: type[M]) -> M:
    """Return the file at `path`, checked against `model`.

    Raises:
        ConfigError: The file is missing, is not TOML, or breaks a rule; each broken rule is
            named with its key, its value and what would be right.
    """
    try:
        table = tomllib.loads(_short_text(path))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}.") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}.") from error
    return check(table, model, where=str(path))


def _short_text(path: Path) -> str:
    """Return the text of a file that a person may have written: nothing endless, no device."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: longer than {MAX_FILE_BYTES} bytes; no such file is.")
    return data.decode()


def check(table: object, model: type[M], *, where: str) -> M:
    """Return `table` as a `model`, or raise one `ConfigError` that names every fault.

    Args:
        table: What was read.
        model: What it should be.
        where: File or place to name in the message.
    """
    try:
        return model.model_validate(table)
    except ValidationError as error:
        faults = [_sentence(fault, model) for fault in error.errors()]
        raise ConfigError(f"{where}: " + "; ".join(faults) + ".") from None


def _sentence(fault: Any, model: type[BaseModel]) -> str:
    location = [str(part) for part in fault["loc"]]
    key = ".".join(location)
    if fault["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        near = difflib.get_close_matches(location[-1], known, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"{key}: unknown key.{hint} Known: {', '.join(known)}"
    if fault["type"] == "missing":
        return f"{key}: missing; it has no default, someone has to decide"
    if fault["type"] == "model_type":
        return f"{key or 'everything'}: should be a table of keys, this is {fault['input']!r}"
    if fault["type"] == "value_error":
        return f"{key}: {fault['ctx']['error']}".removeprefix(": ")
    message = str(fault["msg"]).replace("Input should", "should", 1)
    return f"{key} = {fault['input']!r}: {message}{_unit_hint(key)}"


def _known_keys(model: type[BaseModel], path: list[str]) -> list[str]:
    for part in path:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return sorted(model.model_fields)


_UNITS = {
    "_mps2": "m/s²",
    "_mps": "m/s",
    "_radps2": "rad/s²",
    "_radps": "rad/s",
    "_rad": "rad",
    "_hz": "Hz",
    "_nm": "Nm",
    "_m": "m",
    "_s": "s",
    "_n": "N",
    "_kg": "kg",
    "_frac": "a fraction from 0 to 1",
}


def _unit_hint(key: str) -> str:
    for suffix, unit in _UNITS.items():
        if key.endswith(suffix):
            return f" (a number in {unit})"
    return ""
