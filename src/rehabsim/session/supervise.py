"""Running a session on the host's clock: its processes, started in order and ended in order.

    laboratory (only for `sim:` devices) → keeper → session → gateway

The supervisor is in no control path: when it dies, the keeper still brings the belts to rest.
"""

import contextlib
import ctypes
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import msgspec

from rehabsim.base.clock import host_epoch_ns
from rehabsim.base.errors import ConfigError, LinkError, LogError, RehabsimError
from rehabsim.base.site import Session, Site
from rehabsim.devices.laboratory import LaboratoryPlan
from rehabsim.safety.keeper import KeeperPlan
from rehabsim.session.keys import GATEWAY
from rehabsim.session.live import Summary
from rehabsim.session.log_repair import recover
from rehabsim.session.run import SessionPlan
from rehabsim.session.setup import plain, tightened
from rehabsim.session.stand_in import device_tables, laboratory_plan, moved

START_S = 120.0
"""Longest wait for a process to say that it is ready; the simulator compiles itself once."""

REST_S = 20.0
"""Longest wait for the keeper to bring the belts to rest at the end."""

POLL_S = 0.1
LOOPBACK = "tcp://127.0.0.1:0"
SERVED_AT = {
    "treadmill_url": LOOPBACK,
    "plates_url": LOOPBACK,
    "harness_url": LOOPBACK,
    "platform_url": "udp://127.0.0.1:0",
}
_PR_SET_PDEATHSIG = 1


@dataclass
class Job:
    """What `rehabsim run` was asked to do.

    Attributes:
        site: The room.
        session: What is trained.
        where: Files to name in messages.
        duration_s: When to end, or None.
        log_path: Where to record.
        has_operator: Arm and start by rule.
        has_pages: Serve console and display.
        truth_path: Where the laboratory writes the truth; for tests.
        epoch_ns: Of the session clock; set when it starts.
        say: Called with each line for the terminal.
    """

    site: Site
    session: Session
    where: str
    duration_s: float | None = None
    log_path: str = ""
    has_operator: bool = False
    has_pages: bool = True
    truth_path: str = ""
    epoch_ns: int = 0
    say: Callable[[str], None] = print
    children: dict[str, "Child"] = field(default_factory=dict)


class Child:
    """One process of the session, which says JSON lines on its standard output."""

    def __init__(
        self, name: str, words: list[str], plan: bytes, *, ends_with_us: signal.Signals | None
    ) -> None:
        self.name = name
        self.heard: queue.Queue[dict[str, Any] | None] = queue.Queue()

        def before_exec() -> None:
            if ends_with_us is not None and sys.platform == "linux":
                ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(ends_with_us))

        self.process = subprocess.Popen(
            [sys.executable, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=before_exec,  # noqa: PLW1509  (no threads hold locks that exec needs)
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(plan)
            self.process.stdin.close()
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()

    def _listen(self, lines: IO[bytes]) -> None:
        for line in lines:
            with contextlib.suppress(msgspec.DecodeError):
                self.heard.put(msgspec.json.decode(line, type=dict[str, Any]))
        self.heard.put(None)

    def wait_ready(self) -> Any:
        """Return what it says when ready.

        Raises:
            RehabsimError: It failed, died or says nothing.
        """
        try:
            words = self.heard.get(timeout=START_S)
        except queue.Empty:
            raise LinkError(
                f"{self.name}: did not start within {START_S:g} s.", device=self.name, url=""
            ) from None
        if words is None:
            raise LinkError(
                f"{self.name}: ended while starting, exit status {self.process.wait()}.",
                device=self.name,
                url="",
            )
        if "failed" in words:
            raise (ConfigError if words.get("is_usage") else RehabsimError)(words["failed"])
        return words["ready"]

    @property
    def is_running(self) -> bool:
        """It has not ended."""
        return self.process.poll() is None

    def end(self, timeout_s: float) -> None:
        """Ask it to end, and make it end when it does not."""
        if self.is_running:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def supervise(job: Job) -> Summary:
    """Run a session on the host's clock until its end, Ctrl-C or SIGTERM.

    Raises:
        RehabsimError: It could not start, or died; the log is whole in any case.
    """
    folder = Path(tempfile.mkdtemp(prefix="rehabsim-"))
    is_ending = threading.Event()
    with _signals(is_ending.set):
        try:
            _start(job, folder)
            return _watch(job, is_ending)
        finally:
            for name in ("gateway", "session", "keeper", "laboratory"):
                if name in job.children:
                    job.children[name].end(REST_S if name in ("session", "keeper") else 3.0)
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _signals(on_end: Callable[[], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: on_end()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(job: Job, folder: Path) -> None:
    job.epoch_ns = host_epoch_ns()
    laboratory = laboratory_plan(
        job.site,
        job.session,
        SERVED_AT,
        where=job.where,
        epoch_ns=job.epoch_ns,
        truth_path=job.truth_path,
        eyes_url=job.site.publish.state_url,
        eyes_key=_local_key(job.site),
    )
    tables = device_tables(job.site)
    if laboratory is not None:
        tables = moved(tables, _start_laboratory(job, laboratory))
    keeper_url = f"unix:{folder / 'keeper'}"
    tight = tightened(job.site, job.session, where=job.where)
    keeper = KeeperPlan(
        treadmill=tables["treadmill"],
        limits=tight.limits.model_dump(),
        room=job.site.limits.model_dump(),
        url=keeper_url,
        epoch_ns=job.epoch_ns,
        where=job.where,
        platform=tables.get("platform"),
        platform_limits=None
        if tight.platform_limits is None
        else tight.platform_limits.model_dump(),
    )
    _launch(job, "keeper", ["-m", "rehabsim.safety.keeper"], msgspec.json.encode(keeper), None)
    plan = SessionPlan(
        site=plain(job.site),
        session=plain(job.session),
        treadmill=tables["treadmill"],
        plates=tables["plates"],
        harness=tables.get("harness"),
        platform=tables.get("platform"),
        keeper_url=keeper_url,
        epoch_ns=job.epoch_ns,
        duration_s=job.duration_s,
        log_path=job.log_path,
        has_operator=job.has_operator,
        where=job.where,
    )
    session = ["-m", "rehabsim.session.run"]
    _launch(job, "session", session, msgspec.json.encode(plan), signal.SIGTERM)
    if job.has_pages:
        _start_gateway(job, keeper_url)


def _start_laboratory(job: Job, plan: LaboratoryPlan) -> dict[str, str]:
    words = ["-m", "rehabsim", "simulate", "--plan-on-stdin"]
    ready: dict[str, str] = _launch(job, "laboratory", words, msgspec.json.encode(plan), None)
    return ready


def _start_gateway(job: Job, keeper_url: str) -> None:
    publish = job.site.publish
    words = ["-m", "rehabsim.web.gateway"]
    words += ["--state-url", publish.state_url, "--request-url", publish.request_url]
    words += ["--keeper-url", keeper_url, "--port", str(publish.page_port)]
    if publish.keys:
        words += ["--key", _local_key(job.site)]
    url = _launch(job, "gateway", words, b"", signal.SIGKILL)
    job.say(f"Console  {url}/console")
    job.say(f"Display  {url}/display")


def _local_key(site: Site) -> str:
    """Return the key of this computer's own clients, or nothing where none is needed."""
    return str(Path(site.publish.keys) / f"{GATEWAY}.key") if site.publish.keys else ""


def _launch(
    job: Job, name: str, words: list[str], plan: bytes, ends_with_us: signal.Signals | None
) -> Any:
    child = job.children[name] = Child(name, words, plan, ends_with_us=ends_with_us)
    return child.wait_ready()


def _watch(job: Job, is_ending: threading.Event) -> Summary:
    """Wait for the session to end; notice who else does."""
    session, told = job.children["session"], set[str]()
    while True:
        if is_ending.is_set() and session.is_running and "end" not in told:
            told.add("end")
            job.say("Ending: the belts ramp to rest …")
            session.process.terminate()
        for name in ("keeper", "gateway", "laboratory"):
            child = job.children.get(name)
            if child is not None and not child.is_running and name not in told:
                told.add(name)
                job.say(_obituary(child))
        try:
            words = session.heard.get(timeout=POLL_S)
        except queue.Empty:
            continue
        if words is None:
            return _lost_session(job)
        if "failed" in words:
            raise (ConfigError if words.get("is_usage") else RehabsimError)(words["failed"])
        if "contained" in words:
            job.say(f"Scenario contained by {words['contained']}")
        if "summary" in words:
            return msgspec.convert(words["summary"], Summary)


def _obituary(child: Child) -> str:
    status = child.process.returncode
    how = f"was killed (signal {-status})" if status < 0 else f"ended (exit status {status})"
    consequence = {
        "keeper": "nobody guards the belts. USE THE RED BUTTON on the machine.",
        "gateway": "console and display are gone; the belts ramp to rest if a console commanded.",
        "laboratory": "the simulated devices are gone; the keeper has lost the belts.",
    }[child.name]
    return f"The {child.name} {how}: {consequence}"


def _lost_session(job: Job) -> Summary:
    """The session died: the keeper stops the belts; make its log whole."""
    status = job.children["session"].process.wait()
    how = f"was killed (signal {-status})" if status < 0 else f"ended (exit status {status})"
    mended = ""
    if job.log_path and Path(job.log_path).exists():
        try:
            log, _ = recover(Path(job.log_path))
            ticks = log.table("ticks")
            until = f" until {ticks['t_ns'][-1] / 1e9:.2f} s" if len(ticks) else ""
            mended = f" Its log is whole{until}: {job.log_path}."
        except LogError as error:
            mended = f" {error}"
    raise LinkError(
        f"The session {how}; the keeper brings the belts to rest.{mended}",
        device="session",
        url="",
    )
