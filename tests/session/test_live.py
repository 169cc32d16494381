"""A live session tick by tick: losses, unreadable reports and failing logs are told, not fatal."""

import msgspec
import pytest
from session.room import SITE, Stroll, accepted, plates, report

from rehabsim.base.clock import Tick
from rehabsim.base.errors import LinkError, LogError
from rehabsim.base.records import HarnessSample
from rehabsim.base.site import Session
from rehabsim.safety.messages import Ask, WishMessage, decode_to_keeper, encode
from rehabsim.session.core import PERIOD_NS
from rehabsim.session.ending import Ending, Ends
from rehabsim.session.entry import LoggedRefusal
from rehabsim.session.live import LiveSession
from rehabsim.session.log import LogReader, LogWriter
from rehabsim.session.log_shape import tables
from rehabsim.session.messages import BlockPlace, SessionMessage, StateMessage
from rehabsim.session.replay import replay
from rehabsim.session.requests import ClientRequest
from rehabsim.session.setup import make_core, make_header, make_scenario

SCENARIO = """
from rehabsim.base.config import Strict
from rehabsim.base.records import Record, Wish
from rehabsim.training.scenario import Step


class Scene(Record, frozen=True):
    x_m: float


class Stroll:
    name = "stroll"
    Scene = Scene

    class Params(Strict):
        pass

    def __init__(self, params, seed):
        pass

    def step(self, state):
        return Step(Wish(0.8, 0.8), Scene(state.left_distance_m))
"""


BLOCK = BlockPlace(
    programme="Mini", visit=2, visits=8, number=1, count=3, title="Warm", says="Walk", lasts_s=60.0
)


class FakeDevice:
    """Plates, or a load cell: what a test lets them say."""

    lost_count = 0

    def __init__(self):
        self.said, self.error = [], None

    def take(self):
        if self.error is not None:
            raise self.error
        said, self.said = self.said, []
        return said


class FakeLink:
    """A link to a keeper that says what a test lets it say."""

    url, dropped_count = "memory:keeper", 0

    def __init__(self):
        self.waiting, self.written, self.is_ended = [], [], False

    def _error(self):
        return LinkError("keeper at memory:keeper: hung up.", device="keeper", url=self.url)

    def take(self):
        if self.is_ended and not self.waiting:
            raise self._error()
        waiting, self.waiting = self.waiting, []
        return [(0, data) for data in waiting]

    def write(self, data):
        if self.is_ended:
            raise self._error()
        self.written.append(decode_to_keeper(data))


class FakePublisher:
    def __init__(self):
        self.told, self.requests, self.answered, self.refused = [], [], [], []

    def take(self):
        requests, self.requests = self.requests, []
        return requests

    def is_shown(self, tick):
        return True

    def tell(self, topic, message):
        self.told.append((topic, message))

    def take_refused(self):
        refused, self.refused = self.refused, []
        return refused

    def answer(self, client, ack):
        self.answered.append((client, ack))


class Stage:
    """A live session with everything around it in a test's hands."""

    def __init__(self, folder):
        path = folder / "stroll.py"
        path.write_text(SCENARIO)
        session = Session(scenario=str(path))
        scenario = make_scenario(session, where="test")
        header = make_header(SITE, session, scenario, note="")
        self.plates, self.harness = FakeDevice(), FakeDevice()
        self.keeper, self.publisher = FakeLink(), FakePublisher()
        self.log = LogWriter(folder / "a.mcap", header, tables(scenario), is_live=False)
        self.live = LiveSession(
            site=SITE,
            session=session,
            scenario=scenario,
            core=make_core(SITE, session, scenario, where="test"),
            plates=self.plates,
            keeper=self.keeper,
            harness=self.harness,
            publisher=self.publisher,
            log=self.log,
            header=header,
            operator=None,
            ending=Ending(Ends(walk_s=60.0)),
            block=BLOCK,
        )
        self.tick = -1

    def close(self):
        self.live = None
        self.log._store._file.close()

    def step(self, *, reports=True, missed_count=0):
        self.tick += 1 + missed_count
        t_ns = self.tick * PERIOD_NS
        self.harness.said.append(HarnessSample(t_ns, self.tick, t_ns, 8.0 + self.tick))
        self.plates.said.append(plates(t_ns, sequence=4 * self.tick))
        if reports and not self.keeper.is_ended:
            # Numbered with gaps, so that replay takes them as given.
            self.keeper.waiting.append(encode(report(t_ns, tick=2 * self.tick, belt=(0.5, 0.5))))
        self.live.step(Tick(self.tick, t_ns, t_ns + 1000, missed_count))
        return self.live.outputs

    def events(self):
        return [message.text for topic, message in self.publisher.told if topic == "event"]

    def replay(self):
        self.log.close(self.tick * PERIOD_NS)
        return replay(self.log.path).difference


@pytest.fixture
def stage(tmp_path):
    stage = Stage(tmp_path)
    yield stage
    stage.close()


def test_every_tick_tells_the_keeper_the_log_and_the_world(stage):
    for _ in range(300):
        stage.step()
    assert [type(message) for message in stage.keeper.written] == [WishMessage] * 300
    topics = [topic for topic, _ in stage.publisher.told]
    assert (topics.count("state"), topics.count("session")) == (300, 2)
    states = [m for _, m in stage.publisher.told if isinstance(m, StateMessage)]
    assert [m.seq for m in states] == list(range(300))
    assert states[-1].health.plate_count == 1200
    assert states[-1].health.lateness_s == pytest.approx(1e-6)
    assert {m.cruise_speed_mps for m in states} == {0.8}
    assert stage.replay() is None
    assert len(LogReader(stage.log.path).table("ticks")) == 300


@pytest.mark.parametrize("is_mid_tick", [False, True])
def test_a_lost_keeper_is_told_logged_and_replayed(stage, is_mid_tick):
    for _ in range(5):
        stage.step()
    if is_mid_tick:
        stage.keeper.waiting.append(encode(report(0, tick=10)))
    stage.keeper.is_ended = True
    for _ in range(5):
        stage.step(reports=False)
    texts = [text for text in stage.events() if "hung up" in text]
    assert texts == [
        "keeper at memory:keeper: hung up. Nobody guards the belts; use the red button on the"
        " machine."
    ]
    assert stage.replay() is None


def test_lost_plates_ask_for_a_stop_and_are_replayed(stage):
    stage.step()
    stage.plates.error = LinkError("plates at tcp://x: hung up.", device="plates", url="tcp://x")
    for _ in range(5):
        stage.step()
    asks = [message for message in stage.keeper.written if isinstance(message, Ask)]
    assert [ask.name for ask in asks] == ["stop"]
    (text,) = [text for text in stage.events() if "hung up" in text]
    assert text == (
        "plates at tcp://x: hung up. Belts are ramping to rest. Mend it, then end this session"
        " and start another."
    )
    assert stage.replay() is None


def test_what_the_harness_bears_is_logged_and_replayed(stage):
    for _ in range(5):
        stage.step()
    assert [wish.person.harness_n for wish in stage.keeper.written] == [8.0, 9.0, 10.0, 11.0, 12.0]
    assert stage.replay() is None
    assert LogReader(stage.log.path).table("harness")["load_n"].tolist() == [8, 9, 10, 11, 12]


def test_a_lost_harness_asks_for_a_stop_and_is_replayed(stage):
    stage.step()
    stage.harness.error = LinkError("harness: hung up.", device="harness", url="")
    for _ in range(5):
        stage.step()
    asks = [message for message in stage.keeper.written if isinstance(message, Ask)]
    assert [ask.name for ask in asks] == ["stop"]
    assert any(text.startswith("harness: hung up. Belts are ramping") for text in stage.events())
    assert stage.replay() is None


def test_what_was_refused_at_the_entrance_is_in_the_log_and_its_chain(stage):
    stage.step()
    stage.publisher.refused.append(LoggedRefusal("mallory", "7", "This key may watch and stop."))
    stage.step()
    assert stage.replay() is None
    log = LogReader(stage.log.path)
    ((_, data),) = log.texts("refusals")
    assert msgspec.json.decode(data) == {
        "client": "mallory",
        "id": "7",
        "reason": "This key may watch and stop.",
    }
    assert not log.chain().fault


def test_a_second_loss_is_told_too(stage):
    stage.step()
    stage.plates.error = LinkError("plates: hung up.", device="plates", url="")
    stage.step()
    stage.keeper.is_ended = True
    for _ in range(5):
        stage.step()
    assert [text.partition(" ")[0] for text in stage.events() if "hung up" in text] == [
        "plates:",
        "keeper",
    ]
    assert stage.replay() is None


@pytest.mark.parametrize("data", [b"", b"\xc1", encode(Ask("1", "stop", "x")), b"\x80"])
def test_a_report_that_cannot_be_read_stops_the_belts_and_not_the_session(stage, data):
    stage.step()
    stage.keeper.waiting.append(data)
    for _ in range(5):
        outputs = stage.step()
    assert outputs.report.tick == 2 * stage.tick, "later reports are read"
    assert [m.name for m in stage.keeper.written if isinstance(m, Ask)] == ["stop"]
    (text,) = [text for text in stage.events() if "cannot be read" in text]
    assert text.startswith("keeper at memory:keeper: a report cannot be read")
    assert stage.replay() is None


def test_a_chunk_without_samples_is_nothing(stage):
    stage.plates.said.append(plates(0, count=0))
    for _ in range(3):
        stage.step()
    assert stage.live.summary.plate_count == 12
    assert stage.replay() is None


def test_what_the_disk_does_is_told_once_and_the_session_goes_on(stage):
    stage.step()
    stage.log._store.news.append(("warn", "The log cannot be written."))
    for _ in range(5):
        stage.step()
    told = [m for topic, m in stage.publisher.told if topic == "event" and m.kind == "log"]
    assert [(m.severity, m.text) for m in told] == [("warn", "The log cannot be written.")]
    assert stage.replay() is None


def test_a_virtual_session_whose_disk_fails_goes_on_and_says_so(stage):
    stage.step()
    stage.log._store.failure = "No space left on device"
    for _ in range(5):
        stage.step()
    with pytest.raises(LogError, match="No space left on device"):
        stage.log.close(stage.tick * PERIOD_NS)


def test_the_summary_keeps_the_first_twenty_stops(stage):
    for count in range(30):
        stage.keeper.is_ended = False
        stage.live._losses.clear()
        stage.plates.error = LinkError(f"plates: {count}.", device="plates", url="")
        stage.live._has_plates = True
        stage.step()
    assert len(stage.live.summary.stops) == 20
    assert stage.live.summary.stops[0].startswith("plates: 0.")


def test_requests_and_answers_are_published_and_replayed(stage):
    stage.step()
    stage.publisher.requests.append(ClientRequest("ada", "1", "arm"))
    stage.step()
    (ask,) = [message for message in stage.keeper.written if isinstance(message, Ask)]
    answer = report(stage.tick * PERIOD_NS, tick=4, mode="armed", answers=[accepted(ask.id)])
    stage.keeper.waiting.append(encode(answer))
    stage.step(reports=False)
    assert [(c, a.status) for c, a in stage.publisher.answered] == [("ada", "applied")]
    assert stage.publisher.told[-1][1].commander == "ada"
    assert stage.replay() is None


def test_everyone_hears_which_block_it_is_how_long_it_goes_on_and_what_ended_it(stage):
    stage.step()
    (about,) = [m for _, m in stage.publisher.told if isinstance(m, SessionMessage)]
    assert about.block == BLOCK
    assert about.log == "a.mcap"

    def newest():
        return [m for _, m in stage.publisher.told if isinstance(m, StateMessage)][-1]

    assert (newest().block_left_s, newest().ended) == (60.0, "")
    stage.live.is_ended_by_hand = True
    stage.step()
    assert newest().ended == "hand"
    stage.live.ending.why = "tasks"
    stage.step()
    assert newest().ended == "tasks"


def test_a_silent_keeper_is_the_cause_that_everyone_sees(stage):
    stage.step()
    for _ in range(70):
        stage.step(reports=False)
    state = stage.publisher.told[-1][1]
    assert state.cause == "The keeper of the belts is silent. Use the red button on the machine."
    assert state.health.keeper_age_s == pytest.approx(0.28, abs=0.01)


def test_the_tables_of_a_log_end_with_the_ticks():
    assert [table.name for table in tables(Stroll())][-1] == "ticks"
