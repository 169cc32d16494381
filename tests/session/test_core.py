"""One tick: what the scenario is told, what the keeper is told, and what a failure does."""

from math import isnan, nan

import msgspec
import numpy as np
import pytest
from session.room import LIMITS, Room, accepted, plates, report, request

from rehabsim.base.records import BeltSample, Event, HarnessSample, Wish
from rehabsim.session.core import NO_PLATE_NS, PERIOD_NS, Core
from rehabsim.session.own_stage import OwnStage
from rehabsim.session.ticks import tick_row, tick_table


def test_before_the_keeper_speaks_the_belts_are_locked_and_nothing_is_measured():
    outputs = Room().step()
    assert outputs.state.mode == "locked"
    assert isnan(outputs.state.belt.left_speed_mps)
    assert outputs.state.left_distance_m == outputs.state.right_distance_m == 0.0
    assert outputs.report is None
    assert outputs.message.plate_t_ns == NO_PLATE_NS
    assert (outputs.asks, outputs.acks, outputs.events) == ((), (), ())


def test_the_keeper_is_told_the_wish_of_every_tick_with_its_time():
    room = Room()
    for _ in range(3):
        outputs = room.step(chunks=[plates(room.t_ns + PERIOD_NS - 100)])
        assert outputs.message.t_ns == outputs.state.t_ns == room.t_ns
        assert outputs.message.wish == outputs.step.wish == Wish(0.8, 0.8)
        assert outputs.message.plate_t_ns == room.t_ns - 100


def test_the_newest_of_several_reports_is_believed_and_all_events_are_kept():
    room = Room()
    event = Event(1, "mode", "keeper", "none", "first")
    note = Event(2, "keeper", "keeper", "none", "second")
    first = report(0, mode="idle", belt=(0.1, 0.2), events=[event])
    last = report(2_000_000, mode="armed", belt=None, notes=(note,))
    outputs = room.step(reports=[first, last])
    assert outputs.state.mode == "armed"
    assert outputs.state.belt == BeltSample(0, 0.1, 0.2, 0.0)
    assert outputs.events == (event, note)
    assert outputs.report == last


class Faster:
    """Belts that follow someone who is always faster."""

    begin_count = 0

    def begin_anew(self):
        self.begin_count += 1

    def step(self, state):
        return state.cruise_speed_mps + 0.5


def test_belts_that_follow_change_what_the_scenario_is_told_and_not_what_was_set():
    room = Room(pacing=Faster())
    outputs = room.step()
    assert outputs.state.cruise_speed_mps == 1.3
    assert outputs.set_speed_mps == 0.8
    assert room.step(request("set_speed", speed_mps=0.9)).set_speed_mps == 0.9


def test_belts_told_to_keep_their_speed_keep_the_one_they_have_and_follow_again_when_told():
    pacing = Faster()
    room = Room(pacing=pacing)
    assert room.says(mode="running").pacing == "follows"
    outputs = room.step(request("fix", id="1"))
    assert outputs.pacing == "fixed"
    assert outputs.state.cruise_speed_mps == outputs.set_speed_mps == 1.3
    assert room.step().state.cruise_speed_mps == 1.3
    assert room.step(request("set_speed", id="2", speed_mps=1.0)).state.cruise_speed_mps == 1.0
    assert pacing.begin_count == 0
    outputs = room.step(request("follow", id="3"))
    assert (outputs.pacing, outputs.state.cruise_speed_mps) == ("follows", 1.5)
    assert pacing.begin_count == 1


def test_a_speed_that_is_set_in_the_tick_of_a_fix_is_the_one_that_is_kept():
    room = Room(pacing=Faster())
    room.says(mode="running")
    fix, slower = request("fix", id="1"), request("set_speed", id="2", speed_mps=0.4)
    outputs = room.step(fix, slower)
    assert [ack.status for _, ack in outputs.acks] == ["applied", "applied"]
    assert outputs.state.cruise_speed_mps == outputs.set_speed_mps == 0.4


def test_fix_and_follow_in_one_tick_leave_the_belts_following_from_the_speed_they_have():
    pacing = Faster()
    room = Room(pacing=pacing)
    room.says(mode="running")
    outputs = room.step(request("fix", id="1"), request("follow", id="2"))
    assert (outputs.pacing, outputs.set_speed_mps) == ("follows", 1.3)
    assert pacing.begin_count == 1
    room.step(request("follow", id="3"))
    assert pacing.begin_count == 1


def test_belts_at_rest_that_are_told_to_keep_their_speed_keep_the_set_one():
    room = Room(pacing=Faster())
    room.says(mode="idle")
    assert room.step(request("fix")).set_speed_mps == 0.8


def test_only_a_session_with_pacing_can_follow_and_only_who_commands_says_so():
    room = Room()
    ((_, ack),) = room.step(request("follow")).acks
    assert (ack.status, "table [pacing]" in ack.reason) == ("rejected", True)
    assert room.outputs[-1].pacing == ""
    room = Room(pacing=Faster())
    room.step(request("arm", client="other"))
    room.says(mode="armed")
    ((_, ack),) = room.step(request("fix", id="2")).acks
    assert (ack.status, ack.reason) == ("rejected", "other is in command.")


def test_missed_ticks_are_in_the_time_that_passed():
    room = Room()
    room.step()
    assert room.step(missed_count=3).state.dt_s == pytest.approx(0.016)


# -- distance ------------------------------------------------------------------------------


def test_distance_is_measured_speed_over_time_on_each_belt():
    room = Room()
    for _ in range(250):
        room.says(belt=(1.0, 0.5))
    assert room.outputs[-1].state.left_distance_m == pytest.approx(1.0)
    assert room.outputs[-1].state.right_distance_m == pytest.approx(0.5)
    room.step(
        missed_count=24, reports=[report(room.t_ns + 25 * PERIOD_NS, mode="idle", belt=(1.0, 0.5))]
    )
    assert room.outputs[-1].state.left_distance_m == pytest.approx(1.1)


def test_distance_is_not_wished_or_commanded_speed():
    room = Room()
    for _ in range(250):
        outputs = room.says(mode="running", belt=(0.0, 0.0))
    assert outputs.step.wish.left_speed_mps == 0.8
    assert outputs.state.left_distance_m == 0.0


def test_distance_stands_still_when_nobody_measures_any_more():
    room = Room()
    room.says(belt=(1.0, 1.0))
    for _ in range(1000):
        outputs = room.says(belt=BeltSample(0, 1.0, 1.0, 0.0))
    most_m = 1.0 * (LIMITS.max_belt_age_s + 2 * PERIOD_NS / 1e9)
    assert outputs.state.left_distance_m <= most_m


def test_a_speed_that_is_not_a_number_does_not_spoil_the_distance():
    room = Room()
    for belt in ((1.0, 1.0), (nan, 1.0), (1.0, 1.0)):
        outputs = room.says(belt=belt)
    assert outputs.state.left_distance_m == pytest.approx(0.008)
    assert outputs.state.right_distance_m == pytest.approx(0.012)


# -- plates --------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [2, 8])
def test_plates_that_send_no_numbers_count_as_silent(side):
    room = Room()
    room.step(chunks=[plates(1)])
    spoilt = plates(2)
    spoilt.wrench[:, side] = nan
    assert room.step(chunks=[spoilt]).message.plate_t_ns == 1
    assert room.step(chunks=[plates(3), spoilt]).message.plate_t_ns == 3
    assert room.step(chunks=[plates(4)]).message.plate_t_ns == 4


def test_plates_that_begin_to_lag_are_as_old_as_they_are_late():
    room = Room()
    ms = 1_000_000

    def told_ns(device_ms, arrival_ms):
        chunk = msgspec.structs.replace(plates(arrival_ms * ms), device_t_ns=device_ms * ms)
        return room.step(chunks=[chunk]).message.plate_t_ns

    assert told_ns(1000, 4) == 4 * ms
    assert told_ns(1004, 9) == pytest.approx(8 * ms, abs=0.01 * ms)
    assert told_ns(1008, 162) == pytest.approx(12 * ms, abs=0.1 * ms)


def test_the_keeper_is_told_of_the_harness_where_it_is_measured():
    room = Room()
    assert room.step().message.harness_t_ns == -1
    room.core = Core(OwnStage(room.scenario), LIMITS, 0.8, has_harness=True)
    message = room.step().message
    assert message.harness_t_ns == NO_PLATE_NS
    assert isnan(message.person.harness_n)
    message = room.step(harness=(HarnessSample(5, 0, 0, 9.0), HarnessSample(9, 1, 4, 12.0))).message
    assert (message.harness_t_ns, message.person.harness_n) == (9, 12.0)
    message = room.step(harness=(HarnessSample(13, 2, 8, nan),)).message
    assert message.harness_t_ns == 9
    assert isnan(message.person.harness_n)
    message = room.step(harness=(HarnessSample(150_000_013, 3, 12, 9.0),)).message
    assert message.harness_t_ns == pytest.approx(17, abs=100_000)


def test_a_loss_asks_for_a_stop_once_and_says_so():
    room = Room()
    outputs = room.step(loss="plates: hung up.")
    assert [(ask.name, ask.source) for ask in outputs.asks] == [
        ("stop", "the session, which lost a device")
    ]
    assert [(e.kind, e.severity, e.text) for e in outputs.events] == [
        ("stop", "ramp", "plates: hung up.")
    ]
    for _ in range(10):
        outputs = room.step(loss="plates: hung up.")
        assert (outputs.asks, outputs.events) == ((), ())
    outputs = room.step(loss="keeper: hung up.")
    assert outputs.events[0].text == "keeper: hung up."
    assert len(outputs.asks) == 1


# -- clients -------------------------------------------------------------------------------


def test_a_request_reaches_the_keeper_and_its_answer_the_client():
    room = Room()
    room.says(mode="idle")
    outputs = room.step(request("arm"))
    (ask,) = outputs.asks
    assert outputs.commander == "console"
    assert outputs.message.operator_t_ns == room.t_ns
    outputs = room.says(mode="armed", answers=[accepted(ask.id)])
    assert [(client, ack.status) for client, ack in outputs.acks] == [("console", "applied")]
    assert room.step().acks == ()


def test_the_scenario_is_told_the_speed_that_was_set_in_the_same_tick():
    outputs = Room().step(request("set_speed", speed_mps=1.25))
    assert outputs.state.cruise_speed_mps == 1.25
    assert outputs.step.wish == Wish(1.25, 1.25)


# -- the same again ------------------------------------------------------------------------


def test_the_same_inputs_give_the_same_outputs():
    def run():
        room = Room()
        for count in range(300):
            answers = [accepted(a.id) for a in room.outputs[-1].asks] if room.outputs else []
            mode = "idle" if count < 50 else "running"
            belt = report(count * PERIOD_NS, mode=mode, belt=(1.0, 0.9), answers=answers)
            asked = [request("arm", id=str(count))] if count % 60 == 0 else []
            room.step(*asked, chunks=[plates(count, fz_n=400 + count % 300)], reports=[belt])
        return room.outputs

    assert msgspec.msgpack.encode(run()) == msgspec.msgpack.encode(run())


def test_a_tick_is_one_row_of_the_log():
    room = Room()
    room.says(mode="running", belt=(1.0, 0.9))
    table = tick_table()
    inputs = room_inputs(room)
    data = table.pack(*tick_row(inputs, room.outputs[-1], input_crc=7, lateness_s=0.001))
    row = np.frombuffer(data, table.dtype)[0]
    assert row["tick"] == row["t_ns"] == 0
    assert (row["mode"], row["input_crc"], row["lateness_s"]) == (4, 7, 0.001)
    assert (row["belt_left_speed_mps"], row["belt_right_speed_mps"]) == (1.0, 0.9)
    assert row["wish_left_speed_mps"] == 0.8
    assert row["command_left_accel_mps2"] == LIMITS.ramp_mps2


def room_inputs(room):
    from rehabsim.session.core import CoreInputs

    return CoreInputs(room.tick, room.t_ns, 0, (), (), ())
