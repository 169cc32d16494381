"""The keeper's part for a platform: it hears the base, lets its guard decide, and tells it."""

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError, DeviceError, LinkError
from rehabsim.base.limits import Limits, PlatformLimits
from rehabsim.base.records import PlatformCommand, PlatformSample, Pose, Severity
from rehabsim.base.site import DeviceTable
from rehabsim.devices.driver import PLATFORMS, Platform, make_driver
from rehabsim.safety.contact import Contact
from rehabsim.safety.messages import Answer, Ask, Decision, GuardInputs
from rehabsim.safety.notebook import Notebook
from rehabsim.safety.platform import guard_platform
from rehabsim.safety.platform_belts import platform_inputs
from rehabsim.safety.platform_envelope import box
from rehabsim.safety.platform_messages import (
    PlatformAsk,
    PlatformInputs,
    PlatformReport,
    PlatformState,
)

SEND_TICKS = 4
"""A base hears 60 times a second; what is new of its kind is sent at once."""

QUIET_NS = 1_000_000_000
"""A base that talks nonsense is told of again only after so long without any."""

NO_PLATFORM = "This room has no platform."
UNCAUGHT = (
    "No perturbation: the harness is not measured, or not hung in; the platform moves at normal"
    " speed."
)
OTHER_ASK = "Something else was asked of the platform at the same moment; ask again."


class PlatformKeeper:
    """Owns one motion base.

    Args:
        platform: Its driver, not yet open.
        limits: What it may do for this person.
        clock: The session clock.

    Attributes:
        state: Of its guard.
        belt_cause: Why the belts may not move, as its guard decided last; or nothing.
        notes: What people should know beside its decisions.
    """

    def __init__(self, platform: Platform, limits: PlatformLimits, clock: Clock) -> None:
        self.state = PlatformState()
        self.belt_cause = f"the platform is frozen ({self.state.cause})"
        self.notes = Notebook()
        self._platform = platform
        self._limits = limits
        self._clock = clock
        self._contact = Contact(platform, "platform", self._note)
        self._sample: PlatformSample | None = None
        self._is_understood = True
        self._nonsense_ns = -QUIET_NS
        self._sent: PlatformCommand | None = None
        self._is_uncaught = False

    async def open(self) -> None:
        """Connect.

        Raises:
            DeviceError: The base does not answer.
        """
        await self._contact.open()
        if not self._platform.can_expire:
            self._note(
                "warn",
                "This platform follows its last command when its computer falls silent: only the"
                " keeper and the wired emergency stop can stop it.",
            )

    def step(
        self,
        tick: int,
        inputs: GuardInputs,
        decision: Decision,
        limits: Limits,
        asks: tuple[Ask, ...],
    ) -> tuple[PlatformReport, tuple[Answer, ...]]:
        """Take what came, decide, send; return what to report and the answers.

        Args:
            tick: The keeper's.
            inputs: What the belts' guard was given in it.
            decision: What that decided.
            limits: Of the belts.
            asks: About the platform; one is looked at, with all of its name.
        """
        self._take()
        ask: PlatformAsk = ""
        if asks:
            ask = "engage" if asks[0].name == "engage" else "settle"
        has_platform = self._contact.is_open and self._is_understood
        self._is_understood = True
        made_from = platform_inputs(
            inputs, decision, limits, sample=self._sample, ask=ask, has_platform=has_platform
        )
        decided = guard_platform(self.state, made_from, self._limits)
        self._tell_uncaught(inputs, made_from)
        self.state, self.belt_cause = decided.state, decided.belt_cause
        self._send(decided.command, tick)
        self._contact.retry(inputs.t_ns)
        same = answers_to(tuple(a for a in asks if a.name == ask), decided.refusal)
        other = answers_to(tuple(a for a in asks if a.name != ask), OTHER_ASK)
        return PlatformReport(decided, self._sample, ask, has_platform), same + other

    def _tell_uncaught(self, inputs: GuardInputs, made_from: PlatformInputs) -> None:
        """Say once of each perturbation that the harness is missing for it."""
        wish = None if inputs.wish is None else inputs.wish.platform
        is_uncaught = wish is not made_from.wish
        if is_uncaught and not self._is_uncaught:
            self._note("warn", UNCAUGHT)
        self._is_uncaught = is_uncaught

    @property
    def is_frozen(self) -> bool:
        """It brakes or stands, and nothing but an ask will move it."""
        return self.state.mode in ("freeze", "settled")

    @property
    def is_still(self) -> bool:
        """It stands, and nothing but an ask will move it."""
        return self.is_frozen and not any(self.state.rate)

    def stop(self) -> None:
        """Ask it to stay where it was told to be last; never raises."""
        self._platform.stop()

    async def close(self) -> None:
        """Let go of it; never raises."""
        await self._contact.end()
        await self._platform.close()

    def _take(self) -> None:
        if not self._contact.is_open:
            return
        try:
            samples = self._platform.take()
        except LinkError as error:
            self._contact.lose(error)
        except DeviceError as error:
            self._doubt(error)
        else:
            if samples:
                self._sample = samples[-1]
                self._contact.hear()

    def _doubt(self, error: DeviceError) -> None:
        """Note nonsense, or a refusal; the link is good, and what stays is told on it."""
        self._is_understood = False
        now_ns = self._clock.now_ns()
        if now_ns - self._nonsense_ns >= QUIET_NS:
            self._note("ramp", str(error))
        self._nonsense_ns = now_ns

    def _send(self, command: PlatformCommand, tick: int) -> None:
        is_new = self._sent is None or self._sent.act != command.act
        if not self._contact.is_open or not (is_new or tick % SEND_TICKS == 0):
            return
        try:
            self._platform.send(command)
            self._sent = command
        except LinkError as error:
            self._sent = None
            self._contact.lose(error)
        except DeviceError as error:
            self._platform.stop()
            self._doubt(error)

    def _note(self, severity: Severity, text: str) -> None:
        self.notes.add(self._clock.now_ns(), severity, text)


def make_platform_keeper(
    table: dict[str, object], limits: PlatformLimits, clock: Clock, *, where: str
) -> PlatformKeeper:
    """Return the part for the platform of a site file's table.

    Args:
        table: `[platform]`.
        limits: `[platform_limits]`, tightened by those of the person.
        clock: The session clock.
        where: File to name in messages.

    Raises:
        ConfigError: Unknown kind, a key that the driver refuses, or limits beyond what the base
            can be told.
    """
    driver: Platform = make_driver(PLATFORMS, DeviceTable.model_validate(table), clock, where=where)
    for axis, edge in zip(Pose.__struct_fields__, box(limits), strict=True):
        for value in (-edge, edge):
            why = driver.why_not(Pose(**{axis: value}))
            if why:
                raise ConfigError(
                    f"{where}: platform_limits.max_{axis} = {edge}: the platform cannot be told"
                    f" {why}."
                )
    return PlatformKeeper(driver, limits, clock)


def answers_to(asks: tuple[Ask, ...], reason: str) -> tuple[Answer, ...]:
    """Return an answer to each ask: refused for that reason, or accepted without one."""
    return tuple(Answer(ask.id, is_accepted=not reason, reason=reason) for ask in asks)
