"""The wearables on their wires: a real broker, real streams, lines."""

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import time

import aiomqtt
import pytest

from rehabsim.base.clock import run
from rehabsim.base.errors import ConfigError, LinkError
from rehabsim.devices.laboratory import Fault, LaboratoryPlan
from rehabsim.devices.link import open_link
from rehabsim_sim.sensors import SENSORS
from rehabsim_sim.serve import Laboratory

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture
def broker(tmp_path):
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    port = free_port()
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    with subprocess.Popen(
        [MOSQUITTO, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
                break
            time.sleep(0.05)
        yield port
        process.terminate()


@contextlib.asynccontextmanager
async def running(clock, **fields):
    plan = LaboratoryPlan(
        treadmill_url="tcp://127.0.0.1:0", plates_url="tcp://127.0.0.1:0", name="room", **fields
    )
    laboratory = Laboratory(plan, clock)
    await laboratory.open()
    task = asyncio.create_task(laboratory.run())
    try:
        yield laboratory
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await laboratory.close()


@pytest.mark.realtime
def test_wearables_publish_to_a_real_broker_and_nothing_but_the_status_is_retained(broker):
    async def main(clock):
        url = f"mqtt://127.0.0.1:{broker}"
        seen = []
        async with aiomqtt.Client("127.0.0.1", broker) as client:
            await client.subscribe("rehabsim/room/#")
            async with running(clock, sensors_urls=(url,)):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(3):
                        async for message in client.messages:
                            seen.append((str(message.topic), message.payload, message.retain))
        async with aiomqtt.Client("127.0.0.1", broker) as late:
            await late.subscribe("rehabsim/#")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    async for message in late.messages:
                        seen.append((str(message.topic), message.payload, message.retain))
        return seen

    seen = run(main)
    topics = [topic for topic, *_ in seen]
    for name in ("imu_lumbar", "imu_thorax", "heart_rate", "harness"):
        assert f"rehabsim/room/{name}" in topics
    imu = [json.loads(p) for topic, p, _ in seen if topic.endswith("imu_lumbar")]
    assert [one["seq"] for one in imu] == list(range(imu[0]["seq"], imu[0]["seq"] + len(imu)))
    assert 200 < len(imu) < 310
    assert imu[0]["channels"] == list(SENSORS["imu_lumbar"].channels)
    assert {topic for topic, _, retained in seen if retained} == {"rehabsim/room/status"}


@pytest.mark.realtime
def test_a_broker_that_is_not_there_slows_nothing():
    async def main(clock):
        url = f"mqtt://127.0.0.1:{free_port()}"
        async with running(clock, sensors_urls=(url,)) as laboratory:
            await asyncio.sleep(1.5)
            lived_ms = laboratory.world.person.mind[0].posture_s * 1000
            return lived_ms, laboratory._telemetry.outlets[0]._waiting.qsize()

    lived_ms, waiting = run(main)
    assert lived_ms > 1300
    assert 200 < waiting <= 512


@pytest.mark.realtime
def test_wearables_stream_to_the_lab_streaming_layer():
    pylsl = pytest.importorskip("pylsl", reason="pylsl is not installed")

    async def main(clock):
        async with running(clock, sensors_urls=("lsl:",)):
            found = await asyncio.to_thread(
                pylsl.resolve_byprop, "name", "rehabsim_imu_lumbar", 1, 4.0
            )
            if not found:
                pytest.skip("this machine lets no LSL stream be found")
            inlet = pylsl.StreamInlet(found[0])
            samples = []
            for _ in range(60):
                sample, _ = await asyncio.to_thread(inlet.pull_sample, 1.0)
                samples.append(sample)
            inlet.close_stream()
            return samples, found[0].channel_count(), found[0].nominal_srate()

    samples, channels, rate_hz = run(main)
    assert (channels, rate_hz) == (6, 100.0)
    assert all(abs(sample[2] - 9.81) < 2 for sample in samples)


def lines(**fields):
    """Return the JSON lines of 4 s of virtual time, None where a line is spoilt."""

    async def main(clock):
        plan = LaboratoryPlan(
            treadmill_url="memory:b",
            plates_url="memory:p",
            sensors_urls=("memory:s",),
            **fields,
        )
        laboratory = Laboratory(plan, clock)
        await laboratory.open()
        link = await open_link("memory:s", clock, device="sensors")
        task = asyncio.create_task(laboratory.run())
        await asyncio.sleep(4)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        text = b"".join(piece for _, piece in link.take())
        await link.close()
        await laboratory.close()
        return text.splitlines()

    found = []
    for line in run(main, virtual=True):
        try:
            found.append(json.loads(line))
        except ValueError:
            found.append(None)
    return found


def test_the_same_seed_sends_the_same_lines_in_virtual_time():
    assert lines(seed=2) == lines(seed=2) != lines(seed=3)


def test_a_wearable_can_be_stuck_silent_or_spoilt():
    stuck = Fault(device="imu", kind="stuck", at_s=1.0)
    found = [one["values"] for one in lines(faults=(stuck,)) if one["sensor"] == "imu_lumbar"]
    assert found[-1] == found[-50] != found[10]
    silent = lines(faults=(Fault(device="harness", kind="off", at_s=1.0),))
    assert max(one["device_t_us"] for one in silent if one["sensor"] == "harness") < 1.1e6
    assert None in lines(faults=(Fault(device="imu", kind="garbage", at_s=1.0),))
    nothing = lines(faults=(Fault(device="heart_rate", kind="nan"),))
    assert any(one["values"] == [None, None] for one in nothing if one["sensor"] == "heart_rate")


@pytest.mark.parametrize("url", ["carrier-pigeon:", "mqtt:"])
def test_an_address_for_wearables_that_cannot_be_is_one_sentence(url):
    with pytest.raises(ConfigError, match=r"sensors at .*mqtt://HOST:PORT"):
        Laboratory(
            LaboratoryPlan(treadmill_url="memory:b", plates_url="memory:p", sensors_urls=(url,)),
            None,
        )


def test_a_taken_port_is_one_sentence():
    async def main(clock):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            url = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
            with pytest.raises(LinkError, match="cannot listen"):
                async with running(clock, sensors_urls=(url,)):
                    pass

    run(main)
