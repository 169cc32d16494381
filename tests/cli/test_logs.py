"""What the command line says of logs: whole, killed, altered, old, with gaps."""

import msgspec
import pytest

from rehabsim.base.records import Event
from rehabsim.session.log import LogReader, LogWriter
from rehabsim.session.mcap_file import LogHeader, Sink

HEADER = LogHeader(
    kind="import", version="0", boot_id="b", start_utc_ns=10**18, site={}, session={}
)


@pytest.fixture
def path(tmp_path):
    """Return a whole log with one event."""
    log = LogWriter(tmp_path / "a.mcap", HEADER, [], is_live=False)
    log.event(Event(5, "marker", "test", "none", "here"))
    log.close(9)
    return tmp_path / "a.mcap"


def test_a_sound_log_tells_the_last_sha_256_of_its_chain(rehabsim, path):
    status, out, _ = rehabsim("log", "verify", path)
    assert status == 0
    last = LogReader(path).chain().last
    assert (
        f"sound. Operator records: 3 in an unbroken, closed chain; the last has SHA-256 {last}"
        in (out)
    )


def test_the_log_of_a_killed_session_is_mended_and_says_that_its_chain_is_not_closed(
    rehabsim, tmp_path
):
    path = tmp_path / "a.mcap"
    log = LogWriter(path, HEADER, [], is_live=True)
    log.event(Event(5, "marker", "test", "none", "here"))
    log._hand_over(20_000_000)
    log._store._recorder.close()
    log._store._recorder.release()
    assert rehabsim("log", "verify", path)[0] == 1
    status, out, _ = rehabsim("log", "recover", path)
    assert (status, "whole again" in out) == (0, True)
    status, out, _ = rehabsim("log", "verify", path)
    assert status == 1
    assert "ends without closing record after record 1 at 0.000 s" in out
    status, out, _ = rehabsim("log", "info", path)
    assert status == 0
    assert "ends without closing record" in " ".join(out.split())


def test_an_old_log_says_that_it_has_no_chain(rehabsim, tmp_path):
    path = tmp_path / "old.mcap"
    with path.open("wb") as file:
        sink = Sink(file, is_compressed=True)
        header = msgspec.structs.replace(HEADER, format=1)
        sink.text("header", 10**18, msgspec.json.encode(header))
        sink.finish()
    status, out, _ = rehabsim("log", "verify", path)
    assert status == 0
    assert "no chain: written before there was one" in out


def test_an_altered_event_is_said_in_one_sentence(rehabsim, path):
    messages = {name: LogReader(path).texts(name) for name in ("chain", "events")}
    with path.open("wb") as file:
        sink = Sink(file, is_compressed=True)
        sink.text("header", 10**18, msgspec.json.encode(HEADER))
        for name, found in messages.items():
            for t_ns, data in found:
                sink.text(name, 10**18 + t_ns, data.replace(b"here", b"hare"))
        sink.finish()
    status, out, _ = rehabsim("log", "verify", path)
    assert status == 1
    assert out == (
        f"{path}: chain of operator records: record 1 at 0.000 s stands for message 0 of events,"
        " which was altered, moved or removed.\n"
    )
