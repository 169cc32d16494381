"""The bench of who plays how well."""

from math import nan

import pytest

from rehabsim_validation.play import HEADING, Outcome, main, page, play
from rehabsim_validation.training_rig import Visit


def test_one_who_sees_a_session_passes_its_gates():
    found = play(Visit("boat", "healthy", 1, 45.0))
    assert found.stops == ()
    assert found.passed >= 1
    assert found.missed == 0


@pytest.mark.parametrize(("scenario", "name"), [("hike", "line_misses_m"), ("drive", "lane_frac")])
def test_a_session_yields_what_it_is_played_for(scenario, name):
    found = play(Visit(scenario, "healthy", 1, 60.0))
    assert found.stops == ()
    value = getattr(found, name)
    assert value if name == "line_misses_m" else 0 < value <= 1


def outcome(scenario, seed, **changes):
    return Outcome(Visit(scenario, "amputee", seed, 90.0))._replace(**changes)


def test_the_page_tells_medians_and_who_was_stopped_and_makes_nothing_up():
    text = page(
        [
            outcome("boat", 1, passed=3, missed=1, asides_m=(-2.0, 4.0)),
            outcome("boat", 2, passed=1, missed=3, stops=("Fallen.",)),
            outcome("drive", 1, lane_frac=nan),
            outcome("hike", 1, line_misses_m=(0.02, -0.04), line_hits=2),
            outcome("balance", 1, reactions_s=()),
        ],
        "by hand",
    )
    assert (
        "| amputee | 2 (1 to 3) | 2 (1 to 3) | 3.0 (3.0) | – | 0.030 (0.030) | 2 of 2 | – |" in text
    )
    assert "1 of 5 were stopped: amputee in `boat`, seed 2: Fallen." in text
    assert "nan" not in text


def test_what_stands_before_the_section_is_kept(tmp_path, monkeypatch):
    out = tmp_path / "PLAY.md"
    out.write_text(f"# Title\n\nWords.\n\n{HEADING}\nold", "utf-8")
    made = [outcome("boat", 1, passed=2, missed=0)]
    monkeypatch.setattr("rehabsim_validation.play.study", lambda *_, **__: made)
    main(out)
    text = out.read_text("utf-8")
    assert text.startswith(f"# Title\n\nWords.\n\n{HEADING}")
    assert "old" not in text
    assert "2 (2 to 2)" in text
