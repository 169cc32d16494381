"""Who may ask a session for what, and how often. Pure.

STOP needs no right. What could start or change something needs one: the sender's role, and the
proof that it has seen a state of this very session within the last 2 s.
"""

from typing import Literal

from rehabsim.session.requests import Request, RequestName

Role = Literal["console", "observer"]

FREE: frozenset[RequestName] = frozenset({"stop", "pause", "calm", "hello"})
"""They only take permission away, or do nothing: nobody has to prove anything for them."""

MAX_AGE_S = 2.0
MAX_AHEAD_S = 0.5
"""A client that guesses the session's time between two states may be this far ahead."""

RATE_HZ = 50.0
BURST_COUNT = 50
MAX_CLIENTS = 1024
"""Whose quotas are remembered; the one silent longest is forgotten first."""

OBSERVER = "This key may watch and stop, but not start or change anything."
NO_PROOF = "{name} needs boot_id and t_s of the newest state that you have seen."
OTHER_SESSION = "This was asked of another session; look at what runs now, then ask again."
TOO_OLD = "This was asked {age_s:.1f} s ago, limit {limit_s:g} s; nothing was done. Ask again."
AHEAD = "This was asked {ahead_s:.1f} s in the future; nothing was done. Ask again."
TOO_MANY = "More than {rate:g} requests in a second; the rest are left out. Only STOP gets through."


def objection(request: Request, role: Role, boot_id: str, t_s: float) -> str:
    """Return why `request` is refused, or nothing.

    Args:
        request: Well formed.
        role: The sender's.
        boot_id: Of the session that is asked.
        t_s: Its time now.
    """
    if request.name in FREE:
        return ""
    if role == "observer":
        return OBSERVER
    if request.boot_id is None or request.t_s is None:
        return NO_PROOF.format(name=request.name)
    if request.boot_id != boot_id:
        return OTHER_SESSION
    age_s = t_s - request.t_s
    if age_s > MAX_AGE_S:
        return TOO_OLD.format(age_s=age_s, limit_s=MAX_AGE_S)
    return "" if age_s >= -MAX_AHEAD_S else AHEAD.format(ahead_s=-age_s)


class Quota:
    """How much one client may still ask: a bucket that refills, and another for STOP alone.

    A STOP is left out only when the same client's STOP has passed 50 times in the last second.

    Attributes:
        has_told: The client knows that it asks too often.
    """

    def __init__(self, t_s: float) -> None:
        self.has_told = False
        self._t_s = t_s
        self._left = self._stops_left = float(BURST_COUNT)

    def allows(self, t_s: float, *, is_stop: bool) -> bool:
        """Return whether one more passes at `t_s`, and count it."""
        gained = max(t_s - self._t_s, 0.0) * RATE_HZ
        self._t_s = max(t_s, self._t_s)
        self._left = min(self._left + gained, BURST_COUNT)
        self._stops_left = min(self._stops_left + gained, BURST_COUNT)
        if self._left >= BURST_COUNT:
            self.has_told = False
        if is_stop and self._stops_left >= 1:
            self._stops_left -= 1
            return True
        if not is_stop and self._left >= 1:
            self._left -= 1
            return True
        return False


class Quotas:
    """One quota for each client, of as many as are remembered."""

    def __init__(self) -> None:
        self._by_client: dict[str, Quota] = {}

    def of(self, client: str, t_s: float) -> Quota:
        """Return the client's quota, and remember that it was here."""
        quota = self._by_client.pop(client, None) or Quota(t_s)
        self._by_client[client] = quota
        if len(self._by_client) > MAX_CLIENTS:
            del self._by_client[next(iter(self._by_client))]
        return quota


def may_be_stop(body: bytes | str) -> bool:
    """Return whether an undecoded request could be a STOP; cheap, for those that come too fast."""
    return (
        ("stop" in body or "\\u" in body)
        if isinstance(body, str)
        else (b"stop" in body or b"\\u" in body)
    )
