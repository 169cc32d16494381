"""`serial:` links: a serial port or pseudo-terminal, its descriptor in the event loop."""

import asyncio
import contextlib
import os
from urllib.parse import parse_qsl, urlsplit

import serial

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError
from rehabsim.devices.inbox import MAX_MESSAGE_BYTES, Inbox, broken, reason

DEFAULT_BAUD = 921_600
READ_BYTES = 4096


class SerialLink(Inbox):
    """An open port that nobody else may open.

    Raises:
        ConfigError: The address is malformed.
        LinkError: The port cannot be opened.
    """

    def __init__(self, clock: Clock, url: str, device: str) -> None:
        super().__init__(clock, url, device)
        path, baud = port_of(url)
        try:
            self._port = serial.Serial(path, baud, timeout=0, exclusive=True)
        except (OSError, ValueError) as error:
            why = f"cannot open ({reason(error)}); is it plugged in, and nobody else using it?"
            raise broken(device, url, why) from error
        self._descriptor: int = self._port.fileno()
        os.set_blocking(self._descriptor, False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._descriptor, self._readable)

    def _readable(self) -> None:
        try:
            piece = os.read(self._descriptor, READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(f"the connection broke ({reason(error)})")
            return
        if piece:
            self.arrived(piece)
        else:
            self._end("the other end hung up")

    def write(self, data: bytes) -> None:
        """Send without waiting; a frame that does not fit as a whole is counted as unsent."""
        self.require_open()
        if not 1 <= len(data) <= MAX_MESSAGE_BYTES:
            self.unsent_count += 1
            return
        try:
            sent_count = os.write(self._descriptor, data)
        except BlockingIOError:
            sent_count = 0
        except OSError as error:
            self._end(f"the connection broke ({reason(error)})")
            return
        self.unsent_count += sent_count < len(data)

    def _end(self, why: str) -> None:
        self.ended(why)
        if self._port.is_open:
            self._loop.remove_reader(self._descriptor)
            with contextlib.suppress(OSError):
                self._port.close()

    async def close(self) -> None:
        """Close; safe to call twice, and never raises."""
        self._end("closed here")


def port_of(url: str) -> tuple[str, int]:
    """Return path and baud rate of `serial:///dev/ttyUSB0?baud=115200`.

    Raises:
        ConfigError: It is not such an address.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    baud = options.pop("baud", str(DEFAULT_BAUD))
    if parts.netloc or not parts.path.startswith("/") or options or not baud.isdecimal():
        raise ConfigError(
            f"{url!r}: not a serial line; write serial:///dev/ttyUSB0?baud={DEFAULT_BAUD}."
        )
    return parts.path, int(baud)
