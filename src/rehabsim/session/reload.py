"""A session that makes way for another, of files that have changed, while the belts rest.

The session says when it could end and ends when it is asked then (`relief`). Here the supervisor
watches the files, and lets what they have become begin in a process of its own before it asks.
"""

import queue
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from rehabsim.base.clock import run
from rehabsim.base.config import check
from rehabsim.base.errors import ConfigError, RehabsimError, ScenarioError
from rehabsim.base.site import Session, Site
from rehabsim.session.child import Child
from rehabsim.session.core import PERIOD_NS, CoreInputs
from rehabsim.session.run import SessionPlan
from rehabsim.session.setup import make_core, tightened
from rehabsim.session.stage import staged

LOOK_EVERY = 10
"""Files are looked at in one of so many steps."""

ASK = signal.SIGUSR1 if sys.platform != "win32" else signal.SIGTERM
"""Asks a session's process whether it may end."""


class Reload:
    """The supervisor's side: a session whose files are watched.

    Args:
        files: To watch; those that are missing may come.
        plan: Returns what the files ask for now; may raise RehabsimError.
        say: Called with each line for the terminal.

    Attributes:
        next: What follows the session, once that has been asked to end; None before.
    """

    def __init__(
        self, files: Sequence[Path], plan: Callable[[], SessionPlan], say: Callable[[str], None]
    ) -> None:
        self.next: SessionPlan | None = None
        self.trial: Child | None = None
        self._files = tuple(files)
        self._plan = plan
        self._say = say
        self._known = self._seen = self._look()
        self._tried: SessionPlan | None = None
        self._may_end = False
        self._is_due = False
        self._steps = 0

    def hear(self, may_end: bool) -> None:
        """Note what the session says of itself."""
        self._may_end = may_end
        if not may_end and self.next is not None:
            self.next, self._is_due = None, True

    def step(self, session: Child) -> None:
        """Look at the files, and at what comes of them; called about ten times a second."""
        self._steps += 1
        if self._steps % LOOK_EVERY == 0:
            self._notice()
        if self.trial is not None:
            self._hear_trial(self.trial, session)
        elif self._is_due and self._may_end and self.next is None:
            self._is_due = False
            self._try()

    def begin(self) -> None:
        """Note that a new session has begun, which the next change would replace."""
        self.next, self._may_end = None, False

    def close(self) -> None:
        """End what is being tried."""
        if self.trial is not None:
            self.trial.end(3.0)
            self.trial = None

    def _look(self) -> tuple[tuple[int, int], ...]:
        found = []
        for file in self._files:
            try:
                stat = file.stat()
                found.append((stat.st_mtime_ns, stat.st_size))
            except OSError:
                found.append((0, -1))
        return tuple(found)

    def _notice(self) -> None:
        """Take a change for one when it is the same at two looks: editors write in steps."""
        seen, before = self._look(), self._seen
        self._seen = seen
        if seen == self._known or seen != before:
            return
        names = [f.name for f, a, b in zip(self._files, seen, self._known, strict=True) if a != b]
        self._known = seen
        self.close()
        self.next, self._is_due = None, True
        if not self._may_end:
            self._say(f"{' and '.join(names)} changed: it is loaded once the belts rest.")

    def _try(self) -> None:
        try:
            self._tried = self._plan()
        except RehabsimError as error:
            self._refuse(str(error))
            return
        words = ["-m", "rehabsim.session.reload"]
        plan = msgspec.json.encode(self._tried)
        self.trial = Child("trial", words, plan, ends_with_us=signal.SIGKILL)

    def _hear_trial(self, trial: Child, session: Child) -> None:
        try:
            words = trial.heard.get_nowait()
        except queue.Empty:
            return
        self.close()
        if words is None or "failed" in words:
            self._refuse("it ended while it was tried." if words is None else words["failed"])
        elif not self._may_end:
            self._is_due = True
        else:
            self.next = self._tried
            session.process.send_signal(ASK)

    def _refuse(self, why: str) -> None:
        self._say(f"Not loaded, what runs goes on: {why}")


# -- the trial, a process ------------------------------------------------------------------


async def rehearse(plan: SessionPlan) -> None:
    """Let a session begin as far as that moves nothing: its scenario answers once.

    Raises:
        RehabsimError: It could not begin.
    """
    site = check(plan.site, Site, where=plan.where)
    session = check(plan.session, Session, where=plan.where)
    site = tightened(site, session, where=plan.where)
    async with staged(session, where=plan.where, is_apart=True, site=site) as (scenario, _):
        core = make_core(site, session, scenario, where=plan.where)
        outputs = core.step(CoreInputs(0, PERIOD_NS, 0, (), (), ()))
        if outputs.failure:
            raise ScenarioError(f"scenario {scenario.name} {outputs.failure}.")


def main() -> None:
    """Entry point of the trial: reads its plan from standard input."""
    try:
        plan = msgspec.json.decode(sys.stdin.buffer.read(), type=SessionPlan)
        run(lambda _: rehearse(plan))
        words: dict[str, object] = {"ready": True}
    except RehabsimError as error:
        words = {"failed": str(error), "is_usage": isinstance(error, ConfigError)}
    print(msgspec.json.encode(words).decode(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
