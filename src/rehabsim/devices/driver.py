"""What every driver does, and how one is found.

A driver translates and never decides: bytes come through a link, records go out. It has a
`Config` (its table of the site file), a constructor and the methods below. Write one, name
it in the entry-point group `rehabsim.treadmills`, `rehabsim.plates`, `rehabsim.harnesses` or
`rehabsim.platforms`, and the contract suite, `tests/test_driver_contract.py`, runs over it.
"""

from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, TypeVar

from rehabsim.base.clock import Clock
from rehabsim.base.config import Strict, check
from rehabsim.base.errors import ConfigError
from rehabsim.base.limits import Limits
from rehabsim.base.records import (
    BeltCommand,
    BeltSample,
    HarnessSample,
    PlateChunk,
    PlatformCommand,
    PlatformSample,
    Pose,
)
from rehabsim.base.site import DeviceTable


class Driver(Protocol):
    """One device behind one link.

    Attributes:
        can_expire: The device itself ramps to rest when commands stop coming.
    """

    Config: type[Strict]

    def __init__(self, config: Any, clock: Clock) -> None: ...

    async def open(self) -> None:
        """Connect; raises LinkError when nobody answers."""

    async def close(self) -> None:
        """Disconnect; safe to call twice, and never raises."""


class Treadmill(Driver, Protocol):
    """Two belts, perhaps on an incline."""

    can_expire: bool

    def take(self) -> Sequence[BeltSample]:
        """Return the reports that came since the last call, oldest first.

        Raises:
            LinkError: The treadmill hung up.
            ProtocolError: What came is not its protocol.
        """

    def send(self, command: BeltCommand) -> None:
        """Send a set point.

        Raises:
            LinkError: The treadmill hung up.
            DeviceFaultError: The command is outside what this treadmill can be told; nothing
                was sent.
        """

    def stop(self, decel_mps2: float) -> None:
        """Ask for rest at `decel_mps2`, keeping the deck where it is; never raises."""

    def reset(self) -> None:
        """Ask to forget a latched fault; like the next two, nothing where it has no such state.

        None of the three raises; what came of them the next reports say.
        """

    def arm(self, limits: Limits) -> None:
        """Ask to follow set points from now on, if it holds the limits of this room."""

    def disarm(self) -> None:
        """Ask to follow set points no longer."""


class Plates(Driver, Protocol):
    """Two force plates, left and right."""

    lost_count: int
    """Samples that the device numbered and we never saw."""

    def take(self) -> Sequence[PlateChunk]:
        """Return the samples that came since the last call, oldest first.

        Raises:
            LinkError: The plates hung up.
            ProtocolError: What came is not their protocol.
        """


class Harness(Driver, Protocol):
    """A load cell in the strap of a harness."""

    lost_count: int
    """Readings that the device numbered and we never saw."""

    def take(self) -> Sequence[HarnessSample]:
        """Return the readings that came since the last call, oldest first.

        Raises:
            LinkError: The load cell hung up.
            ProtocolError: What came is not its protocol.
        """


class Platform(Driver, Protocol):
    """A motion base under the treadmill."""

    can_expire: bool

    def why_not(self, pose: Pose) -> str:
        """Return why the base can never be told to go there, in a clause, or nothing."""

    def take(self) -> Sequence[PlatformSample]:
        """Return the reports that came since the last call, oldest first.

        Raises:
            LinkError: The base hung up, or nobody is there.
            ProtocolError: What came is not its protocol; later reports may be again.
        """

    def send(self, command: PlatformCommand) -> None:
        """Tell the base what to do.

        Raises:
            LinkError: The base hung up.
            DeviceFaultError: The command is outside what this base can be told; nothing was
                sent.
        """

    def stop(self) -> None:
        """Ask to stay at the last set point; nothing where none was sent; never raises."""


D = TypeVar("D")
TREADMILLS = "rehabsim.treadmills"
PLATES = "rehabsim.plates"
HARNESSES = "rehabsim.harnesses"
PLATFORMS = "rehabsim.platforms"


def installed(group: str) -> dict[str, EntryPoint]:
    """Return the plug-ins of `group` by name."""
    return {entry.name: entry for entry in sorted(entry_points(group=group))}


def load(group: str, kind: str) -> Any:
    """Return the plug-in called `kind`.

    Raises:
        ConfigError: Unknown, and the message lists the known ones; or what it needs is missing.
    """
    known = installed(group)
    noun = group.partition(".")[2]
    if kind not in known:
        raise ConfigError(f"{noun}: unknown kind {kind!r}. Known: {', '.join(known)}.")
    try:
        return known[kind].load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{noun}: {kind!r} is installed but cannot be used: {error}.") from error


def make_driver(group: str, table: DeviceTable, clock: Clock, *, where: str) -> Any:
    """Return the driver for a site file's table, its configuration checked.

    Args:
        group: `TREADMILLS`, `PLATES`, `HARNESSES` or `PLATFORMS`.
        table: `[treadmill]`, `[plates]`, `[harness]` or `[platform]`.
        clock: The session clock.
        where: File to name in messages.

    Raises:
        ConfigError: Unknown kind, or a key that the driver refuses.
    """
    driver = load(group, table.kind)
    return driver(check(table.model_dump(), driver.Config, where=where), clock)
