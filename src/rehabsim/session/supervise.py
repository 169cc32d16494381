"""Running a session on the host's clock: its processes, started in order and ended in order.

    laboratory (only for `sim:` devices) → keeper → session → gateway

The supervisor is in no control path: when it dies, the keeper still brings the belts to rest.
"""

import contextlib
import queue
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from rehabsim.base.clock import host_epoch_ns
from rehabsim.base.errors import ConfigError, LinkError, LogError, RehabsimError
from rehabsim.base.site import Session, Site
from rehabsim.devices.laboratory import LaboratoryPlan
from rehabsim.safety.keeper import KeeperPlan
from rehabsim.session.child import Child
from rehabsim.session.ending import NEVER, Ends
from rehabsim.session.keys import GATEWAY
from rehabsim.session.live import Summary
from rehabsim.session.log_repair import recover
from rehabsim.session.messages import BlockPlace
from rehabsim.session.reload import Reload
from rehabsim.session.run import SessionPlan
from rehabsim.session.setup import plain, tightened
from rehabsim.session.stand_in import device_tables, laboratory_plan, moved

REST_S = 20.0
"""Longest wait for the keeper to bring the belts to rest at the end."""

POLL_S = 0.1
HELD = ("patient", "seed", "faults", "subject")
"""What of a session is not only the session's own: the laboratory's, or whose log it is."""

LOOPBACK = "tcp://127.0.0.1:0"
SERVED_AT = {
    "treadmill_url": LOOPBACK,
    "plates_url": LOOPBACK,
    "harness_url": LOOPBACK,
    "platform_url": "udp://127.0.0.1:0",
}


@dataclass
class Job:
    """What `rehabsim run` was asked to do.

    Attributes:
        site: The room.
        session: What is trained.
        where: Files to name in messages.
        duration_s: When to end, or None.
        ends: When it ends of itself.
        block: Which block of a programme it is; None where it is none.
        markers: Notes for the log of what was decided before it.
        log_path: Where to record.
        has_operator: Arm and start by rule.
        has_pages: Serve console and display.
        truth_path: Where the laboratory writes the truth; for tests.
        epoch_ns: Of the session clock; set when it starts.
        session_count: Sessions so far, of which each has a log.
        say: Called with each line for the terminal.
        files: Watched; when they change, a session of what they have become follows once the belts
            rest.
        reread: Returns the session that the files ask for.
    """

    site: Site
    session: Session
    where: str
    duration_s: float | None = None
    ends: Ends = NEVER
    block: BlockPlace | None = None
    markers: tuple[str, ...] = ()
    log_path: str = ""
    has_operator: bool = False
    has_pages: bool = True
    truth_path: str = ""
    epoch_ns: int = 0
    session_count: int = 1
    say: Callable[[str], None] = print
    files: tuple[Path, ...] = ()
    reread: Callable[[], Session] | None = None
    children: dict[str, Child] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.first_log = Path(self.log_path)


def supervise(job: Job) -> Summary:
    """Run a session on the host's clock until its end, Ctrl-C or SIGTERM.

    Raises:
        RehabsimError: It could not start, or died; the log is whole in any case.
    """
    folder = Path(tempfile.mkdtemp(prefix="rehabsim-"))
    is_ending = threading.Event()
    with _signals(is_ending.set):
        reload = None
        try:
            plan = _start(job, folder)
            if job.reread is not None:
                reload = Reload(job.files, lambda: _next_plan(job, plan), job.say)
            return _watch(job, plan, reload, is_ending)
        finally:
            if reload is not None:
                reload.close()
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


def _start(job: Job, folder: Path) -> SessionPlan:
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
        ends=job.ends,
        block=job.block,
        markers=job.markers,
        log_path=job.log_path,
        has_operator=job.has_operator,
        where=job.where,
    )
    _start_session(job, plan)
    if job.has_pages:
        _start_gateway(job, keeper_url)
    return plan


def _start_session(job: Job, plan: SessionPlan) -> None:
    words = ["-m", "rehabsim.session.run"]
    _launch(job, "session", words, msgspec.json.encode(plan), signal.SIGTERM)


def _next_plan(job: Job, plan: SessionPlan) -> SessionPlan:
    """Return the plan of a session that follows, with what its files ask for now.

    Raises:
        RehabsimError: They are wrong, or ask for what only the keeper or the laboratory could do.
    """
    assert job.reread is not None
    session = job.reread()
    now, then = (tightened(job.site, each, where=job.where) for each in (session, job.session))
    changed = [name for name in HELD if getattr(session, name) != getattr(job.session, name)]
    if now != then or changed:
        what = ", ".join(changed) or "limits"
        raise ConfigError(
            f"{job.where}: {what} changed, which a keeper or a laboratory that runs does not take;"
            " end this session and start another."
        )
    return msgspec.structs.replace(plan, session=plain(session))


def _follow(job: Job, plan: SessionPlan) -> None:
    """Start a session in the place of one that has ended."""
    before = job.log_path
    while job.log_path and Path(job.log_path).exists():
        job.session_count += 1
        job.log_path = str(job.first_log.with_stem(f"{job.first_log.stem}-{job.session_count}"))
    job.children.pop("session").end(REST_S)
    logs = f"; the log so far is {before}, the next {job.log_path}" if before else ""
    job.say(f"Loaded anew{logs}.")
    _start_session(job, msgspec.structs.replace(plan, log_path=job.log_path))


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


def _watch(
    job: Job, plan: SessionPlan, reload: Reload | None, is_ending: threading.Event
) -> Summary:
    """Wait for the session to end, and for those that follow it; notice who else does."""
    told = set[str]()
    while True:
        session = job.children["session"]
        if is_ending.is_set() and session.is_running and "end" not in told:
            told.add("end")
            job.say("Ending: the belts ramp to rest …")
            session.process.terminate()
        for name in ("keeper", "gateway", "laboratory"):
            child = job.children.get(name)
            if child is not None and not child.is_running and name not in told:
                told.add(name)
                job.say(_obituary(child))
        if reload is not None and not told & {"end", "keeper"}:
            reload.step(session)
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
        if "may_end" in words and reload is not None:
            reload.hear(words["may_end"])
        if "summary" in words:
            summary = msgspec.convert(words["summary"], Summary)
            left_s = None if plan.duration_s is None else plan.duration_s - summary.duration_s
            is_over = is_ending.is_set() or (left_s is not None and left_s < 1)
            if reload is None or reload.next is None or is_over:
                return summary
            plan = msgspec.structs.replace(reload.next, duration_s=left_s)
            reload.begin()
            _follow(job, plan)


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
