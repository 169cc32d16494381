"""Whether a device is there, and reaching it again when it is not, without waiting for it."""

import asyncio
import contextlib
from collections.abc import Callable

from rehabsim.base.errors import DeviceError
from rehabsim.base.records import Severity
from rehabsim.devices.driver import Driver

RECONNECT_NS = 500_000_000

Note = Callable[[Severity, str], None]
"""Takes news for people."""


class Contact:
    """The keeper's hold on one driver.

    Args:
        driver: Not yet open.
        name: Of the device, for people.
        note: Takes what to tell them.
        greet: Says, to a device that was reached again, what it must hear first.

    Attributes:
        is_open: The link is open and speaks its protocol.
    """

    def __init__(
        self, driver: Driver, name: str, note: Note, greet: Callable[[], None] = lambda: None
    ) -> None:
        self.is_open = False
        self._driver = driver
        self._name = name
        self._note = note
        self._greet = greet
        self._is_heard = True
        self._reconnecting: asyncio.Task[None] | None = None
        self._next_try_ns = 0

    async def open(self) -> None:
        """Connect.

        Raises:
            DeviceError: The device does not answer.
        """
        await self._driver.open()
        self.is_open = True

    def hear(self) -> None:
        """Note that the device has reported."""
        if not self._is_heard:
            self._is_heard = True
            self._note("none", f"The {self._name} answers again.")

    def lose(self, error: DeviceError) -> None:
        """Note that the device cannot be reached; told once, until it has reported again."""
        self.is_open = False
        self._next_try_ns = 0
        if self._is_heard:
            self._is_heard = False
            self._note("ramp", f"{error} Trying to reach it again.")

    def retry(self, t_ns: int) -> None:
        """Begin to reach a lost device again, if that is not going on and its time has come."""
        if self.is_open or t_ns < self._next_try_ns:
            return
        if self._reconnecting is not None and not self._reconnecting.done():
            return
        self._next_try_ns = t_ns + RECONNECT_NS
        self._reconnecting = asyncio.get_running_loop().create_task(self._reopen())

    async def _reopen(self) -> None:
        with contextlib.suppress(DeviceError):
            await self._driver.close()
            await self._driver.open()
            self._greet()
            self.is_open = True

    async def end(self) -> None:
        """Reach for it no more; never raises."""
        if self._reconnecting is not None:
            self._reconnecting.cancel()
            await asyncio.gather(self._reconnecting, return_exceptions=True)
