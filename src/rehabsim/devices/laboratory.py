"""What stands in for the devices when a URL says `sim:`.

A laboratory serves the devices' own protocols; nothing above the wire knows it is there. It is
found by entry point (`rehabsim.laboratories`), so this project does not import the simulator.
"""

from typing import Protocol

import msgspec

from rehabsim.base.clock import Clock
from rehabsim.base.records import Record

LABORATORIES = "rehabsim.laboratories"


class Fault(Record, frozen=True, kw_only=True):
    """Something wrong with a simulated device, at a time.

    Attributes:
        device: Which: `plates`, `treadmill`, ...
        kind: What: `off`, `stuck`, `garbage`, ...; the simulator's FAULTS.md lists them.
        at_s: When it begins, in s of the laboratory.
        for_s: How long it lasts; for ever when not given.
        channel: The one channel, or the first word of several; all when empty.
        size: What it means depends on the kind; None is the usual.
        seed: Of its randomness; None derives it from the laboratory's.
    """

    device: str
    kind: str
    at_s: float = 0.0
    for_s: float = 1e9
    channel: str = ""
    size: float | None = None
    seed: int | None = None


class LaboratoryPlan(Record, frozen=True, kw_only=True):
    """What a laboratory should be.

    Attributes:
        treadmill_kind: Protocol of the belts: `bertec_treadmill`, `rs_treadmill`.
        limits: Of the room, for a treadmill that holds limits of its own; empty takes those of
            the simulated site.
        treadmill_url: Where to listen for the belts' client; port 0 takes a free one.
        plates_url: Where to listen for the plates' client.
        harness_url: Where to listen for the client of the harness's load cell; or empty.
        patient: Who walks.
        is_self_paced: They know that the belts follow them.
        seed: Of everything random.
        left_origin_m: Centre of the left plate, frame lab.
        right_origin_m: Centre of the right plate, frame lab.
        platform_url: Where to listen for the motion base's client, udp://HOST:PORT; or empty.
        sensors_urls: Where the wearables send: mqtt://HOST:PORT, lsl:, tcp://HOST:PORT.
        name: Of the laboratory, in the wearables' topics.
        grade: Of the plates and belts: `good` or `rough`.
        faults: What goes wrong, and when.
        epoch_ns: Of the session clock, so that the truth has its time; 0 starts a new one.
        eyes_url: Where the person sees the session: `memory:NAME`, where it comes to, or the
            address at which it publishes; empty leaves them without a picture.
        eyes_key: File with a client's key, where the session lets known ones in only; or empty.
        truth_path: File to write the ground truth to, or empty; for tests.
        learned_path: File of what the person learned in earlier visits; empty is nothing.
        rest_days: Since the last of them; some of it is forgotten.
        learning_path: File to write to what they have learned by the end; empty: nobody learns.
    """

    treadmill_kind: str = "bertec_treadmill"
    limits: dict[str, object] = msgspec.field(default_factory=dict)
    treadmill_url: str
    plates_url: str
    harness_url: str = ""
    patient: str = "healthy"
    is_self_paced: bool = False
    seed: int = 1
    left_origin_m: tuple[float, float, float] = (0.0, 0.25, 0.0)
    right_origin_m: tuple[float, float, float] = (0.0, -0.25, 0.0)
    platform_url: str = ""
    sensors_urls: tuple[str, ...] = ()
    name: str = "simulated"
    grade: str = "good"
    faults: tuple[Fault, ...] = ()
    epoch_ns: int = 0
    eyes_url: str = ""
    eyes_key: str = ""
    truth_path: str = ""
    learned_path: str = ""
    rest_days: float = 0.0
    learning_path: str = ""


class Laboratory(Protocol):
    """A treadmill, two plates and a person.

    Attributes:
        treadmill_url: Where the belts really listen, once open.
        plates_url: Where the plates really listen, once open.
        other_urls: Where its other devices are, by name.
    """

    treadmill_url: str
    plates_url: str
    other_urls: dict[str, str]

    @property
    def has_client(self) -> bool:
        """Somebody is connected to its treadmill."""

    def __init__(self, plan: LaboratoryPlan, clock: Clock) -> None: ...

    async def open(self) -> None:
        """Start listening; raises ConfigError for a plan that cannot be, LinkError when busy."""

    async def run(self) -> None:
        """Live, until cancelled."""

    async def close(self) -> None:
        """Stop listening; never raises."""
