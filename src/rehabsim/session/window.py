"""What a session shows in virtual time, where it binds no sockets: the frames any display gets."""

import contextlib

from rehabsim.base.errors import DeviceError
from rehabsim.devices.link import Link
from rehabsim.session.entry import LoggedRefusal
from rehabsim.session.messages import Published, encode_frame
from rehabsim.session.requests import Ack, ClientRequest

SHOWN_EVERY_TICKS = 8
"""About thirty pictures a second; nobody sees more."""


class Window:
    """Shows the session to whoever is at the other end of a link; nothing can be asked through it.

    Args:
        link: Open link to who looks.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def is_shown(self, tick: int) -> bool:
        """Return whether this tick's state is looked at."""
        return tick % SHOWN_EVERY_TICKS == 0

    def tell(self, topic: str, message: Published) -> None:
        """Show one message; a person who has gone sees nothing."""
        with contextlib.suppress(DeviceError):
            self._link.write(encode_frame(topic, message))

    def take(self) -> list[ClientRequest]:
        """Return nothing: who only looks asks nothing."""
        return []

    def take_refused(self) -> list[LoggedRefusal]:
        """Return nothing."""
        return []

    def answer(self, client: str, ack: Ack) -> None:
        """Answer nobody."""
