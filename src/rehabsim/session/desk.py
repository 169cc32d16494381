"""The session's desk: who is in command, what clients ask, and what they are answered. Pure."""

from collections.abc import Callable
from math import isfinite, nan
from typing import Literal

from rehabsim.base.limits import Limits
from rehabsim.base.records import MOVING, Event, Mode
from rehabsim.gait.preparation import Check
from rehabsim.safety.messages import Answer, Ask
from rehabsim.session.block_rest import BLOCK_OVER, BlockRest
from rehabsim.session.requests import Ack, ClientRequest

KEEPER_ANSWER_NS = 300_000_000
"""An ask that the keeper has not answered by then is refused."""

NOT_ARMED = "Arm first: who starts the belts is the one who armed them."
UNANSWERED = "The keeper of the belts does not answer; use the red button on the machine."

OFFER_S = 10.0
"""How long an offer of the command stands."""

NO_PERTURBATIONS = "This session has no perturbations; its file would need a table [perturb]."
NO_PACING = "The belts of this session cannot follow; its file would need a table [pacing]."
NO_KNOBS = "This scenario has nothing that could be turned."
NOT_YOURS = "This console is not in command."
NOT_OFFERED = (
    "{commander} is in command and present: ask there to hand over. Anyone may pause or stop."
)

DISPLAY_SILENT_NS = 1_000_000_000
"""A display silent for longer may be replaced by another, while the belts are let go."""

MAX_STOP_ASKS = 4
"""STOPs of one tick that are each asked of the keeper; further ones share the last one's answer."""

MAX_REMEMBERED = 16_000
"""Answers kept, so that the same id is answered the same way: all that 2 s can bring, after which
a request is too old anyway."""

ACTIVE: frozenset[Mode] = MOVING | {"armed", "stopping"}

Status = Literal["applied", "rejected"]


class Desk:
    """Answers every request once, and remembers who is in command.

    Attributes:
        commander: Client in command, or empty.
        operator_t_ns: When the one in command was last heard.
        display_t_ns: Time of the newest state that the watched display has shown; 0 before any.
        cruise_speed_mps: As set.
        asks: For the keeper; the session takes and clears them each tick.
        acks: For the clients, likewise.
        events: For everyone, likewise.
        obstacle: Why the belts cannot be started in this session any more; empty while they can.
        is_following: Belts follow the person, in a session with pacing.
        is_new_pace: They begin to, from the set speed; the session clears it.
        paced_mps: Speed that moving belts which follow were told last; NaN where there are none.
        is_perturbing: Perturbations may come; they are held back again once the belts stop.
        rest: After a block of a programme.
    """

    def __init__(
        self,
        limits: Limits,
        cruise_speed_mps: float,
        *,
        has_perturbations: bool = False,
        has_pacing: bool = False,
        tune: Callable[[ClientRequest], str] | None = None,
    ) -> None:
        self.commander = ""
        self.operator_t_ns = -(10**12)
        self.display_t_ns = 0
        self.cruise_speed_mps = min(cruise_speed_mps, limits.max_speed_mps)
        self.asks: list[Ask] = []
        self.acks: list[tuple[str, Ack]] = []
        self.events: list[Event] = []
        self.obstacle = ""
        self.is_following, self.is_new_pace = has_pacing, False
        self.paced_mps = nan
        self._has_pacing = has_pacing
        self.is_perturbing = False
        self.rest = BlockRest()
        self._has_perturbations = has_perturbations
        self._tune_of = tune
        self._tunes: list[ClientRequest] = []
        self._limits = limits
        self._offered_ns = -(10**12)
        self._display = ""
        self._display_ns = 0
        self._checks: list[Check] = []
        self._answered: dict[tuple[str, str], Ack] = {}
        self._pending: dict[str, tuple[ClientRequest, int]] = {}
        self._pending_ids: dict[tuple[str, str], None] = {}
        self._sharing: dict[str, list[ClientRequest]] = {}
        self._stop_keys: list[str] = []
        self._ask_count = 0
        self._last_mode: Mode = "locked"
        self._mode: Mode = "locked"
        self._tick = 0
        self._t_ns = 0

    def begin(self, tick: int, t_ns: int, mode: Mode) -> None:
        """Note the tick and the keeper's mode; command ends when the belts are let go."""
        self._tick, self._t_ns = tick, t_ns
        if self._mode in ACTIVE and mode not in ACTIVE:
            self.commander = ""
        if mode not in MOVING:
            self.is_perturbing = False
        self._mode = mode
        self._stop_keys.clear()

    def take(self, request: ClientRequest) -> None:
        """Act on one request, or refuse it with a reason; a STOP always acts."""
        if request.name != "stop" and self._is_repeated(request):
            return
        getattr(self, f"_{request.name}")(request)

    def _is_repeated(self, request: ClientRequest) -> bool:
        key = (request.client, request.id)
        if key in self._answered:
            known = self._answered[key]
            again = Ack(known.id, "duplicate", known.tick, known.t_s, known.reason)
            self.acks.append((request.client, again))
            return True
        return key in self._pending_ids

    def hear(self, answer: Answer) -> None:
        """Pass the keeper's answer on to who asked."""
        request = self._take_pending(answer.id)
        if request is None:
            return
        if request.name == "arm" and not self._is_taken():
            self.commander = ""  # Refused, or armed and let go again since.
        status: Status = "applied" if answer.is_accepted else "rejected"
        self._answer(request, status, answer.reason)
        self._answer_sharing(answer.id, status, answer.reason)

    def age(self) -> None:
        """Refuse what the keeper has left unanswered."""
        late = [k for k, (_, t_ns) in self._pending.items() if self._t_ns - t_ns > KEEPER_ANSWER_NS]
        for key in late:
            request = self._take_pending(key)
            assert request is not None
            self._answer(request, "rejected", UNANSWERED)
            self._answer_sharing(key, "rejected", UNANSWERED)

    def ask(self, name: Literal["stop", "pause"], source: str) -> None:
        """Ask the keeper for something on the session's own account."""
        self.asks.append(Ask(self._next_id(), name, source))

    # -- one method per request ------------------------------------------------------------

    def _arm(self, request: ClientRequest) -> None:
        if self.obstacle:
            self._refuse(request, self.obstacle)
            return
        if self.commander not in ("", request.client) and self._is_taken():
            self._refuse(request, f"{self.commander} is in command.")
            return
        if not self.commander and self._mode in ACTIVE:
            # By someone this session does not know; a refused arm must not give their command away.
            self._refuse(request, f"Arm works when idle; the belts are {self._mode}.")
            return
        self._give_to(request.client)
        self._pass_on(request)

    def _give_to(self, client: str) -> None:
        """Put a client in command; an offer was that of the one before."""
        self.commander, self.operator_t_ns = client, self._t_ns
        self._offered_ns = -(10**12)

    def _is_taken(self) -> bool:
        """Return whether someone commands the belts, or is about to."""
        return self._mode in ACTIVE or any(
            r.name == "arm" and r.client == self.commander for r, _ in self._pending.values()
        )

    def _start(self, request: ClientRequest) -> None:
        if self.obstacle:
            self._refuse(request, self.obstacle)
        elif self.commander not in ("", request.client):
            self._refuse(request, f"{self.commander} is in command.")
        elif not self.commander and self._mode in ACTIVE:
            # Armed before this session began, by someone it does not know.
            self._refuse(request, NOT_ARMED)
        else:
            self._pass_on(request)

    def _plain(self, request: ClientRequest) -> None:
        self._pass_on(request)

    _pause = _reset = _settle = _plain

    def _stop(self, request: ClientRequest) -> None:
        """Ask the keeper; of a flood of STOPs every one is answered, and a few are asked."""
        if len(self._stop_keys) < MAX_STOP_ASKS:
            self._stop_keys.append(self._pass_on(request))
        else:
            self._sharing.setdefault(self._stop_keys[-1], []).append(request)

    def _engage(self, request: ClientRequest) -> None:
        if self.obstacle:
            self._refuse(request, self.obstacle)
        else:
            self._pass_on(request)

    def _perturb(self, request: ClientRequest) -> None:
        """Let perturbations come, which is for who commands moving belts."""
        if not self._has_perturbations:
            self._refuse(request, NO_PERTURBATIONS)
        elif self._mode not in MOVING:
            self._refuse(request, "Perturbations come only while the belts move; start them first.")
        elif request.client != self.commander:
            self._refuse(request, NOT_YOURS)
        else:
            self.is_perturbing = True
            self._answer(request, "applied", "")

    def _calm(self, request: ClientRequest) -> None:
        """Hold perturbations back; anyone may."""
        self.is_perturbing = False
        self._answer(request, "applied", "")

    def _follow(self, request: ClientRequest) -> None:
        """Have the belts follow the person from the speed that they have, or keep that."""
        if not self._has_pacing:
            self._refuse(request, NO_PACING)
        elif self.commander and self.commander != request.client:
            self._refuse(request, f"{self.commander} is in command.")
        else:
            if request.name == "fix" and self.is_following and isfinite(self.paced_mps):
                # They keep the speed that they have, and it is the set speed from now on.
                self.cruise_speed_mps = round(self.paced_mps, 2)
            self.is_new_pace = request.name == "follow" and not self.is_following
            self.is_following = request.name == "follow"
            self._answer(request, "applied", "")

    _fix = _follow

    def _tune(self, request: ClientRequest) -> None:
        """Ask for another difficulty; the answer waits for the scenario's."""
        if self.commander and self.commander != request.client:
            self._refuse(request, f"{self.commander} is in command.")
        elif self._tune_of is None:
            self._refuse(request, NO_KNOBS)
        elif refusal := self._tune_of(request):
            self._refuse(request, refusal)
        else:
            self._tunes.append(request)
            self._pending_ids[request.client, request.id] = None

    _turn = _accept = _keep = _undo = _rate = _tune

    def settle_tunes(self, refusal: str) -> None:
        """Answer what was asked of the scenario: done, or why not."""
        for request in self._tunes:
            del self._pending_ids[request.client, request.id]
            self._answer(request, "rejected" if refusal else "applied", refusal)
        self._tunes.clear()

    def _set_speed(self, request: ClientRequest) -> None:
        speed_mps = request.speed_mps
        if speed_mps is None:
            self._refuse(request, "set_speed needs speed_mps.")
        elif not 0 <= speed_mps <= self._limits.max_speed_mps:
            self._refuse(
                request, f"{speed_mps:g} m/s is over the limit, {self._limits.max_speed_mps:g} m/s."
            )
        elif self.commander and self.commander != request.client:
            self._refuse(request, f"{self.commander} is in command.")
        else:
            self.cruise_speed_mps = speed_mps
            self._answer(request, "applied", "")

    def _marker(self, request: ClientRequest) -> None:
        if not request.text:
            self._refuse(request, "A marker needs a text.")
            return
        self.events.append(Event(self._t_ns, "marker", request.client, "none", request.text))
        self._answer(request, "applied", "")

    def _hand_over(self, request: ClientRequest) -> None:
        """Offer the command; it stays with who has it until someone takes it."""
        if not self.commander or request.client != self.commander:
            self._refuse(request, NOT_YOURS)
            return
        self._offered_ns = self._t_ns
        self._answer(request, "applied", "")

    def _take_over(self, request: ClientRequest) -> None:
        """Change the one in command: by their offer, or when they are not heard any more."""
        offered_s = (self._t_ns - self._offered_ns) / 1e9
        silent_s = (self._t_ns - self.operator_t_ns) / 1e9
        if not self.commander or self._mode not in ACTIVE:
            self._refuse(request, "Nobody is in command; arm to be.")
        elif request.client == self.commander:
            self._refuse(request, "This console is in command already.")
        elif offered_s > OFFER_S and silent_s <= self._limits.hold_operator_age_s:
            self._refuse(request, NOT_OFFERED.format(commander=self.commander))
        else:
            self._give_to(request.client)
            self._answer(request, "applied", "")

    def _seen(self, request: ClientRequest) -> None:
        """Follow one display; while belts are armed or move another one cannot stand in for it."""
        silent_ns = self._t_ns - self._display_ns
        if self._display == "" or (self._mode not in ACTIVE and silent_ns > DISPLAY_SILENT_NS):
            self._display = request.client
        if request.client == self._display and request.t_s is not None:
            self._display_ns = self._t_ns
            self.display_t_ns = min(max(round(request.t_s * 1e9), 1), self._t_ns)
        self.acks.append((request.client, self._ack(request, "applied", "")))

    def _alive(self, request: ClientRequest) -> None:
        if request.client == self.commander:
            self.operator_t_ns = self._t_ns
        self.acks.append((request.client, self._ack(request, "applied", "")))

    def _hello(self, request: ClientRequest) -> None:
        self.acks.append((request.client, self._ack(request, "applied", "")))

    def _check(self, request: ClientRequest) -> None:
        """Begin a guided check of the plates, which is for belts at rest."""
        assert request.name in ("zero_plates", "weigh", "check_left", "check_right")
        if self._mode in ACTIVE:
            self._refuse(request, "Plates are checked while the belts are at rest; pause first.")
            return
        self._checks.append(request.name)
        self._answer(request, "applied", "")

    _zero_plates = _weigh = _check_left = _check_right = _check

    def _rest(self, request: ClientRequest) -> None:
        """Let the rest after a block begin, on the session's own account."""
        self.rest.begin(self._t_ns, request.value or 0.0)
        self.obstacle = self.obstacle or BLOCK_OVER
        self._answer(request, "applied", "")

    def _go_on(self, request: ClientRequest) -> None:
        refusal = self.rest.go_on(self._t_ns)
        self._answer(request, "rejected" if refusal else "applied", refusal)

    def take_checks(self) -> list[Check]:
        """Return the checks that were asked for since the last call."""
        checks = self._checks.copy()
        self._checks.clear()
        return checks

    # -- answering -------------------------------------------------------------------------

    def _pass_on(self, request: ClientRequest) -> str:
        """Ask the keeper; return the ask's id."""
        assert request.name in ("arm", "start", "pause", "stop", "reset", "engage", "settle")
        key = self._next_id()
        self._pending[key] = (request, self._t_ns)
        self._pending_ids[request.client, request.id] = None
        self.asks.append(Ask(key, request.name, request.client))
        return key

    def _take_pending(self, key: str) -> ClientRequest | None:
        request, _ = self._pending.pop(key, (None, 0))
        if request is not None:
            self._pending_ids.pop((request.client, request.id), None)
        return request

    def _next_id(self) -> str:
        self._ask_count += 1
        return f"s{self._ask_count}"

    def _answer_sharing(self, key: str, status: Status, reason: str) -> None:
        for request in self._sharing.pop(key, []):
            self.acks.append((request.client, self._ack(request, status, reason)))

    def _refuse(self, request: ClientRequest, reason: str) -> None:
        self._answer(request, "rejected", reason)

    def _answer(self, request: ClientRequest, status: Status, reason: str) -> None:
        ack = self._ack(request, status, reason)
        self._answered[request.client, request.id] = ack
        if len(self._answered) > MAX_REMEMBERED:
            del self._answered[next(iter(self._answered))]
        self.acks.append((request.client, ack))
        why = f": {reason}" if reason else "."
        self.events.append(
            Event(
                self._t_ns,
                "request",
                request.client,
                "none",
                f"{request.name}{request.numbers()} {status}{why}",
            )
        )

    def _ack(self, request: ClientRequest, status: Status, reason: str) -> Ack:
        return Ack(request.id, status, self._tick, self._t_ns / 1e9, reason)
