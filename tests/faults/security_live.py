"""One whole session with keys and a gateway: flooded, stopped, and searched for what it betrays."""

import contextlib
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import zmq
from clients import Page
from faults.figures import Row
from house import House

from rehabsim.research.report import write_report
from rehabsim.safety.keeper import PERIOD_NS, PHASE_NS
from rehabsim.safety.messages import decode_report
from rehabsim.session import keys
from rehabsim.session.identity import KeyFile
from rehabsim.session.log import LogReader

CANARIES = ("Zebedäus Quirin-Vogelsang", "Quirin", "Vogelsang", "1931-02-29", "29.02.1931")
PASSPHRASE = "canary in a coal mine"
NOTES = ("born 1931-02-29", "29.2.1931", "29 Feb 1931", "q@vogelsang.example", "0151 2345678")
LATE_S = 0.004
STOP_S = 1.0


def rows(folder: Path, for_s: float) -> Iterator[Row]:
    """Yield what a flood does to the ticks, and what the session's artefacts betray.

    Args:
        folder: Empty.
        for_s: How long it is quiet, and how long it is flooded.
    """
    room = folder / "keys"
    keys.create(room)
    people = KeyFile(folder / "subjects", PASSPHRASE)
    person = people.create(CANARIES[0], CANARIES[3], f"{CANARIES[4]}, {CANARIES[1]}")
    (folder / "house").mkdir()
    with House(folder / "house") as house:
        publish = house.site.publish.model_copy(update={"keys": str(room)})
        house.site = house.site.model_copy(update={"publish": publish})
        session = house.start_session(subject=person.subject)
        gateway, address = house.start_gateway()
        frames = _Frames(house.state_url, keys.load_client_key(room / "gateway.key"))
        page = Page(address)
        refused = sum(page.ask("marker", text=note)["status"] == "rejected" for note in NOTES)
        windows = [house.now_s()]
        calm = _press_stop(page, lambda: house.now_s() > windows[0] + for_s)
        windows.append(house.now_s())
        done, pressed = _flood(address, for_s, page)
        windows.append(house.now_s())
        commands = _command_lines([session, gateway, house.keeper, house.laboratory])
        heard = frames.close()
        session.end(10.0)
        log_path = session.log_path  # type: ignore[attr-defined]
        page._socket.close()
    write_report(log_path, folder / "report")
    yield from _ticks(LogReader(log_path), windows, done)
    yield Row(
        "DoS: STOP of a page during the flood, until it is answered",
        len(pressed),
        sum(took_s > STOP_S for took_s in pressed),
        [1000 * took_s for took_s in pressed],
        "ms",
        f"{STOP_S:g} s",
        f"in quiet p50 {1000 * np.median(calm):.3g} ms, max {1000 * max(calm):.3g} ms",
    )
    yield _betrayal(folder, log_path, heard, commands, refused)
    yield _secrets(room, [log_path.read_bytes(), heard, *commands, *_files(folder / "report")])


def _flood(address: str, for_s: float, page: Page) -> tuple[dict[str, int], list[float]]:
    """Return what the flood did, and how long each STOP took meanwhile."""
    host, _, port = address.removeprefix("http://").partition(":")
    words = [sys.executable, str(Path(__file__).parent / "flood.py"), host, port, str(for_s)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        pressed = _press_stop(page, lambda: process.poll() is not None)
        assert process.stdout is not None
        found: dict[str, int] = json.loads(process.stdout.read().splitlines()[-1])
    return found, pressed


def _press_stop(page: Page, is_over: Callable[[], bool]) -> list[float]:
    """Press STOP four times a second; return how long each took, infinite if refused."""
    found = []
    while not is_over():
        since_s = time.monotonic()
        ack = page.ask("stop")
        took_s = time.monotonic() - since_s
        found.append(took_s if ack["status"] == "applied" else np.inf)
        time.sleep(max(0.25 - took_s, 0.0))
    return found


class _Frames:
    """Everything that a session publishes, topics and all."""

    def __init__(self, url: str, key: keys.ClientKey) -> None:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.SUB)
        keys.use_key(self._socket, key)
        self._socket.setsockopt(zmq.RCVHWM, 0)
        self._socket.setsockopt(zmq.SUBSCRIBE, b"")
        self._socket.connect(url)

    def close(self) -> bytes:
        """Return all that was heard."""
        heard = []
        with contextlib.suppress(zmq.Again):
            while True:
                heard.append(self._socket.recv(zmq.NOBLOCK))
        self._context.destroy(0)
        assert any(frame.startswith(b"session ") for frame in heard)
        return b"\n".join(heard)


def _command_lines(children: list) -> list[bytes]:
    found = []
    for child in children:
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                found.append(Path(f"/proc/{child.process.pid}/{name}").read_bytes())
    return found


def _ticks(log: LogReader, windows: list[float], done: dict[str, int]) -> Iterator[Row]:
    ticks = log.table("ticks")
    reports = [decode_report(data) for _, data in log.texts("keeper")]
    keeper_ns = np.array([report.inputs.t_ns for report in reports])
    keeper_late_s = ((keeper_ns - PHASE_NS) % PERIOD_NS) / 1e9
    keeper_missed = np.array([report.missed_count for report in reports])
    did = ", ".join(f"{count:,} {what}" for what, count in done.items())
    for who, t_s, late_s, missed in (
        ("session", ticks["t_ns"] / 1e9, ticks["lateness_s"], ticks["missed_count"]),
        ("keeper", keeper_ns / 1e9, keeper_late_s, keeper_missed),
    ):
        quiet, flood = ((t_s >= a) & (t_s < b) for a, b in itertools.pairwise(windows))
        before, during = (np.percentile(late_s[part], 99.9) for part in (quiet, flood))
        bad = int((late_s[flood] > LATE_S).sum() + missed[flood].sum())
        usual = int((late_s[quiet] > LATE_S).sum() + missed[quiet].sum())
        yield Row(
            f"DoS: ticks of the {who} during a flood of the gateway",
            int(flood.sum()),
            max(bad - usual, 0),
            list(1000 * late_s[flood]),
            "ms late",
            "as punctual as in quiet",
            f"p99.9 {1000 * during:.2f} ms, in quiet {1000 * before:.2f} ms; {did}",
        )


def _files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]


def _betrayal(
    folder: Path, log_path: Path, heard: bytes, commands: list[bytes], refused: int
) -> Row:
    """Search everything but the key file itself for the person's name and date of birth."""
    log = LogReader(log_path)
    places = [heard, *commands, *_files(folder), str(log.header).encode()]
    for channel in log.channels():
        places += [bytes(data) for _, data in log.texts(channel)]
    words = [word.encode() for word in CANARIES]
    hits = sum(place.count(word) for place in places for word in words)
    note = (
        f"log, report, published frames, command lines: {sum(map(len, places)):,} bytes;"
        f" {refused} of {len(NOTES)} markers with a date, number or address refused; a bare name"
        " in a marker cannot be recognised"
    )
    hits += len(NOTES) - refused
    return Row("PHI: planted names and dates of birth", len(places), hits, bar="0 hits", note=note)


def _secrets(room: Path, places: list[bytes]) -> Row:
    paths = sorted(room.glob("*.key"))
    secrets = [keys.load_secret(path, _kind(path)).secret.encode() for path in paths]
    secrets.append(PASSPHRASE.encode())
    hits = sum(place.count(secret) for place in places for secret in secrets)
    hits += sum(bool(path.stat().st_mode & 0o077) for path in [room, *room.iterdir()])
    note = "log, frames, report, command lines and environments; files 0600, folder 0700; no PIN"
    return Row("secrets: planted keys", len(places) * len(secrets), hits, bar="0 hits", note=note)


def _kind(path: Path) -> type:
    return keys.SessionKey if path.name == "session.key" else keys.ClientKey
