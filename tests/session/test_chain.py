"""The chain of operator records: it holds for what was written, and for nothing else."""

from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehabsim.base.errors import LogError
from rehabsim.base.records import Event
from rehabsim.session.chain import CHANNEL, FIRST, NOTHING, Chain, ChainRecord, check_chain
from rehabsim.session.log import LogReader, LogWriter
from rehabsim.session.log_repair import verify
from rehabsim.session.mcap_file import LogHeader, Sink, items

HEAD = b'{"header":1}'


def chained(messages, *, is_closed=True):
    """Return the channels of a log in which `messages`, (channel, t_ns, bytes), were logged."""
    chain, channels = Chain(), {CHANNEL: []}
    channels[CHANNEL].append((0, chain.record(FIRST, 0, HEAD)))
    for channel, t_ns, data in messages:
        channels.setdefault(channel, []).append((t_ns, data))
        channels[CHANNEL].append((t_ns, chain.record(channel, t_ns, data)))
    if is_closed:
        channels[CHANNEL].append((99, chain.close(99)))
    return channels


SOME = [("requests", 4, b"arm"), ("acks", 4, b"yes"), ("events", 8, b"armed"), ("acks", 9, b"no")]


@given(
    st.lists(
        st.tuples(st.sampled_from(("requests", "acks", "events")), st.integers(0), st.binary())
    )
)
def test_what_was_logged_holds(messages):
    check = check_chain(HEAD, chained(messages))
    assert (check.fault, check.count) == ("", len(messages) + 2)
    assert check.last != NOTHING


def test_a_chain_without_closing_record_says_after_which_it_ends():
    check = check_chain(HEAD, chained(SOME, is_closed=False))
    assert check.count == 5
    assert check.fault == (
        "ends without closing record after record 4 at 0.000 s: the session was killed or its end"
        " was cut off"
    )


def faults_of(change):
    channels = chained(SOME)
    change(channels)
    return check_chain(HEAD, channels).fault


def test_each_kind_of_change_is_told_with_its_place():
    assert "stands for message 1 of acks, which was altered" in faults_of(
        lambda c: c["acks"].__setitem__(1, (9, b"yes"))
    )
    assert faults_of(lambda c: c["requests"].pop()) == (
        "record 1 at 0.000 s stands for message 0 of requests, which is missing"
    )
    assert faults_of(lambda c: c["acks"].append((9, b"more"))) == (
        "message 2 of acks at 0.000 s is not in it"
    )
    assert faults_of(lambda c: c["events"].__setitem__(0, (7, b"armed"))).endswith(
        "message 0 of events, whose time was altered"
    )
    assert faults_of(lambda c: c[CHANNEL].pop(2)) == (
        "record 2 at 0.000 s is missing, the next is record 3"
    )
    assert "ends without closing record after record 4" in faults_of(lambda c: c[CHANNEL].pop())
    assert (
        faults_of(lambda c: c[CHANNEL].append((1, b"{}"))) == "record 6 at 0.000 s cannot be read"
    )
    assert faults_of(lambda c: c[CHANNEL].append((1, b'{"channel":"\xb2"}'))).endswith("be read")
    assert faults_of(lambda c: c[CHANNEL].append(c[CHANNEL][5])) == (
        "record 6 at 0.000 s comes after the closing record"
    )
    assert faults_of(lambda c: c[CHANNEL].clear()) == (
        "message 0 of requests at 0.000 s is not in it"
    )


def test_another_header_breaks_it():
    assert "message 0 of header, which was altered" in check_chain(b"other", chained(SOME)).fault


def test_a_record_made_anew_shows_in_the_one_behind_it():
    def forge(channels):
        t_ns, data = channels[CHANNEL][2]
        record = msgspec.json.decode(data, type=ChainRecord)
        channels["acks"][0] = (4, b"forged")
        forged = msgspec.structs.replace(record, digest=sha256(b"forged").hexdigest())
        channels[CHANNEL][2] = (t_ns, msgspec.json.encode(forged))

    assert faults_of(forge) == (
        "record 3 at 0.000 s does not carry the SHA-256 of the record before it"
    )


# -- in logs -------------------------------------------------------------------------------


def header(**changes):
    fields = dict(kind="import", version="0", boot_id="b", start_utc_ns=5, site={}, session={})
    return LogHeader(**fields | changes)


@pytest.fixture(params=[True, False])
def path(tmp_path, request):
    """Return a log with three events."""
    path = tmp_path / "a.mcap"
    log = LogWriter(path, header(), [], is_live=request.param)
    for t_ns in (1, 2, 3):
        log.event(Event(t_ns, "marker", "test", "none", f"number {t_ns}"))
        log.end_tick(t_ns * 20_000_000)
    log.close(4)
    return path


def rewrite(path, change=lambda name, data: data):
    """Write a log anew as anybody could, each message through `change`; None leaves it out."""
    messages = [item for item in items(path) if item is not None]
    with path.open("wb") as file:
        sink = Sink(file, is_compressed=True)
        for name, _, message in messages:
            data = change(name, message.data)
            if data is not None:
                sink.text(name, message.log_time, data)
        sink.finish()


def test_a_log_holds_and_still_does_when_it_is_copied_message_by_message(path):
    assert verify(path) == []
    rewrite(path)
    assert verify(path) == []
    assert LogReader(path).chain().count == 5


def test_an_altered_event_is_found_by_verify(path):
    rewrite(path, lambda name, data: data.replace(b"number 2", b"number 9"))
    (fault,) = verify(path)
    assert fault == (
        f"{path}: chain of operator records: record 2 at 0.000 s stands for message 1 of events,"
        " which was altered, moved or removed."
    )


def test_a_header_that_is_no_text_is_told_in_one_sentence(path):
    rewrite(path, lambda name, data: data.replace(b"import", b"\xb2mport"))
    with pytest.raises(LogError, match="its header cannot be read"):
        LogReader(path)


def test_a_log_of_this_format_without_any_chain_is_a_fault(path):
    rewrite(path, lambda name, data: None if name == "chain" else data)
    (fault,) = verify(path)
    assert "chain of operator records: message 0 of events" in fault


def test_a_log_from_before_the_chain_has_none_and_no_fault(tmp_path):
    path = tmp_path / "old.mcap"
    with path.open("wb") as file:
        sink = Sink(file, is_compressed=True)
        sink.text("header", 5, msgspec.json.encode(header(format=1)))
        sink.text("events", 6, msgspec.json.encode(Event(1, "marker", "test", "none", "here")))
        sink.finish()
    assert LogReader(path).chain() is None
    assert verify(path) == []
