"""What the terminal client may show, from messages and times given by hand."""

from math import isnan, nan

import msgspec
import pytest

from rehabsim.session.messages import EventMessage, SessionMessage, StateMessage
from rehabsim.web.watch_model import (
    SeenBelts,
    SeenEvent,
    SeenGait,
    SeenHealth,
    SeenSession,
    SeenState,
    WatchModel,
)

S = 1_000_000_000


def state(tick, *, boot_id="a", left_fz_n=1.0, schema=1, is_replay=False):
    return SeenState(
        schema=schema,
        boot_id=boot_id,
        tick=tick,
        t_s=tick / 250,
        is_replay=is_replay,
        scenario="boat",
        mode="running",
        cause="",
        commander="",
        belt=SeenBelts(1.0, 1.0, 0.0),
        wish=SeenBelts(1.0, 1.0, 0.0),
        command=SeenBelts(1.0, 1.0, 0.0),
        cruise_speed_mps=1.0,
        max_speed_mps=2.0,
        left_distance_m=0.0,
        right_distance_m=0.0,
        gait=SeenGait(left_fz_n=left_fz_n, right_fz_n=2.0),
        health=SeenHealth(),
    )


def event(seq, *, boot_id="a"):
    return SeenEvent(
        boot_id=boot_id,
        seq=seq,
        t_s=0.0,
        kind="marker",
        source="session",
        severity="none",
        text=f"event {seq}",
    )


def session(treadmill_url, plates_url):
    return SeenSession(
        boot_id="a",
        version="1",
        is_replay=False,
        site="room",
        treadmill_url=treadmill_url,
        plates_url=plates_url,
        subject="p",
        patient="",
        seed=1,
        scenario="boat",
        log="",
    )


def test_nothing_heard_is_waiting_however_long_it_takes():
    model = WatchModel(0)
    view = model.view(5 * S)
    assert (view.connection, view.silent_s, view.state) == ("waiting", 5.0, None)


def test_a_tick_is_alive_for_half_a_second_and_not_longer():
    model = WatchModel(0)
    model.hear_state(state(1), 10 * S)
    assert model.view(10 * S + S // 2).connection == "live"
    assert model.view(10 * S + S // 2 + 1).connection == "stale"


def test_repeating_the_same_tick_does_not_keep_a_session_alive():
    model = WatchModel(0)
    for k in range(10):
        model.hear_state(state(7), k * S)
    view = model.view(9 * S)
    assert (view.connection, view.silent_s) == ("stale", 9.0)


def test_an_older_tick_does_not_replace_a_newer_one():
    model = WatchModel(0)
    model.hear_state(state(7), 0)
    model.hear_state(state(6), 1)
    assert model.view(1).state.tick == 7
    assert len(model.view(1).left_fz_n) == 1


def test_a_new_boot_id_forgets_state_session_events_and_history():
    model = WatchModel(0)
    model.hear_news(session("sim:", "sim:"), 0)
    model.hear_news(event(1), 0)
    model.hear_state(state(500), 0)
    model.hear_state(state(1, boot_id="b", left_fz_n=9.0), S)
    view = model.view(S)
    assert (view.state.tick, view.session, view.events, view.left_fz_n) == (1, None, (), (9.0,))


def test_news_of_a_new_session_makes_the_old_state_disappear():
    model = WatchModel(0)
    model.hear_state(state(500), 0)
    model.hear_news(event(0, boot_id="b"), S)
    view = model.view(S)
    assert (view.connection, view.state) == ("waiting", None)


def test_events_come_newest_first_and_a_gap_in_their_numbers_is_counted():
    model = WatchModel(0)
    for seq in (4, 5, 9):
        model.hear_news(event(seq), 0)
    view = model.view(0)
    assert [e.seq for e in view.events] == [9, 5, 4]
    assert view.missed_event_count == 3


def test_the_tick_rate_is_told_only_while_alive():
    model = WatchModel(0)
    for k in range(40):
        model.hear_state(state(10 * k), k * S // 25)
    assert model.view(39 * S // 25).tick_rate_hz == pytest.approx(250)
    assert isnan(model.view(10 * S).tick_rate_hz)


def test_another_schema_is_told():
    model = WatchModel(0)
    model.hear_state(state(1, schema=2), 0)
    assert "version 2" in model.view(0).trouble


@pytest.mark.parametrize(
    ("treadmill_url", "plates_url", "badge"),
    [
        ("sim:", "sim:", "SIMULATED"),
        ("sim:", "recording:a.csv", "SIMULATED"),
        ("tcp://10.0.0.5:4000", "recording:a.csv", "RECORDING"),
        ("tcp://10.0.0.5:4000", "tcp://10.0.0.6:4001", "REAL DEVICES"),
    ],
)
def test_the_badge_says_how_real_the_devices_are(treadmill_url, plates_url, badge):
    model = WatchModel(0)
    assert model.view(0).badge == ""
    model.hear_news(session(treadmill_url, plates_url), 0)
    assert model.view(0).badge == badge


def test_a_replay_is_called_one_whatever_its_devices_were():
    model = WatchModel(0)
    model.hear_news(session("tcp://a:1", "tcp://b:2"), 0)
    model.hear_state(state(1, is_replay=True), 0)
    assert model.view(0).badge == "REPLAY"


@pytest.mark.parametrize(
    ("seen", "published"),
    [(SeenState, StateMessage), (SeenEvent, EventMessage), (SeenSession, SessionMessage)],
)
def test_every_field_that_is_read_is_published(seen, published):
    names = {field.name for field in msgspec.structs.fields(published)}
    assert {field.name for field in msgspec.structs.fields(seen)} <= names


def test_the_parts_of_a_state_are_published_too():
    types = {field.name: field.type for field in msgspec.structs.fields(StateMessage)}
    for seen, names in (
        (SeenBelts, ("belt", "wish", "command")),
        (SeenGait, ("gait",)),
        (SeenHealth, ("health",)),
    ):
        for name in names:
            published = {field.name for field in msgspec.structs.fields(types[name])}
            assert {field.name for field in msgspec.structs.fields(seen)} <= published


def test_history_keeps_what_was_not_measured_as_not_measured():
    model = WatchModel(0)
    model.hear_state(state(1, left_fz_n=nan), 0)
    assert isnan(model.view(0).left_fz_n[0])
