"""A scenario's own perturbations wait for leave."""

from session.room import Room, Scene, Stroll, request

from rehabsim.base.records import PlatformWish, Pose, Wish
from rehabsim.training.scenario import Step

PULSE = Wish(0.5, 0.9, is_perturbation=True)
SHOVE = PlatformWish(Pose(x_m=0.02), is_perturbing=True)


class Shoves(Stroll):
    """Perturbs at every tick, whether it may or not."""

    perturbs = True

    def step(self, state):
        self.state = state
        return Step(PULSE, Scene(0.0, 0, False), platform=SHOVE)


def walking():
    """Return a room whose belts move, commanded by `console`."""
    room = Room(Shoves(), has_platform=True)
    room.step(request("arm", id="a"))
    room.says(mode="armed")
    room.says(mode="running")
    return room


def test_without_leave_what_a_scenario_wishes_for_is_no_perturbation():
    outputs = walking().says(mode="running")
    assert not outputs.message.wish.is_perturbation
    assert outputs.message.wish.right_speed_mps == 0.9
    assert not outputs.message.platform.is_perturbing
    assert outputs.message.platform.pose.x_m == 0.02
    assert (outputs.dose.is_on, outputs.dose.next_kind) == (False, "scenario")


def test_with_leave_it_is_and_the_scenario_knows_until_the_belts_stop():
    room = walking()
    outputs = room.step(request("perturb", id="p"))
    assert room.scenario.state.may_perturb
    assert outputs.message.wish == PULSE
    assert outputs.message.platform.is_perturbing
    assert outputs.dose.is_on
    outputs = room.says(mode="stopping")
    assert not room.scenario.state.may_perturb
    assert not outputs.message.wish.is_perturbation


def test_anyone_takes_the_leave_away():
    room = walking()
    room.step(request("perturb", id="p"))
    outputs = room.step(request("calm", id="c", client="other"))
    assert not outputs.message.wish.is_perturbation


def test_only_who_commands_gives_it():
    ((_, ack),) = walking().step(request("perturb", id="p", client="other")).acks
    assert ack.status == "rejected"


def test_a_scenario_that_never_perturbs_has_nothing_to_let_come():
    outputs = Room().step(request("perturb"))
    assert outputs.dose is None
    assert "would need a table [perturb]" in outputs.acks[0][1].reason
