"""The display in a real browser: every scenario's picture moves, and freezes when nobody speaks."""

import contextlib
import io
import time
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import tasks
from browser.rooms import PATIENT, room
from clients import Console
from playwright.sync_api import Page, expect

NEEDS_WORLD = True
pytestmark = [pytest.mark.browser, pytest.mark.realtime]

PLAIN = Path(tasks.__file__)

WIDTH, HEIGHT = 240, 136
"""Small: without a graphics card every pixel costs time."""

OLDEST_S = 5.0
"""Oldest picture allowed where a processor draws it and runs the session beside."""

FIRST_PICTURE_S = 60


def picture(page: Page) -> np.ndarray:
    """Return what is on the page now as (height, width, 3), 0 to 255."""
    image = matplotlib.image.imread(io.BytesIO(page.screenshot()))
    return np.asarray(image[:, :, :3] * 255.0)


def show(site, scenario: str, query: str = "") -> Page:
    page = site.open(f"/display{query}", WIDTH, HEIGHT)
    wait_for_pictures(page, scenario)
    return page


def wait_for_pictures(page: Page, scenario: str) -> None:
    """Wait until some pictures of a scenario have been drawn."""
    deadline = time.monotonic() + FIRST_PICTURE_S
    while True:
        shown = page.evaluate("({...document.getElementById('world').dataset})")
        if shown.get("world") == scenario and int(shown.get("pictures", 0)) > 5:
            return
        assert time.monotonic() < deadline, f"no picture of {scenario}: {shown}"
        page.wait_for_timeout(100)


def changed_part(before: np.ndarray, after: np.ndarray) -> float:
    return float(np.mean(np.abs(after - before).max(axis=2) > 8))


def test_a_training_that_needs_its_picture_stands_still_without_it(open_site):
    watched = room(**PATIENT, max_display_age_s=OLDEST_S)
    # A scenario without a picture of its own gets a plain floor, which any computer can draw; who
    # is in command needs no page, which would be drawn by the same processor.
    with (
        open_site(str(PLAIN), room=watched, needs_display=True) as site,
        contextlib.closing(Console(site.house.state_url, site.house.request_url)) as console,
    ):
        wait_for(console, "idle", "reset")
        refused = console.ask("arm")
        assert refused["status"] == "rejected"
        assert "no display has shown this session" in refused["reason"]
        screen = site.open("/display?calm=1&scale=0.5", WIDTH, HEIGHT)
        wait_for_pictures(screen, "tasks")
        wait_for(console, "armed", "arm")
        assert console.ask("start")["status"] == "applied"
        wait_for(console, "running", "alive")
        screen.close()
        wait_for(console, "locked", "alive")
        assert "picture on the display is" in console.state().cause


def wait_for(console: Console, mode: str, act: str) -> None:
    """Ask for an act until the belts are in a mode."""
    deadline = time.monotonic() + FIRST_PICTURE_S
    while console.state().mode != mode:
        assert time.monotonic() < deadline, console.state()
        console.ask(act)
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("scenario", "params"), [("boat", {}), ("hike", {"targets_per_min": 12.0}), ("drive", {})]
)
def test_the_picture_is_drawn_moves_and_asks_for_nothing(open_site, scenario, params):
    with open_site(scenario, has_operator=True, **params) as site:
        site.house.wait_for_speed(0.3)
        page = show(site, scenario)
        expect(page.locator("#note")).to_be_empty()
        first = picture(page)
        page.wait_for_timeout(1500)
        second = picture(page)
        assert first.std() > 15
        assert changed_part(first, second) > 0.02
        expect(page.locator(".score")).not_to_be_empty()
        if "targets_per_min" in params:
            # A line to land on is seen from above until the foot is there.
            expect(page.locator("#footway")).to_be_visible(timeout=30_000)
        assert site.sent
        assert all('"ping"' in data for data in site.sent)
        assert not site.problems
        page.context.close()


def test_the_picture_freezes_when_the_session_falls_silent(open_site):
    with open_site("boat", has_operator=True) as site:
        page = show(site, "boat", "?scale=1")
        expect(page.locator("#note")).to_be_empty()
        with site.frozen(site.session):
            expect(page.locator("#note")).to_have_text("No connection")
            # What was on its way is shown, then nothing moves.
            page.wait_for_timeout(2000)
            still = picture(page)
            page.wait_for_timeout(700)
            assert changed_part(still, picture(page)) < 0.002
        expect(page.locator("#note")).to_be_empty()
        later = picture(page)
        page.wait_for_timeout(1000)
        assert changed_part(later, picture(page)) > 0.02
        page.context.close()


def test_calm_means_that_the_eye_does_not_sway(open_site):
    with open_site("boat", wave_height_m=2.0) as site:
        tops = []
        for query in ("?calm=1&scale=1", "?scale=1"):
            page = show(site, "boat", query)
            page.wait_for_timeout(1000)
            # On the shore nothing moves but what the eye does; the mast in the middle does.
            pictures = []
            for _ in range(4):
                pictures.append(picture(page)[HEIGHT // 6 : HEIGHT // 3, : WIDTH // 3])
                page.wait_for_timeout(700)
            tops.append(max(changed_part(pictures[0], later) for later in pictures[1:]))
            page.context.close()
    assert tops[0] < 0.002
    assert tops[1] > 0.02
