"""The processes of a live session, started one by one so that each can be killed.

`House` keeps a laboratory and a keeper; sessions, gateways and consoles come and go. Belt
speeds are the simulator's own, read from its ground truth, on the session clock.
"""

import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import msgspec
import numpy as np
import zmq
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from rehabsim.base.config import load_toml
from rehabsim.base.site import Session, Site
from rehabsim.devices.laboratory import LaboratoryPlan
from rehabsim.safety.keeper import KeeperPlan
from rehabsim.session.messages import StateMessage, split_frame
from rehabsim.session.run import SessionPlan, plate_origins
from rehabsim.session.setup import SIMULATED_SITE, plain
from rehabsim.session.supervise import LOOPBACK, Child

REST_MPS = 0.02
CRUISE_MPS = 0.5
TRUTH_AGE_S = 0.1
"""The laboratory hands its truth to the file more often than this."""


def free_port() -> int:
    """Return a TCP port of loopback that nobody uses now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class House:
    """A laboratory and a keeper, both as processes.

    Args:
        folder: For sockets, logs and the truth.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.epoch_ns = time.monotonic_ns()
        site = load_toml(SIMULATED_SITE, Site)
        limits = site.limits.model_copy(update={"max_start_accel_mps2": 0.5})
        self.state_url = f"tcp://127.0.0.1:{free_port()}"
        self.request_url = f"tcp://127.0.0.1:{free_port()}"
        publish = site.publish.model_copy(
            update={"state_url": self.state_url, "request_url": self.request_url}
        )
        self.site = site.model_copy(update={"limits": limits, "publish": publish})
        self.truth_path = folder / "truth.csv"
        self.keeper_url = f"unix:{folder / 'keeper'}"
        self._open: list[Child] = []
        self._count = 0

    def __enter__(self) -> "House":
        plates = self.site.plates.model_dump()
        plan = LaboratoryPlan(
            treadmill_url=LOOPBACK,
            plates_url=LOOPBACK,
            harness_url=LOOPBACK,
            epoch_ns=self.epoch_ns,
            truth_path=str(self.truth_path),
            **plate_origins(plates),
        )
        words = ["-m", "rehabsim", "simulate", "--plan-on-stdin"]
        self.laboratory = self.start("laboratory", words, msgspec.json.encode(plan))
        urls = self.laboratory.wait_ready()
        self.treadmill = self.site.treadmill.model_dump() | {"url": urls["treadmill_url"]}
        self.plates = plates | {"url": urls["plates_url"]}
        assert self.site.harness is not None
        self.harness = self.site.harness.model_dump() | {"url": urls["harness_url"]}
        keeper = KeeperPlan(
            treadmill=self.treadmill,
            limits=self.site.limits.model_dump(),
            room=self.site.limits.model_dump(),
            url=self.keeper_url,
            epoch_ns=self.epoch_ns,
            where="house",
        )
        words = ["-m", "rehabsim.safety.keeper"]
        self.keeper = self.start("keeper", words, msgspec.json.encode(keeper))
        self.keeper.wait_ready()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        for child in reversed(self._open):
            child.end(5.0)

    def start(self, name: str, words: list[str], plan: bytes) -> Child:
        """Return a new process, which ends with this house at the latest."""
        child = Child(name, words, plan, ends_with_us=signal.SIGKILL)
        self._open.append(child)
        return child

    def start_session(
        self,
        *,
        scenario: str = "boat",
        has_operator: bool = False,
        subject: str = "anonymous",
        words: Sequence[str] = ("-m", "rehabsim.session.run"),
    ) -> Child:
        """Return a session that has just said that it is ready; its log is `session.log_path`.

        `words` start its process.
        """
        self._count += 1
        log_path = self.folder / f"session-{self._count}.mcap"
        session = Session(
            scenario=scenario,
            subject=subject,
            cruise_speed_mps=CRUISE_MPS,
            params={"wave_height_m": 0.0},
        )
        plan = SessionPlan(
            site=plain(self.site),
            session=plain(session),
            treadmill=self.treadmill,
            plates=self.plates,
            harness=self.harness,
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
        words = [str(Path(__file__)), "console", self.state_url, self.request_url]
        child = self.start("console", words, b"")
        child.wait_ready()
        return child

    def start_page(self, address: str) -> Child:
        """Return the same as a browser's page would, through the gateway at `address`."""
        child = self.start("page", [str(Path(__file__)), "page", address], b"")
        child.wait_ready()
        return child

    def now_s(self) -> float:
        """Return the time on the session clock."""
        return (time.monotonic_ns() - self.epoch_ns) / 1e9

    def belts(self, since_s: float) -> np.ndarray:
        """Return (n, 3) session time and both true belt speeds from `since_s` on."""
        with self.truth_path.open("rb") as file:
            names = file.readline().decode().strip().split(",")
            file.seek(max(self.truth_path.stat().st_size - 2_000_000, len(",".join(names)) + 1))
            lines = file.read().decode().splitlines()[1:-1]
        columns = [names.index(n) for n in ("t_ns", "left_belt_mps", "right_belt_mps")]
        rows = [[float(line.split(",")[c]) for c in columns] for line in lines]
        found = np.array(rows).reshape(-1, 3)
        found[:, 0] /= 1e9
        return found[found[:, 0] >= since_s]

    def speed_mps(self) -> float:
        """Return the faster belt's true speed now."""
        return float(np.abs(self.belts(self.now_s() - 2 * TRUTH_AGE_S)[-1, 1:]).max())

    def wait_for_speed(self, least_mps: float, within_s: float = 15.0) -> None:
        """Wait until the belts run at `least_mps` or faster."""
        deadline_s = self.now_s() + within_s
        while not (len(self.belts(0)) and self.speed_mps() >= least_mps):
            if self.now_s() > deadline_s:
                raise AssertionError(f"belts did not reach {least_mps} m/s in {within_s} s")
            time.sleep(0.05)

    def rest_after(self, event_s: float, within_s: float) -> tuple[float, float]:
        """Return when the belts began to slow after `event_s`, and when they came to rest, s.

        Raises:
            AssertionError: They were not at rest after `within_s`, or moved again.
        """
        while self.now_s() < event_s + within_s + TRUTH_AGE_S:
            time.sleep(0.05)
        belts = self.belts(event_s)
        fastest = np.abs(belts[:, 1:]).max(axis=1)
        moving = np.flatnonzero(fastest > REST_MPS)
        assert len(moving), "the belts were at rest before"
        rest_s = belts[moving[-1], 0] - event_s
        assert rest_s < within_s, f"still at {fastest[-1]:.2f} m/s after {within_s} s"
        slower = np.flatnonzero(fastest < fastest[0] - 0.03)
        return float(belts[slower[0], 0] - event_s), float(rest_s)


def newest_state(socket: "zmq.Socket[bytes]", within_s: float = 5.0) -> StateMessage:
    """Return the newest state that has arrived, waiting for one if there is none."""
    assert socket.poll(round(1000 * within_s)), "no state"
    frame = b""
    with contextlib.suppress(zmq.Again):
        while True:
            frame = socket.recv(zmq.NOBLOCK)
    return msgspec.msgpack.decode(split_frame(frame)[1], type=StateMessage)


class Console:
    """A client that asks through the request socket, as any program may."""

    def __init__(self, state_url: str, request_url: str) -> None:
        self._context = zmq.Context()
        self._state = self._context.socket(zmq.SUB)
        self._state.setsockopt(zmq.CONFLATE, 1)
        self._state.setsockopt(zmq.SUBSCRIBE, b"state ")
        self._state.connect(state_url)
        self._ask = self._context.socket(zmq.DEALER)
        self._ask.connect(request_url)
        self._count = 0

    def ask(self, name: str, **fields: object) -> dict[str, object]:
        """Ask and return the acknowledgement."""
        self._count += 1
        proof = {} if name == "stop" else self._proof()
        request = {"id": f"{os.getpid()}-{self._count}", "name": name, **proof, **fields}
        self._ask.send(msgspec.json.encode(request))
        while self._ask.poll(5000):
            ack: dict[str, object] = msgspec.json.decode(self._ask.recv())
            if ack["id"] == request["id"]:
                return ack
        raise AssertionError(f"{name}: no answer")

    def _proof(self) -> dict[str, object]:
        seen = self.state()
        return {"boot_id": seen.boot_id, "t_s": seen.t_s}

    def state(self, within_s: float = 5.0) -> StateMessage:
        """Return the newest state."""
        return newest_state(self._state, within_s)

    def close(self) -> None:
        """Hang up."""
        self._context.destroy(0)


class Page:
    """The same through a gateway, as a browser's page does."""

    def __init__(self, address: str) -> None:
        url = address.replace("http", "ws", 1) + f"/ws?key={os.getpid()}&rate=20"
        self._socket = connect(url, origin=Origin(address)).__enter__()
        self._count = 0

    def ask(self, name: str, **fields: object) -> dict[str, object]:
        """Ask and return the acknowledgement."""
        self._count += 1
        proof = {} if name == "stop" else self._proof()
        request = {"id": f"p{self._count}", "name": name, **proof, **fields}
        self._socket.send(msgspec.json.encode(request).decode())
        while True:
            text = self._socket.recv(timeout=5)
            if isinstance(text, str):
                ack: dict[str, object] = msgspec.json.decode(text)
                if ack["k"] == "ack" and ack["id"] == request["id"]:
                    return ack

    def _proof(self) -> dict[str, object]:
        seen = self.state()
        return {"boot_id": seen.boot_id, "t_s": seen.t_s}

    def state(self) -> StateMessage:
        """Return the next state."""
        while isinstance(body := self._socket.recv(timeout=5), str):
            pass
        return msgspec.msgpack.decode(body, type=StateMessage)


def walk(client: Console | Page) -> None:
    """Unlock, arm and start."""
    deadline = time.monotonic() + 10
    while client.state().mode != "idle":
        assert time.monotonic() < deadline, "cannot unlock"
        client.ask("reset")
        time.sleep(0.1)
    for name in ("arm", "start"):
        ack = client.ask(name)
        assert ack["status"] == "applied", ack


def main() -> None:
    """Take command, walk, and stay alive until killed."""
    client = Console(*sys.argv[2:]) if sys.argv[1] == "console" else Page(sys.argv[2])
    walk(client)
    print('{"ready": true}', flush=True)
    with contextlib.suppress(ConnectionClosed):
        while True:
            client.ask("alive")
            time.sleep(0.25)


if __name__ == "__main__":
    main()
