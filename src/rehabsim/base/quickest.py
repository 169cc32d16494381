"""Two clocks that nobody compares, and the messages that pass between them. Pure."""

CREEP_PPM = 200
"""How fast the difference of two clocks may change: each quartz is some 50 ppm off, a poor one
200."""

NONE_NS = -(1 << 62)


class Quickest:
    """What a clock elsewhere says now, told by the message that came soonest: it waited least.

    A delay that is there from the first message on cannot be seen; one that begins later can, until
    the creep has taken it for a difference of the clocks: 0.15 s of it after 12 minutes.
    """

    def __init__(self) -> None:
        self._ahead_ns = NONE_NS
        self._heard_ns = 0

    @property
    def is_set(self) -> bool:
        """Return whether there was a message."""
        return self._ahead_ns != NONE_NS

    def hear(self, theirs_ns: int, ours_ns: int) -> int:
        """Note a message; return how much longer it took than the quickest.

        Args:
            theirs_ns: When it was sent, on their clock.
            ours_ns: When it came, on ours.
        """
        ahead_ns = theirs_ns - ours_ns
        if self.is_set:
            creep_ns = max(ours_ns - self._heard_ns, 0) * CREEP_PPM // 1_000_000
            self._ahead_ns = max(ahead_ns, self._ahead_ns - creep_ns)
        else:
            self._ahead_ns = ahead_ns
        self._heard_ns = ours_ns
        return self._ahead_ns - ahead_ns

    def theirs_ns(self, ours_ns: int) -> int:
        """Return what their clock says at `ours_ns` on ours."""
        return ours_ns + self._ahead_ns
