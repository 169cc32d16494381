"""What a log says of tasks and of how long the belts ran, and a log that says nothing."""

from session.test_log import HEADER, write

from rehabsim.session.log import LogReader
from rehabsim.session.tries import Tries, trained_s, tries_in


def test_a_session_that_ended_before_its_first_tick_has_trained_nobody(tmp_path):
    write(tmp_path / "a.mcap", is_live=False).close(400_000_000)
    log = LogReader(tmp_path / "a.mcap")
    assert log.header == HEADER
    assert trained_s(log) == 0.0
    assert tries_in(log) == Tries()
