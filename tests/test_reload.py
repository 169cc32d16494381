"""A scenario that is edited while its session runs: loaded at rest, never before, never broken."""

import signal
import subprocess
import sys
import threading
import time

import pytest
from clients import Console
from house import free_port

from rehabsim.session.code import kept_at
from rehabsim.session.log import LogReader
from rehabsim.session.log_repair import verify
from rehabsim.session.replay import replay
from rehabsim.session.setup import SIMULATED_SITE

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(600)]

CODE = """
from rehabsim.base.config import Strict
from rehabsim.base.records import Record, Wish
from rehabsim.training.scenario import Step


class Own:
    name = "own"

    class Params(Strict):
        number: int = 0

    class Scene(Record, frozen=True):
        number: int
        version: int

    def __init__(self, params, seed):
        self.params = params

    def step(self, state):
        speed_mps = state.cruise_speed_mps
        return Step(Wish(speed_mps, speed_mps), self.Scene(self.params.number, 1))
"""
SECOND = CODE.replace("self.params.number, 1)", "self.params.number, 2)")
BROKEN = CODE.replace("return Step(", "return Stap(")
START_S = 120.0
"""A busy computer takes its time to start the processes of a session, or to try a file."""

LOOK_S = 3.5
"""Longer than it takes to notice a change, twice."""


class Running:
    """`rehabsim run own.py`, what it says, and a client of its session."""

    def __init__(self, folder, *more):
        self.file, self.log = folder / "own.py", folder / "own.mcap"
        self.file.write_text(CODE)
        site, text = folder / "site.toml", SIMULATED_SITE.read_text()
        ports = {port: str(free_port()) for port in ("5601", "5602", "8600")}
        for port, other in ports.items():
            text = text.replace(port, other)
        site.write_text(text)
        words = ["run", str(self.file), "--site", str(site), "--log", str(self.log), "--no-web"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rehabsim", *words, *more],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()
        urls = (f"tcp://127.0.0.1:{ports[port]}" for port in ("5601", "5602"))
        self.console = Console(*urls)

    def _listen(self):
        with self._process.stdout as lines:
            for line in lines:
                self.said += line

    def wait_for(self, is_so, within_s=START_S):
        deadline_s = time.monotonic() + within_s
        while not is_so():
            assert time.monotonic() < deadline_s, f"did not come: {self.said}"
            assert self._process.poll() is None, self.said
            time.sleep(0.05)

    def __enter__(self):
        self.first = self.state()
        return self

    def __exit__(self, *_):
        self.end()

    def state(self):
        """Return the newest state, which may be long in coming from a session that begins."""
        return self.console.state(within_s=START_S)

    def mode(self):
        return self.state().mode

    def wait_for_scene(self, **scene):
        self.wait_for(lambda: self.state().scene == scene)

    def walk(self):
        """Unlock, arm as soon as the person is known, start."""
        self.wait_for(lambda: self.mode() == "idle" or not self.console.ask("reset"))
        for name in ("arm", "start"):
            self.wait_for(lambda name=name: self.is_applied(name))

    def is_applied(self, name):
        ack = self.console.ask(name)
        self.said += f"{name}: {ack['status']} {ack['reason']}\n"
        return ack["status"] == "applied"

    def end(self):
        """End the session as Ctrl-C does; return the exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(60)
        finally:
            self._process.kill()
            self._process.wait()
            self._ear.join(5.0)
            self.console.close()
        return self._process.returncode


@pytest.fixture
def running(tmp_path):
    with Running(tmp_path) as running:
        yield running


def test_an_edited_scenario_is_loaded_at_rest_and_each_log_stays_whole(running, tmp_path):
    first = running.first
    running.walk()
    running.wait_for(lambda: running.console.ask("alive") and running.mode() == "running")
    running.file.write_text(SECOND)
    asked_s = time.monotonic()
    while time.monotonic() < asked_s + LOOK_S:
        running.console.ask("alive")
        state = running.state()
        assert state.boot_id == first.boot_id
        if state.mode != "running":  # A busy computer was late, and the keeper stops.
            break
        time.sleep(0.2)
    running.wait_for(lambda: "own.py changed: it is loaded once the belts rest" in running.said)
    running.console.ask("pause")
    running.wait_for_scene(number=0, version=2)
    second = running.state()
    assert second.boot_id != first.boot_id
    assert second.mode in ("locked", "idle")
    running.walk()  # The same keeper and laboratory go on.
    running.wait_for(
        lambda: running.console.ask("alive") and running.state().belt.left_speed_mps > 0.1
    )
    running.console.ask("pause")
    running.wait_for(lambda: running.mode() in ("locked", "idle"))
    running.file.write_text(BROKEN)
    running.wait_for(lambda: "Not loaded" in running.said)
    assert "line 22 (return Stap(" in running.said.partition("Not loaded")[2]
    assert running.state().boot_id == second.boot_id
    assert running.end() == 0
    logs = [running.log, tmp_path / "own-2.mcap"]
    for log, code in zip(logs, (CODE, SECOND), strict=True):
        assert not verify(log)
        assert kept_at(log).read_text() == code
        assert replay(log).difference is None
        assert (LogReader(log).table("ticks")["belt_left_speed_mps"] > 0.05).any()


def test_a_session_file_beside_it_is_watched_too_but_not_for_whom_the_keeper_guards(running):
    first = running.first
    table = running.file.with_suffix(".toml")
    table.write_text('scenario = "own.py"\n[limits]\nmax_speed_mps = 1.0\n')
    running.wait_for(lambda: "Not loaded" in running.said)
    assert "limits changed" in running.said
    assert running.state().boot_id == first.boot_id
    table.write_text('scenario = "own.py"\n[params]\nnumber = 7\n')
    running.wait_for_scene(number=7, version=1)


def test_without_reload_a_session_keeps_the_code_it_began_with(tmp_path):
    with Running(tmp_path, "--no-reload") as running:
        running.file.write_text(SECOND)
        time.sleep(LOOK_S)
        assert running.state().boot_id == running.first.boot_id
    assert replay(running.log).difference is None
    kept_at(running.log).unlink()
    difference = replay(running.log).difference
    assert difference is not None
    assert "scene.version was 1, is 2" in difference.what
    assert "is not the code that ran" in difference.what
