"""An operator made of rules, for sessions without a console. Pure."""

from rehabsim.base.records import MOVING, Mode
from rehabsim.safety.platform_messages import PlatformState
from rehabsim.session.requests import ClientRequest, RequestName

NAME = "scripted operator"
EVERY_NS = 200_000_000
FIRST_NS = 400_000_000


class ScriptedOperator:
    """Unlocks once, arms, starts, stays alive, and pauses in time for the belts to rest.

    It brings a platform home before and after, and has it rise for a scenario that moves it.

    Args:
        end_ns: When the belts should be at rest again, or None to walk on.
        ramp_s: How long a stop from the fastest speed takes.
        has_perturbations: Lets them come once the belts run.
    """

    def __init__(
        self, end_ns: int | None, ramp_s: float, *, has_perturbations: bool = False
    ) -> None:
        self._pause_ns: int | None = None
        if end_ns is not None:
            self._pause_ns = max(end_ns - round((ramp_s + 2) * 1e9), end_ns // 2)
        self._next_ns = FIRST_NS
        self._count = 0
        self._has_unlocked = False
        self._has_walked = False
        self._has_to_perturb = has_perturbations

    def requests(
        self,
        t_ns: int,
        mode: Mode,
        platform: PlatformState | None = None,
        *,
        has_ride: bool = False,
    ) -> list[ClientRequest]:
        """Return what the operator asks.

        Args:
            t_ns: Now.
            mode: Of the belts.
            platform: Its state, None where there is none.
            has_ride: The scenario moves it.
        """
        if t_ns < self._next_ns:
            return []
        self._next_ns = t_ns + EVERY_NS
        self._has_walked = self._has_walked or mode in MOVING
        names: list[RequestName] = ["alive"]
        is_over = self._pause_ns is not None and t_ns >= self._pause_ns
        is_frozen = platform is not None and platform.mode == "freeze"
        if is_over:
            if mode == "armed" or mode in MOVING:
                names.append("pause")
            elif is_frozen and mode in ("idle", "locked"):
                names.append("settle")
        elif mode == "locked" and not self._has_unlocked:
            self._has_unlocked = True
            names.append("reset")
        elif mode == "idle" and not self._has_walked:
            if is_frozen:
                names.append("settle")
            elif platform is not None and platform.mode == "settled" and has_ride:
                names.append("engage")
            elif platform is None or platform.mode == "settled" or platform.is_up:
                names.append("arm")
        elif mode == "armed":
            names.append("start")
        elif mode == "running" and self._has_to_perturb:
            self._has_to_perturb = False
            names.append("perturb")
        return [self._request(name) for name in names]

    def _request(self, name: RequestName) -> ClientRequest:
        self._count += 1
        return ClientRequest(NAME, f"o{self._count}", name)
