"""How hard a session is: knobs that are turned live, and the level that follows the person. Pure.

Whatever is asked for is checked here at once, reaches the scenario before its next step, and is
answered after that.
"""

from collections.abc import Sequence
from math import nan

from rehabsim.base.records import Event
from rehabsim.session.messages import Tuned
from rehabsim.session.requests import ClientRequest
from rehabsim.training.adapt import Adapter, Change, Offer
from rehabsim.training.scenario import Stage, Try

NO_ADAPTATION = "This session's difficulty does not adapt; its file would need a table [adapt]."
NOTHING_OFFERED = "Nothing is suggested just now."
NOTHING_TO_UNDO = "Nothing was changed yet that could be taken back."


class Tuning:
    """Turns the knobs of one scenario.

    Args:
        stage: The scenario; whatever has no knobs has nothing to turn.
        adapter: Keeps the level, or None.

    Attributes:
        try_count: Tasks that ended so far.
        success_count: Of them done.
    """

    def __init__(self, stage: Stage, adapter: Adapter | None = None) -> None:
        self._stage = stage
        self._adapter = adapter
        self._dials = {dial.name: dial for dial in stage.dials}
        self._values = dict(stage.values)
        self._wanted: dict[str, float] = {}
        self._changes: list[Change] = []
        self._offer: Offer | None = None
        self.try_count = self.success_count = 0

    # -- what clients ask ------------------------------------------------------------------

    def ask(self, request: ClientRequest) -> str:
        """Take a request to turn a knob, or about the level; return why not, or nothing."""
        refusal: str = getattr(self, f"_{request.name}")(request)
        return refusal

    def _turn(self, request: ClientRequest) -> str:
        name, value = request.param, request.value
        if name is None or value is None:
            return "turn needs param and value."
        live = [dial.name for dial in self._dials.values() if dial.knob.is_live]
        dial = self._dials.get(name)
        if dial is None or not dial.knob.is_live:
            known = ", ".join(live) or "none"
            return f"{name} cannot be turned while the session runs. What can: {known}."
        if not dial.low <= value <= dial.high:
            return f"{name} = {value:g} is outside its range, {dial.low:g} to {dial.high:g}."
        self._wanted[name] = value
        change = self._adapter.take(name, value) if self._adapter is not None else None
        if change is not None:
            self._changes.append(change)
        return ""

    def _accept(self, _: ClientRequest) -> str:
        if self._adapter is None:
            return NO_ADAPTATION
        change = self._adapter.accept()
        return NOTHING_OFFERED if change is None else self._follow(change)

    def _undo(self, _: ClientRequest) -> str:
        if self._adapter is None:
            return NO_ADAPTATION
        change = self._adapter.undo()
        return NOTHING_TO_UNDO if change is None else self._follow(change)

    def _keep(self, _: ClientRequest) -> str:
        if self._adapter is None:
            return NO_ADAPTATION
        return "" if self._adapter.keep() else NOTHING_OFFERED

    def _rate(self, request: ClientRequest) -> str:
        pain, effort = request.pain_nrs, request.effort_rpe
        if effort is None and request.effort_nrs is not None:
            # As far up from 6 to 20 as it is from 0 to 10; our choice.
            effort = 6.0 + 1.4 * request.effort_nrs
        if pain is None and effort is None:
            return "rate needs pain_nrs, effort_rpe or effort_nrs."
        if self._adapter is not None:
            self._adapter.rate(nan if pain is None else pain, nan if effort is None else effort)
        return ""

    def _follow(self, change: Change) -> str:
        assert self._adapter is not None
        self._wanted |= self._adapter.params.values(change.level)
        self._changes.append(change)
        return ""

    # -- once a tick -----------------------------------------------------------------------

    def apply(self, t_ns: int, events: list[Event]) -> str:
        """Turn what was asked for, before the scenario's step; return why not, or nothing.

        Raises:
            LostError: The scenario's process is gone.
        """
        wanted, changes = self._wanted, self._changes
        self._wanted, self._changes = {}, []
        if not wanted:
            return ""
        try:
            self._stage.turn(wanted)
        except ValueError as error:
            for change in reversed(changes):
                assert self._adapter is not None
                self._adapter.revert(change)
            text = f"Difficulty stays as it is: {error}."
            events.append(Event(t_ns, "adapt", "session", "warn", text))
            return str(error)
        self._values |= wanted
        for change in changes:
            events.append(self._news(t_ns, change))
        return ""

    def hear(self, t_ns: int, tries: Sequence[Try], events: list[Event]) -> None:
        """Take how tasks ended; what follows of itself is turned at the next tick."""
        self.try_count += len(tries)
        self.success_count += sum(given.is_success for given in tries)
        if self._adapter is None:
            return
        for change in self._adapter.hear(tries):
            self._follow(change)
        offer = self._adapter.offer
        if offer is not None and offer != self._offer:
            text = (
                f"Suggested: difficulty {self._adapter.level:.2f} → {offer.level:.2f},"
                f" {offer.reason}; {self._words(offer.level)}."
            )
            values = {"level": self._adapter.level, "offered_level": offer.level}
            events.append(Event(t_ns, "adapt", "session", "none", text, values))
        self._offer = offer

    def _news(self, t_ns: int, change: Change) -> Event:
        text = (
            f"Difficulty {change.before:.2f} → {change.level:.2f}: {change.cause};"
            f" {self._words(change.level)}."
        )
        values = {"level_before": change.before, "level": change.level}
        return Event(t_ns, "adapt", "session", "none", text, values)

    def _words(self, level: float) -> str:
        """Return what a level means."""
        assert self._adapter is not None
        at = self._adapter.params.values(level)
        return ", ".join(self._dials[name].words(value) for name, value in at.items())

    def tuned(self) -> Tuned:
        """Return where everything stands."""
        adapter = self._adapter
        values = {n: v for n, v in self._values.items() if self._dials[n].knob.is_live}
        if adapter is None:
            return Tuned(values, self.try_count, self.success_count)
        offer = adapter.offer
        return Tuned(
            values,
            self.try_count,
            self.success_count,
            has_level=True,
            level=adapter.level,
            recent_frac=adapter.recent_frac,
            offered_level=nan if offer is None else offer.level,
            offer_reason="" if offer is None else offer.reason,
            offer_words="" if offer is None else self._words(offer.level),
            can_undo=adapter.can_undo,
            brake=adapter.brake,
            threshold=adapter.threshold,
        )
