"""A console of a session whose difficulty follows the person: suggested, accepted, taken back."""

import re
from pathlib import Path

import pytest
import tasks
from browser.presses import walk
from browser.rooms import PATIENT, room
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.realtime]

TASKS = Path(tasks.__file__)
ADAPT = {"ranges": [{"param": "width_m", "easy": 16.0, "hard": 4.0}], "level": 0.25, "count": 4}
OFFER_MS = 60_000
"""Two metres of a slow walk, on a busy computer."""


@pytest.fixture(scope="module")
def site(open_site):
    with open_site(str(TASKS), room=room(**PATIENT), adapt=ADAPT, pacing={}) as site:
        yield site


def test_difficulty_is_suggested_accepted_and_taken_back(site):
    page = site.open("/console")
    expect(page.locator("#difficulty-state")).to_have_text("No task has ended yet.")
    expect(page.locator("#level")).to_have_text("0.25")
    walk(page)
    expect(page.locator("#offer")).to_contain_text(
        "Harder? 0.40: gates 11.2 m wide.", timeout=OFFER_MS
    )
    expect(page.locator("#offer")).to_contain_text("4 of the last 4 tasks done, over 85%.")
    page.click("#accept")
    expect(page.locator("#level")).to_have_text("0.40")
    expect(page.locator("#events")).to_contain_text("Difficulty 0.25 → 0.40")
    page.click("#undo")
    expect(page.locator("#level")).to_have_text("0.25")
    page.click("#pause")
    expect(page.locator("#mode-word")).to_have_text("IDLE")
    page.context.close()


def test_a_knob_turns_a_tap_at_a_time_and_tells_in_plain_words(site):
    page = site.open("/console")
    page.click("#knobs")
    width = page.locator("#knob-width_m")
    expect(width).to_have_text("gates 13 m wide")
    page.click("#turn-width_m-less")
    expect(width).to_have_text("gates 12 m wide")
    expect(page.locator("#knob-wind_mps")).to_have_text("wind of 2 m/s")
    page.click("#turn-wind_mps-more")
    expect(page.locator("#knob-wind_mps")).to_have_text("wind of 2.5 m/s")
    page.context.close()


def test_belts_follow_or_keep_the_set_speed_as_the_console_says(site):
    page = site.open("/console")
    expect(page.locator("#pacing")).to_have_text("Belts follow the person.")
    page.click("#pacing-act")
    expect(page.locator("#pacing")).to_have_text("Belts keep the set speed.")
    page.click("#pacing-act")
    expect(page.locator("#pacing")).to_have_text("Belts follow the person.")
    page.context.close()


def test_what_the_person_says_is_noted(site):
    page = site.open("/console")
    expect(page.locator("#pain")).to_contain_text("not told")
    page.click("#pain")
    page.click("#rate-pain-3")
    expect(page.locator("#scale")).to_have_count(0)
    expect(page.locator("#pain")).to_contain_text(re.compile(r"Pain 3 at \d:\d\d"))
    expect(page.locator("#events")).to_contain_text("Told: pain 3 of 10.")
    page.click("#effort")
    page.click("#rate-effort-15")
    expect(page.locator("#events")).to_contain_text("Told: effort 15 of 20.")
    expect(page.locator("#effort")).to_contain_text("Effort 15")
    expect(page.locator("#difficulty-state")).to_contain_text(
        re.compile("Not harder now: effort 15 is over 14")
    )
    assert not site.problems
    page.context.close()
