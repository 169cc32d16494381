"""The bench of every scenario with every simulated patient."""

from math import nan

import pytest

from rehabsim.session.together import together_plans
from rehabsim_validation.training import Outcome, Visit, page, train


def test_a_visit_is_a_whole_session_whose_difficulty_changes_of_itself():
    found = train(Visit("boat", "healthy", 1, 40.0))
    assert found.is_finished
    assert found.stops == ()
    assert found.tries >= 1
    assert found.first_level == pytest.approx(0.3)
    assert 0.5 < found.speed_mps < 1.3


def test_the_patient_sees_the_picture(monkeypatch):
    seen = []

    def watched(*args, **options):
        plan, laboratory = together_plans(*args, **options)
        seen.append((plan.eyes_url, laboratory.eyes_url))
        return plan, laboratory

    monkeypatch.setattr("rehabsim_validation.training.together_plans", watched)
    train(Visit("boat", "healthy", 1, 2.0))
    assert all(url for urls in seen for url in urls)
    assert seen


def outcome(who, seed, **changes):
    made = Outcome(Visit("boat", who, seed, 60.0), 10, 0.8, 0.7, 0.3, 0.45, 0.9, (), True)
    return made._replace(**changes)


def test_the_page_tells_medians_and_who_was_stopped_and_makes_nothing_up():
    text = page(
        [
            outcome("healthy", 1),
            outcome("healthy", 2, success_frac=0.6, stops=("Fallen.",), is_finished=False),
            outcome("amputee", 1, tries=0, success_frac=nan, late_frac=nan),
        ]
    )
    assert "| healthy | 1 of 2 | 10 | 0.70 (0.60 to 0.80) |" in text
    assert "| amputee | 1 of 1 | 0 | – |" in text
    assert "- 1 x Fallen." in text
    assert "nan" not in text
