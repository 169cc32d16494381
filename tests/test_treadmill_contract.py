"""What every treadmill's driver promises: simulated, and on its own firmware in real time."""

from itertools import pairwise

import pytest
from devices.contract import REST_MPS, TREADMILL_ROWS, get_ready, marks, player, told, walk

from rehabsim.base.errors import DeviceFaultError
from rehabsim.devices import driver

every_treadmill = pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=marks(row)) for kind, row in TREADMILL_ROWS.items()]
)


@pytest.fixture
def play(tmp_path):
    return player(tmp_path)


@every_treadmill
def test_each_belt_and_the_deck_go_where_they_are_told(play, kind):
    async def act(scene):
        await get_ready(scene)
        return await walk(scene, told(0.4, 0.6, incline_rad=0.02), 2.0)

    last = play(driver.TREADMILLS, kind, act)
    assert last.left_speed_mps == pytest.approx(0.4, abs=0.03)
    assert last.right_speed_mps == pytest.approx(0.6, abs=0.03)
    assert last.incline_rad == pytest.approx(0.02, abs=0.002)


@every_treadmill
def test_a_stop_ramps_to_rest_at_the_asked_pace_and_leaves_the_deck(play, kind):
    async def act(scene):
        await get_ready(scene)
        before = await walk(scene, told(1.0, 1.0, 1.0, incline_rad=0.02), 1.6)
        scene.driver.stop(0.5)
        return before, (await scene.live(1.0))[-1], (await scene.live(1.2))[-1]

    before, half_way, after = play(driver.TREADMILLS, kind, act)
    assert before.left_speed_mps == pytest.approx(1.0, abs=0.03)
    assert half_way.left_speed_mps == pytest.approx(0.5, abs=0.15)
    assert half_way.right_speed_mps == pytest.approx(0.5, abs=0.15)
    assert abs(after.left_speed_mps) <= REST_MPS
    assert abs(after.right_speed_mps) <= REST_MPS
    assert after.incline_rad == pytest.approx(before.incline_rad, abs=0.001)


@every_treadmill
def test_stopping_again_changes_nothing(play, kind):
    async def act(scene):
        await get_ready(scene)
        await walk(scene, told(0.8, 0.8, 1.0), 1.5)
        speeds = []
        for _ in range(50):
            scene.driver.stop(0.5)
            speeds += [sample.left_speed_mps for sample in await scene.live(0.04)]
        return speeds

    speeds = play(driver.TREADMILLS, kind, act)
    assert all(later <= earlier + 0.03 for earlier, later in pairwise(speeds))
    assert abs(speeds[-1]) <= REST_MPS


@every_treadmill
def test_a_stop_is_silent_before_opening_and_after_the_link_died(play, kind):
    async def unopened(scene):
        scene.driver.stop(0.5)

    async def act(scene):
        await scene.live(0.1)
        await scene.relay.hang_up()
        scene.driver.stop(0.5)
        scene.driver.stop(float("nan"))
        await scene.driver.close()
        scene.driver.stop(0.5)

    play(driver.TREADMILLS, kind, unopened, is_open=False)
    play(driver.TREADMILLS, kind, act)


@every_treadmill
def test_a_command_that_cannot_be_is_refused_and_not_sent(play, kind):
    async def act(scene):
        await get_ready(scene)
        before = list(scene.relay.told)
        for ask in (told(99.0, 0.5), told(0.5, float("nan")), told(0.5, 0.5, 0.0)):
            with pytest.raises(DeviceFaultError):
                scene.driver.send(ask)
        await scene.live(0.1)
        return scene.relay.told[len(before) :]

    assert play(driver.TREADMILLS, kind, act) == []


@every_treadmill
def test_belts_that_are_not_armed_stay_at_rest_and_say_so(play, kind):
    async def act(scene):
        await scene.live(0.1)
        return scene.driver.take() or [await walk(scene, told(0.5, 0.5), 0.5)]

    last = play(driver.TREADMILLS, kind, act)[-1]
    is_at_rest = max(abs(last.left_speed_mps), abs(last.right_speed_mps)) <= REST_MPS
    assert is_at_rest == (not last.is_armed)


@every_treadmill
def test_belts_that_were_disarmed_need_arming_again_or_never_did(play, kind):
    async def act(scene):
        await get_ready(scene)
        armed = await walk(scene, told(0.2, 0.2), 0.2)
        scene.driver.disarm()
        last = (await scene.live(1.0))[-1]
        return armed, last, await walk(scene, told(0.2, 0.2), 0.3)

    armed, disarmed, after = play(driver.TREADMILLS, kind, act)
    assert armed.is_armed
    assert armed.hold == disarmed.hold == after.hold == ""
    is_at_rest = max(abs(after.left_speed_mps), abs(after.right_speed_mps)) <= REST_MPS
    assert disarmed.is_armed == after.is_armed == (not is_at_rest)


@every_treadmill
def test_belts_come_to_rest_in_silence_exactly_if_the_driver_says_so(play, kind):
    async def act(scene):
        await get_ready(scene)
        await walk(scene, told(0.5, 0.5, 1.0), 1.0)
        last = (await scene.live(1.6))[-1]
        return scene.driver.can_expire, last

    can_expire, last = play(driver.TREADMILLS, kind, act)
    is_at_rest = max(abs(last.left_speed_mps), abs(last.right_speed_mps)) <= REST_MPS
    assert is_at_rest == can_expire
