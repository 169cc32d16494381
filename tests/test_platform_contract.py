"""What every installed driver of a platform promises besides, against the simulated base."""

import pytest
from devices.contract import PLATFORM_ROWS, player

from rehabsim.base.errors import DeviceFaultError
from rehabsim.base.records import PlatformCommand, PlatformSample, Pose
from rehabsim.devices import driver

every_platform = pytest.mark.parametrize("kind", PLATFORM_ROWS)
HOME = Pose()
TILTED = Pose(x_m=0.03, y_m=-0.02, z_m=0.02, roll_rad=0.04, pitch_rad=0.05, yaw_rad=-0.03)


@pytest.fixture
def play(tmp_path):
    return player(tmp_path)


async def ride(scene, act, pose, seconds) -> PlatformSample:
    """Send a command as the keeper does, every 16 ms; return the last report."""
    last: PlatformSample | None = None
    for _ in range(round(seconds / 0.016)):
        scene.driver.send(PlatformCommand(act, pose))
        taken = await scene.live(0.016)
        last = taken[-1] if taken else last
    assert last is not None
    return last


async def engaged(scene) -> PlatformSample:
    await ride(scene, "rest", HOME, 4.0)
    return await ride(scene, "engage", HOME, 4.0)


def axes(pose: Pose) -> list[float]:
    return [getattr(pose, name) for name in Pose.__struct_fields__]


@every_platform
def test_a_platform_goes_where_it_is_told_on_each_axis_once_engaged(play, kind):
    async def act(scene):
        resting = await ride(scene, "rest", HOME, 4.0)
        ignored = await ride(scene, "move", TILTED, 1.0)
        up = await ride(scene, "engage", HOME, 4.0)
        return resting, ignored, up, await ride(scene, "move", TILTED, 2.0)

    resting, ignored, up, there = play(driver.PLATFORMS, kind, act)
    assert (resting.state, resting.is_home, resting.hold) == ("idle", True, "")
    assert ignored.state == "idle"
    assert axes(ignored.pose) == pytest.approx(axes(resting.pose), abs=1e-4)
    assert up.state == "engaged"
    assert axes(there.pose) == pytest.approx(axes(TILTED), abs=0.002)


@every_platform
def test_a_frozen_platform_stays_and_a_settled_one_goes_home(play, kind):
    async def act(scene):
        await engaged(scene)
        await ride(scene, "move", TILTED, 2.0)
        held = await ride(scene, "freeze", TILTED, 2.0)
        return held, await ride(scene, "settle", HOME, 8.0)

    held, home = play(driver.PLATFORMS, kind, act)
    assert axes(held.pose) == pytest.approx(axes(TILTED), abs=0.002)
    assert (home.state, home.is_home) == ("idle", True)


@every_platform
def test_a_stop_holds_the_last_set_point_and_may_be_repeated(play, kind):
    async def act(scene):
        await engaged(scene)
        await ride(scene, "move", TILTED, 2.0)
        last = None
        for _ in range(100):
            scene.driver.stop()
            taken = await scene.live(0.02)
            last = taken[-1] if taken else last
        return last

    last = play(driver.PLATFORMS, kind, act)
    assert last.state == "engaged"
    assert axes(last.pose) == pytest.approx(axes(TILTED), abs=0.002)


@every_platform
def test_a_platforms_stop_is_silent_before_opening_and_after_the_link_died(play, kind):
    async def unopened(scene):
        scene.driver.stop()

    async def act(scene):
        scene.driver.send(PlatformCommand("move", HOME))
        await scene.live(0.1)
        await scene.relay.hang_up()
        scene.driver.stop()
        await scene.driver.close()
        scene.driver.stop()

    play(driver.PLATFORMS, kind, unopened, is_open=False)
    play(driver.PLATFORMS, kind, act)


@every_platform
def test_a_pose_that_cannot_be_is_refused_and_not_sent(play, kind):
    async def act(scene):
        await scene.live(0.1)
        before = list(scene.relay.told)
        for name in Pose.__struct_fields__:
            for value in (0.6, -0.6, float("nan"), float("inf")):
                with pytest.raises(DeviceFaultError, match=name):
                    scene.driver.send(PlatformCommand("move", Pose(**{name: value})))
        await scene.live(0.1)
        return before, scene.relay.told

    before, after = play(driver.PLATFORMS, kind, act)
    assert before == after


@every_platform
def test_a_platform_follows_nobody_after_silence_exactly_if_the_driver_says_so(play, kind):
    async def act(scene):
        await engaged(scene)
        await ride(scene, "move", TILTED, 0.2)
        quiet = (await scene.live(2.0))[-1]
        return scene.driver.can_expire, quiet, (await scene.live(1.0))[-1]

    can_expire, quiet, later = play(driver.PLATFORMS, kind, act)
    assert (quiet.state != "engaged" and quiet.hold != "") == can_expire
    assert axes(later.pose) == pytest.approx(axes(quiet.pose), abs=1e-4)


@every_platform
def test_a_platform_says_beforehand_which_poses_it_cannot_be_told(play, kind):
    async def unopened(scene):
        for name in Pose.__struct_fields__:
            for value in (0.6, -0.6, float("nan")):
                assert scene.driver.why_not(Pose(**{name: value})).startswith(name)
        return scene.driver.why_not(TILTED)

    assert play(driver.PLATFORMS, kind, unopened, is_open=False) == ""
