"""The keeper as a process on the host's clock: whatever ends it, the belts rest first."""

import asyncio
import contextlib
import signal
import struct
import sys
import time

import msgspec
import pytest
from safety.bench import SOMEONE
from safety.keeping import LIMITS

from rehabsim.base.clock import run
from rehabsim.base.records import Wish
from rehabsim.devices.link import open_link
from rehabsim.safety.keeper import KeeperPlan
from rehabsim.safety.messages import Ask, WishMessage, decode_report, encode

pytestmark = pytest.mark.realtime
QUICK = {"max_start_accel_mps2": 2.0, "fast_mps2": 4.0, "ramp_mps2": 2.0}
REPORT_S = 0.008


class Panel:
    """A treadmill's panel for one client: obeys commands, reports its belts' speed."""

    def __init__(self):
        self.speed_mps = self.target_mps = 0.0
        self.accel_mps2 = 1.0
        self.is_deaf = False
        self.commands = []
        self._buffer = b""

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            while not writer.is_closing():
                with contextlib.suppress(TimeoutError):
                    data = await asyncio.wait_for(reader.read(4096), REPORT_S)
                    if not data:
                        break
                    self._obey(data)
                self._move(REPORT_S)
                mps = round(1000 * self.speed_mps)
                writer.write(struct.pack(">B4hh", 0, mps, mps, 0, 0, 0).ljust(32, b"\0"))
        writer.close()

    def _obey(self, data):
        self._buffer += data
        while len(self._buffer) >= 64:
            packet, self._buffer = self._buffer[:64], self._buffer[64:]
            _, right, _, _, _, accel, _, _, _, _ = struct.unpack_from(">B4h4HH", packet)
            self.commands.append(right / 1000)
            self.target_mps, self.accel_mps2 = right / 1000, accel / 1000

    def _move(self, dt_s):
        most = self.accel_mps2 * dt_s
        self.speed_mps += min(max(self.target_mps - self.speed_mps, -most), most)


def with_keeper(tmp_path, story):
    """Run `story(process, panel, link, ask)` beside a keeper process that hears wishes."""

    async def go(clock):
        panel = Panel()
        server = await asyncio.start_server(panel.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        url = f"unix:{tmp_path / 'keeper'}"
        process = await start_keeper(plan(f"tcp://127.0.0.1:{port}", url, clock.epoch_ns))
        assert "ready" in msgspec.json.decode(await process.stdout.readline())
        link = await open_link(url, clock, device="keeper")
        wishing = asyncio.create_task(wish_for_ever(link, clock))
        try:
            await story(process, panel, link)
        finally:
            wishing.cancel()
            await asyncio.gather(wishing, return_exceptions=True)
            if process.returncode is None:
                process.kill()
            await process.wait()
            await link.close()
            server.close()

    run(go)


def plan(treadmill_url, url, epoch_ns):
    treadmill = {"kind": "bertec_treadmill", "url": treadmill_url, "max_speed_mps": 2.5}
    limits = LIMITS.model_dump() | QUICK
    return msgspec.json.encode(
        KeeperPlan(
            treadmill=treadmill,
            limits=limits,
            room=limits,
            url=url,
            epoch_ns=epoch_ns,
            where="test",
        )
    )


async def start_keeper(plan_json):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "rehabsim.safety.keeper"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    process.stdin.write(plan_json)
    process.stdin.close()
    return process


async def wish_for_ever(link, clock):
    while True:
        t_ns = clock.now_ns()
        with contextlib.suppress(Exception):
            link.write(encode(WishMessage(t_ns, Wish(1.0, 1.0), t_ns, t_ns, person=SOMEONE)))
        await asyncio.sleep(0.004)


async def walk(panel, link):
    await asyncio.sleep(0.1)
    for name in ("reset", "arm", "start"):
        link.write(encode(Ask(name, name, "test")))
        await asyncio.sleep(0.05)
    deadline_s = time.monotonic() + 5
    while panel.speed_mps < 0.6:
        assert time.monotonic() < deadline_s, "the belts do not move"
        await asyncio.sleep(0.01)


def test_sigterm_brings_the_belts_to_rest_before_the_keeper_ends(tmp_path):
    async def story(process, panel, link):
        await walk(panel, link)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.03)
        assert process.returncode is None
        assert await asyncio.wait_for(process.wait(), 5) == 0
        assert panel.commands[-1] == 0.0
        assert panel.speed_mps <= 0.03

    with_keeper(tmp_path, story)


def test_sigterm_at_rest_ends_the_keeper_at_once(tmp_path):
    async def story(process, panel, link):
        await asyncio.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 2) == 0

    with_keeper(tmp_path, story)


def test_a_keeper_that_hangs_and_wakes_stops_the_belts(tmp_path):
    async def story(process, panel, link):
        await walk(panel, link)
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.5)
        heard_ns = decode_report(link.take()[-1][1]).inputs.t_ns
        assert panel.speed_mps > 0.5, "this treadmill keeps its speed when its client hangs"
        process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.6)
        reports = [decode_report(data) for _, data in link.take()]
        # It may have been caught between a decision and its report.
        woken = [report for report in reports if report.inputs.t_ns > heard_ns + 4e8]
        assert len(reports) - len(woken) <= 1
        states = [report.decision.state for report in woken]
        assert {state.mode for state in states} <= {"stopping", "locked"}
        assert "the keeper decided nothing for" in states[-1].cause
        assert panel.speed_mps == 0.0

    with_keeper(tmp_path, story)


def test_a_keeper_without_a_treadmill_says_so_in_one_sentence_and_fails(tmp_path, free_ports):
    async def go(clock):
        (port,) = free_ports(1)
        url = f"unix:{tmp_path / 'keeper'}"
        process = await start_keeper(plan(f"tcp://127.0.0.1:{port}", url, clock.epoch_ns))
        words = msgspec.json.decode(await process.stdout.readline())
        assert "cannot connect" in words["failed"]
        assert not words["is_usage"]
        assert await process.wait() == 1

    run(go)
    assert not (tmp_path / "keeper").exists()
