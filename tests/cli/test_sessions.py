"""What a session comes to is printed as it is, whatever signs are in it."""

from rehabsim.cli.sessions import _show_summary
from rehabsim.session.live import Summary


def test_a_stop_is_printed_with_all_its_signs(capsys):
    text = "plates at serial:///dev/ttyUSB0: cannot decode b'[/x] [red]7'; belts are ramping."
    summary = Summary(stops=[text], platform="left [up]", log="sessions/[1].mcap")
    assert _show_summary(summary) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "cannot decode b'[/x] [red]7'" in printed
    assert "left [up]" in printed
    assert "sessions/[1].mcap" in printed
