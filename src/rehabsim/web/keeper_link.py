"""The way of a STOP that needs no session: from the gateway straight to the keeper."""

import contextlib

from rehabsim.base.clock import Clock
from rehabsim.base.errors import ConfigError, DeviceError
from rehabsim.base.records import Record
from rehabsim.devices.link import Link, open_link
from rehabsim.safety.messages import Ask, decode_report, encode

RETRY_NS = 500_000_000
ANSWER_NS = 1_000_000_000
"""How long the keeper's answer to a STOP is waited for."""

SILENT_NS = 250_000_000
"""A keeper reports every 4 ms; one that has not for so long is not counted on."""

LOST = "The keeper of the belts cannot be reached; use the red button on the machine."
UNHEARD = "The keeper of the belts does not answer; use the red button on the machine."


class StopAnswer(Record, frozen=True):
    """What became of one STOP at the keeper."""

    ask_id: str
    is_accepted: bool
    reason: str


class KeeperLink:
    """Keeps one open link to the keeper, and asks it for nothing but STOP.

    Args:
        url: `unix:PATH`, or empty where there is no keeper (a replay).
        clock: For ages and retries.

    Raises:
        ConfigError: `url` is something else; only a local socket connects without waiting.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        if url and not url.startswith("unix:"):
            raise ConfigError(f"keeper at {url!r}: write unix:PATH.")
        self._url = url
        self._clock = clock
        self._link: Link | None = None
        self._next_try_ns = 0
        self._heard_ns: int | None = None
        self._waiting: dict[str, int] = {}

    def is_heard(self, now_ns: int) -> bool:
        """Return whether the keeper has reported lately."""
        return self._heard_ns is not None and now_ns - self._heard_ns <= SILENT_NS

    async def stop(self, ask_id: str, source: str) -> StopAnswer | None:
        """Ask for STOP; `step` returns the answer, unless this does at once."""
        if not self._url:
            return None
        await self._open(is_urgent=True)
        if self._link is None:
            return StopAnswer(ask_id, False, LOST)
        if ask_id not in self._waiting:
            self._waiting[ask_id] = self._clock.now_ns() + ANSWER_NS
        try:
            self._link.write(encode(Ask(ask_id, "stop", source)))
        except DeviceError:
            await self._drop()
            self._waiting.pop(ask_id, None)
            return StopAnswer(ask_id, False, LOST)
        return None

    async def step(self, now_ns: int) -> list[StopAnswer]:
        """Take the keeper's reports; return the answers to STOPs that have become known."""
        if not self._url:
            return []
        await self._open(is_urgent=False)
        answers: list[StopAnswer] = []
        if self._link is not None:
            try:
                pieces = self._link.take()
            except DeviceError:
                await self._drop()
                pieces = []
            if pieces:
                self._heard_ns = pieces[-1][0]
            if self._waiting:
                answers += self._answers_in([data for _, data in pieces])
        late = [key for key, until_ns in self._waiting.items() if now_ns > until_ns]
        for key in late:
            del self._waiting[key]
            answers.append(StopAnswer(key, False, UNHEARD))
        return answers

    async def close(self) -> None:
        """Close the link."""
        await self._drop()

    def _answers_in(self, reports: list[bytes]) -> list[StopAnswer]:
        answers = []
        for data in reports:
            with contextlib.suppress(ValueError):
                for answer in decode_report(data).decision.answers:
                    if self._waiting.pop(answer.id, None) is not None:
                        answers.append(StopAnswer(answer.id, answer.is_accepted, answer.reason))
        return answers

    async def _open(self, *, is_urgent: bool) -> None:
        now_ns = self._clock.now_ns()
        if self._link is not None or (now_ns < self._next_try_ns and not is_urgent):
            return
        self._next_try_ns = now_ns + RETRY_NS
        with contextlib.suppress(DeviceError):
            self._link = await open_link(self._url, self._clock, device="keeper")

    async def _drop(self) -> None:
        link, self._link, self._heard_ns = self._link, None, None
        if link is not None:
            await link.close()
