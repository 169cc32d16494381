"""What the files of a room, of a session and of faults hold."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rehabsim.base.config import Speed, Strict
from rehabsim.base.limits import Limits, PlatformLimits


class DeviceTable(BaseModel):
    """A device's table of a site file, before its driver has checked the rest."""

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
    """A site file: the devices of one room and what they may do.

    Attributes:
        platform: The motion base under the treadmill, where there is one.
        platform_limits: What it may do; there is no platform without.
    """

    name: str
    treadmill: DeviceTable
    plates: DeviceTable
    harness: DeviceTable | None = None
    limits: Limits
    publish: Endpoints
    gait: GaitTable = GaitTable()
    platform: DeviceTable | None = None
    platform_limits: PlatformLimits | None = None

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.platform is not None and self.platform_limits is None:
            raise ValueError(
                "platform_limits: missing; a [platform] moves people, someone has to decide how far"
            )
        if self.platform is None and self.platform_limits is not None:
            raise ValueError("platform: missing; [platform_limits] are of no use without one")
        return self


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
        body_mass_kg: As they stand on the plates, clothed, less what a harness carries; plates that
            weigh something else do not start the belts. None takes whatever the plates weigh.
        cruise_speed_mps: Speed at the start; the therapist changes it live.
        is_unloaded: A trial with empty belts: nobody may be on them.
        needs_display: The training needs its picture: a display shows that it keeps up, or the
            belts do not start, are held and then stopped.
        limits: Of this person, by the names of the site's; they may only be tighter.
        platform_limits: The same for the platform; a room without one passes them over.
        faults: What goes wrong with simulated devices, and when.
        pacing: Belts follow the person, by the table of `rehabsim.training.pacing`, which may be
            empty; None keeps the speed that is set.
        perturb: Belts, platform or picture perturb the person, by the table of
            `rehabsim.training.pulse`; None does not.
        adapt: Difficulty follows the person, by the table of `rehabsim.training.adapt_params`; None
            keeps what `params` say.
        params: The scenario's own table.
    """

    scenario: str
    subject: str = "anonymous"
    patient: Annotated[str, Field(pattern=r"^[a-z_]{1,40}(:.{1,20})?$")] = "healthy"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    body_height_m: Annotated[float, Field(ge=0.8, le=2.4, allow_inf_nan=False)] = 1.75
    body_mass_kg: Annotated[float, Field(ge=10, le=300, allow_inf_nan=False)] | None = None
    cruise_speed_mps: Speed = 0.8
    is_unloaded: bool = False
    needs_display: bool = False
    limits: dict[str, Any] = Field(default_factory=dict)
    platform_limits: dict[str, Any] = Field(default_factory=dict)
    faults: list[FaultTable] = Field(default_factory=list)
    pacing: dict[str, Any] | None = None
    perturb: dict[str, Any] | None = None
    adapt: dict[str, Any] | None = None
    params: dict[str, Any] = Field(default_factory=dict)
