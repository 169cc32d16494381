"""What a session wishes of a platform, tells of it and logs of it."""

from math import isnan, nan

import pytest
from safety.platform_bench import Bench
from session.room import Room, Scene, Stroll, report
from session.swaying import Swaying
from walk import walk

from rehabsim.base.records import PLATFORM_MODES, PlatformWish, Pose, Wish
from rehabsim.safety.messages import Answer
from rehabsim.safety.platform_messages import PlatformReport
from rehabsim.session.answer import AnswerCheck
from rehabsim.session.core import Core
from rehabsim.session.own_stage import OwnStage
from rehabsim.session.riding import UNDONE, Riding, platform_row, platform_table, ride
from rehabsim.training.scenario import Step

TILTED = Pose(0.05, -0.04, 0.03, 0.06, 0.05, -0.04)
PUSH = PlatformWish(TILTED, True)


def riding_report(bench=None):
    """Return what a keeper says while the platform moves."""
    bench = bench or Bench().moving(TILTED, 1.0)
    sample = bench.base.sample(bench.t_ns)
    said = report(bench.t_ns, mode="running")
    own = PlatformReport(bench.decisions[-1], sample)
    return type(said)(said.tick, 0, said.inputs, said.decision, (), own, (Answer("s1", True, ""),))


def test_the_last_pose_stays_wished_for_and_a_push_does_not():
    riding, events = Riding(has_platform=True), []
    assert riding.wish(None, 1, events) is None
    assert riding.wish(PUSH, 2, events) == PUSH
    assert riding.wish(None, 3, events) == PlatformWish(TILTED)
    assert riding.wish(None, 4, events) == PlatformWish(TILTED)
    assert events == []


def test_without_a_platform_nothing_is_wished_for_and_that_is_said_once():
    riding, events = Riding(has_platform=False), []
    assert riding.wish(None, 1, events) is None
    assert events == []
    assert [riding.wish(PUSH, t_ns, events) for t_ns in (2, 3)] == [None, None]
    (event,) = events
    assert (event.t_ns, event.severity, event.text) == (2, "none", UNDONE)


def test_a_row_holds_what_was_measured_wished_and_commanded():
    said = riding_report()
    table = platform_table()
    row = platform_row(7, PUSH, said)
    names = [column.name for column in table.columns]
    values = dict(zip(names, row, strict=True))
    assert len(table.pack(*row)) == table.dtype.itemsize
    assert values["t_ns"] == 7
    assert PLATFORM_MODES[values["mode"]] == "moving"
    assert values["sample_t_ns"] == said.platform.sample.t_ns
    assert values["roll_rad"] == said.platform.sample.pose.roll_rad
    assert values["wish_z_m"] == TILTED.z_m
    assert values["command_y_m"] == said.platform.decision.command.pose.y_m


def test_a_row_before_anything_is_known_says_nothing():
    t_ns, mode, sample_t_ns, *numbers = platform_row(7, None, None)
    assert (t_ns, PLATFORM_MODES[mode], sample_t_ns) == (7, "freeze", -1)
    assert all(isnan(number) for number in numbers)


def test_displays_are_told_where_it_is_and_nothing_where_there_is_none():
    said = riding_report()
    told = ride(PUSH, said)
    assert (told.mode, told.base, told.cause, told.belt_cause) == ("moving", "engaged", "", "")
    assert (told.pose, told.wish) == (said.platform.sample.pose, TILTED)
    assert told.command == said.platform.decision.command.pose
    assert isnan(ride(None, said).wish.x_m)
    assert ride(PUSH, report(5)) is None
    assert ride(PUSH, None) is None


# -- in the core ---------------------------------------------------------------------------


def ship(*, has_platform):
    """Return a room whose scenario moves the deck."""
    room = Room(Stroll())
    room.core = Core(
        OwnStage(room.scenario), room.core._desk._limits, 0.8, has_platform=has_platform
    )
    room.scenario.answer = lambda state: Step(
        Wish(0.5, 0.5), Scene(0.0, 0, False), platform=PlatformWish(TILTED)
    )
    return room


def test_the_keeper_is_told_the_wish_and_people_the_platforms_news():
    room = ship(has_platform=True)
    said = riding_report()
    outputs = room.step(reports=[said])
    assert outputs.message.platform == PlatformWish(TILTED)
    texts = [event.text for event in outputs.events]
    assert texts == [event.text for event in said.platform.decision.events]


def test_a_room_without_a_platform_says_once_that_the_wish_is_left_undone():
    room = ship(has_platform=False)
    outputs = [room.step() for _ in range(3)]
    assert [o.message.platform for o in outputs] == [None] * 3
    assert [event.text for o in outputs for event in o.events] == [UNDONE]


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        (TILTED, "its wish for the platform is Pose, not PlatformWish"),
        (PlatformWish((0.0,) * 6), "its pose is tuple, not Pose"),
        (PlatformWish(Pose(x_m="far")), "x_m = 'far' is not a number"),
        (PlatformWish(TILTED, 1), "is_perturbing = 1 is neither True nor False"),
    ],
)
def test_a_wish_of_the_wrong_kind_fails_the_scenario(platform, words):
    room = ship(has_platform=True)
    room.scenario.answer = lambda state: Step(
        Wish(0.5, 0.5), Scene(0.0, 0, False), platform=platform
    )
    outputs = room.step()
    assert outputs.message.platform is None
    assert words in outputs.events[0].text


def test_numbers_of_other_libraries_become_plain_and_nan_is_left_to_the_guard():
    numpy = pytest.importorskip("numpy")
    room = ship(has_platform=True)
    pose = Pose(numpy.float32(0.5), nan)
    room.scenario.answer = lambda state: Step(
        Wish(0.5, 0.5), Scene(0.0, 0, False), platform=PlatformWish(pose, numpy.bool_(True))
    )
    wish = room.step().message.platform
    assert (type(wish.pose.x_m), wish.pose.x_m) == (float, 0.5)
    assert isnan(wish.pose.y_m)
    plain = AnswerCheck(Scene).step(room.scenario.answer(None)).platform
    assert plain.is_perturbing is True


def test_the_test_scenario_sways_as_it_says():
    rolls = [step.platform.pose.roll_rad for _, step in walk(Swaying(Swaying.Params(), 1), 12.0)]
    assert max(rolls[:250]) < 0.02
    assert max(rolls) == pytest.approx(0.05, abs=1e-4)
