"""Wearables over TLS, on the shipped broker settings."""

import asyncio
import contextlib
import os

import pytest
from faults.security_mqtt import MOSQUITTO, Authority, _client, broker

from rehabsim.base.clock import run
from rehabsim.base.errors import ConfigError
from rehabsim.devices.laboratory import LaboratoryPlan
from rehabsim_sim.serve import Laboratory

pytestmark = pytest.mark.realtime


@pytest.fixture
def authority(tmp_path):
    if MOSQUITTO is None:
        message = "mosquitto is not installed: apt-get install mosquitto"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return Authority(tmp_path, "ca")


def test_wearables_reach_a_listener_through_tls_under_their_own_name_alone(tmp_path, authority):
    certificate, key = authority.issue("room")

    async def main(clock):
        query = f"ca={authority.path}&certificate={certificate}&private_key={key}"
        url = f"mqtts://localhost:{port}?{query}"
        topics = set()
        async with _client(port, authority, authority.issue("listener"), "ear") as ear:
            await ear.subscribe("rehabsim/#")
            for name in ("room", "next-door"):
                urls = {"treadmill_url": f"memory:b{name}", "plates_url": f"memory:p{name}"}
                laboratory = Laboratory(
                    LaboratoryPlan(name=name, sensors_urls=(url,), **urls), clock
                )
                await laboratory.open()
                task = asyncio.create_task(laboratory.run())
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        async for message in ear.messages:
                            topics.add(str(message.topic))
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
                await laboratory.close()
        return topics

    with broker(tmp_path, authority) as port:
        topics = run(main)
    assert {"rehabsim/room/imu_lumbar", "rehabsim/room/status"} <= topics
    assert not any("next-door" in topic for topic in topics)


@pytest.mark.parametrize("query", ["ca=nowhere.pem", "certificate=nowhere.pem", "password=secret"])
def test_tls_that_cannot_be_is_one_sentence(query):
    plan = LaboratoryPlan(
        treadmill_url="memory:b",
        plates_url="memory:p",
        sensors_urls=(f"mqtts://localhost:1?{query}",),
    )
    with pytest.raises(ConfigError, match="sensors at"):
        Laboratory(plan, None)
