"""The processes of a live session, started one by one so that each can be killed.

`House` keeps a laboratory and a keeper; sessions, gateways and consoles come and go. Belt
speeds are the simulator's own, or the own treadmill's, read from their ground truth, on the session
clock.
"""

import contextlib
import os
import signal
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import msgspec
import numpy as np
from firmware.boards import program
from slowing import FIRMWARE, LABORATORY

from rehabsim.base.config import load_toml
from rehabsim.base.site import Session, Site
from rehabsim.devices.laboratory import LaboratoryPlan
from rehabsim.safety.keeper import KeeperPlan
from rehabsim.session.run import SessionPlan
from rehabsim.session.setup import SIMULATED_SITE, plain
from rehabsim.session.stand_in import plate_origins
from rehabsim.session.supervise import LOOPBACK, Child

CRUISE_MPS = 0.5
TRUTH_AGE_S = 0.1
"""Whoever has belts hands their truth to the file more often than this."""

TRUTH_BYTES_PER_S = 100_000
"""More than any of them writes."""

TRUTH_COLUMNS = {
    "t_ns": 1e-9,
    "left_belt_mps": 1.0,
    "right_belt_mps": 1.0,
    "late_ms": 1e-3,
    "left_belt_umps": 1e-6,
    "right_belt_umps": 1e-6,
    "late_us": 1e-6,
}
"""What is read of a truth file, and its unit in s or m/s."""

QUIET_S = 0.4
"""Belts that rested for so long have come to rest."""

CLIENTS = str(Path(__file__).with_name("clients.py"))
CABLE = str(Path(__file__).parent / "faults" / "cable.py")
KEEPER = ("-m", "rehabsim.safety.keeper")
SESSION = ("-m", "rehabsim.session.run")


def free_port() -> int:
    """Return a TCP port of loopback that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class House:
    """A laboratory and a keeper, both as processes.

    Args:
        folder: For sockets, logs and the truth.
        has_own_treadmill: The belts are our firmware's, a program on a pseudo-terminal, and not
            the laboratory's; the person stands on those while these run.
        room: Instead of the simulated site; everything in it is simulated.
    """

    def __init__(
        self, folder: Path, *, has_own_treadmill: bool = False, room: Site | None = None
    ) -> None:
        self.folder = folder
        self.has_own_treadmill = has_own_treadmill
        self.epoch_ns = time.monotonic_ns()
        site = load_toml(SIMULATED_SITE, Site) if room is None else room
        limits = site.limits.model_copy(update={"max_start_accel_mps2": 0.5})
        self.state_url = f"tcp://127.0.0.1:{free_port()}"
        self.request_url = f"tcp://127.0.0.1:{free_port()}"
        publish = site.publish.model_copy(
            update={"state_url": self.state_url, "request_url": self.request_url}
        )
        self.site = site.model_copy(update={"limits": limits, "publish": publish})
        self.drive = FIRMWARE if has_own_treadmill else LABORATORY
        self.truth_path = folder / ("firmware.csv" if has_own_treadmill else "truth.csv")
        self.children: list[Child] = []
        self._programs = contextlib.ExitStack()
        self.platform: dict[str, object] | None = None
        self._count = 0

    def __enter__(self) -> "House":
        plates = self.site.plates.model_dump()
        plan = LaboratoryPlan(
            treadmill_url=LOOPBACK,
            plates_url=LOOPBACK,
            harness_url=LOOPBACK,
            platform_url="" if self.site.platform is None else "udp://127.0.0.1:0",
            epoch_ns=self.epoch_ns,
            truth_path=str(self.folder / "truth.csv"),
            **plate_origins(plates),
        )
        words = ["-m", "rehabsim", "simulate", "--plan-on-stdin"]
        self.laboratory = self.start("laboratory", words, msgspec.json.encode(plan))
        urls = self.laboratory.wait_ready()
        self.treadmill = self.site.treadmill.model_dump() | {"url": urls["treadmill_url"]}
        self.plates = plates | {"url": urls["plates_url"]}
        assert self.site.harness is not None
        self.harness = self.site.harness.model_dump() | {"url": urls["harness_url"]}
        if self.site.platform is not None:
            self.platform = self.site.platform.model_dump() | {"url": urls["platform_url"]}
        if self.has_own_treadmill:
            hands = self._programs.enter_context(program(self.truth_path))
            be_above_all(hands.pid)
            own = {"kind": "rs_treadmill", "url": hands.url, "max_speed_mps": 2.5}
            self.treadmill = own
        self.start_keeper()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        for child in reversed(self.children):
            child.end(5.0)
        self._programs.close()

    def start(self, name: str, words: list[str], plan: bytes) -> Child:
        """Return a new process, which ends with this house at the latest."""
        child = Child(name, words, plan, ends_with_us=signal.SIGKILL)
        self.children.append(child)
        return child

    def start_keeper(self, *, url: str = "", words: Sequence[str] = KEEPER) -> Child:
        """Return a keeper of the belts, as `keeper`; one before it must have ended.

        Args:
            url: Where it finds them; or where they are.
            words: Start its process.
        """
        self._count += 1
        self.keeper_url = f"unix:{self.folder / f'keeper-{self._count}'}"
        plan = KeeperPlan(
            treadmill=self.treadmill | ({"url": url} if url else {}),
            limits=self.site.limits.model_dump(),
            room=self.site.limits.model_dump(),
            url=self.keeper_url,
            epoch_ns=self.epoch_ns,
            where="house",
            platform=self.platform,
            platform_limits=self.site.platform_limits and self.site.platform_limits.model_dump(),
        )
        self.keeper = self.start("keeper", list(words), msgspec.json.encode(plan))
        self.keeper.wait_ready()
        return self.keeper

    def start_cable(self, url: str, how: str) -> tuple[Child, str]:
        """Return a cable to `url` that SIGUSR1 spoils as `how` says, and where its end is."""
        child = self.start("cable", [CABLE, url, how], b"")
        return child, child.wait_ready()

    @property
    def next_log_path(self) -> Path:
        """Where the next session will log, unless it is given another folder."""
        return self.folder / f"session-{self._count + 1}.mcap"

    def start_session(
        self,
        *,
        scenario: str = "boat",
        has_operator: bool = False,
        subject: str = "anonymous",
        words: Sequence[str] = SESSION,
        plates_url: str = "",
        log_folder: Path | None = None,
        params: dict[str, object] | None = None,
    ) -> Child:
        """Return a session that has just said that it is ready; its log is `session.log_path`.

        `words` start its process, `plates_url` is where it finds the plates, `params` are of its
        scenario instead of those for a calm lake.
        """
        log_path = (log_folder or self.folder) / self.next_log_path.name
        self._count += 1
        session = Session(
            scenario=scenario,
            subject=subject,
            cruise_speed_mps=CRUISE_MPS,
            params=params or {"wave_height_m": 0.0, "turn_split_mps": 0.0},
        )
        plan = SessionPlan(
            site=plain(self.site),
            session=plain(session),
            treadmill=self.treadmill,
            plates=self.plates | ({"url": plates_url} if plates_url else {}),
            harness=self.harness,
            platform=self.platform,
            keeper_url=self.keeper_url,
            epoch_ns=self.epoch_ns,
            log_path=str(log_path),
            has_operator=has_operator,
            where="house",
        )
        child = self.start("session", list(words), msgspec.json.encode(plan))
        child.wait_ready()
        child.log_path = log_path  # type: ignore[attr-defined]
        return child

    def start_gateway(self) -> tuple[Child, str]:
        """Return a gateway and the address of its pages."""
        words = ["-m", "rehabsim.web.gateway", "--port", "0"]
        words += ["--state-url", self.state_url, "--request-url", self.request_url]
        if self.site.publish.keys:
            words += ["--key", f"{self.site.publish.keys}/gateway.key"]
        child = self.start("gateway", [*words, "--keeper-url", self.keeper_url], b"")
        return child, child.wait_ready()

    def start_console(self) -> Child:
        """Return a client process that takes command and walks until it is killed."""
        words = [CLIENTS, "console", self.state_url, self.request_url]
        child = self.start("console", words, b"")
        child.wait_ready()
        return child

    def start_page(self, address: str) -> Child:
        """Return the same as a browser's page would, through the gateway at `address`."""
        child = self.start("page", [CLIENTS, "page", address], b"")
        child.wait_ready()
        return child

    def now_s(self) -> float:
        """Return the time on the session clock."""
        return (time.monotonic_ns() - self.epoch_ns) / 1e9

    def belts(self, since_s: float) -> np.ndarray:
        """Return (n, 4) from `since_s` on: time, true belt speeds, lateness of who wrote them.

        Seconds on the session clock, and m/s.
        """
        with self.truth_path.open("rb") as file:
            names = file.readline().decode().strip().split(",")
            tail_bytes = round((self.now_s() - since_s + 1.0) * TRUTH_BYTES_PER_S)
            start = self.truth_path.stat().st_size - tail_bytes
            if start > file.tell():
                file.seek(start)
                file.readline()
            lines = file.read().splitlines()[:-1]
        if not lines:
            return np.empty((0, 4))
        columns = [names.index(name) for name in names if name in TRUTH_COLUMNS]
        found = np.loadtxt(lines, delimiter=",", usecols=columns, ndmin=2)
        found *= [TRUTH_COLUMNS[names[column]] for column in columns]
        if self.has_own_treadmill:  # Its clock is the host's.
            found[:, 0] -= self.epoch_ns / 1e9
        return found[found[:, 0] >= since_s]

    def speed_mps(self) -> float:
        """Return the faster belt's true speed now."""
        return float(np.abs(self.belts(self.now_s() - 2 * TRUTH_AGE_S)[-1, 1:3]).max())

    def wait_for_speed(self, least_mps: float, within_s: float = 20.0) -> None:
        """Wait until the belts run at `least_mps` or faster."""
        deadline_s = self.now_s() + within_s
        while not (len(self.belts(0)) and self.speed_mps() >= least_mps):
            if self.now_s() > deadline_s:
                raise AssertionError(f"belts did not reach {least_mps} m/s in {within_s} s")
            time.sleep(0.05)

    def wait_for_rest(self, event_s: float, within_s: float) -> None:
        """Wait until the belts have come to rest after `event_s`, at most `within_s`."""
        while self.now_s() < event_s + within_s:
            time.sleep(0.1)
            newest = self.belts(self.now_s() - QUIET_S)
            if self.now_s() > event_s + QUIET_S and newest[:, 1:3].max() <= self.drive.rest_mps:
                break
        time.sleep(TRUTH_AGE_S)


def be_above_all(pid: int) -> None:
    """Let a process stand for another machine, which is never too busy, where that is permitted."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(60))
