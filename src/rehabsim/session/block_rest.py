"""After a block of a programme the person rests and tells how it was; somebody goes on. Pure."""

from math import nan

from rehabsim.base.clock import NS

NOT_OVER = "This block is not over."
TOO_EARLY = "{left_s:.0f} s of rest are left; who goes on before says so at the terminal."
BLOCK_OVER = "This block is over."


class BlockRest:
    """Whether a block is over, how long the rest after it still is, and whether somebody went on.

    Attributes:
        is_on: The block is over: nothing starts the belts again.
        has_gone_on: Somebody went on, so that the session can end.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.has_gone_on = False
        self._end_ns = 0

    def begin(self, t_ns: int, rest_s: float) -> None:
        """Let a rest of `rest_s` begin."""
        self.is_on = True
        self._end_ns = t_ns + round(rest_s * NS)

    def left_s(self, t_ns: int) -> float:
        """Return how long it still is; NaN where there is none."""
        return max(self._end_ns - t_ns, 0) / NS if self.is_on else nan

    def go_on(self, t_ns: int) -> str:
        """End it, or return why not."""
        if not self.is_on:
            return NOT_OVER
        if t_ns < self._end_ns:
            return TOO_EARLY.format(left_s=self.left_s(t_ns))
        self.has_gone_on = True
        return ""
