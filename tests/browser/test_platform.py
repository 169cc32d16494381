"""A console on a platform: what it shows of it, and that a press brings it home and up."""

import re

import pytest
from playwright.sync_api import expect
from session.platform_room import room

pytestmark = [pytest.mark.browser, pytest.mark.realtime]


@pytest.fixture(scope="module")
def site(open_site):
    with open_site("boat", room=room(), wave_height_m=0.0) as site:
        yield site


def test_a_platform_is_frozen_until_someone_settles_it_and_rises_when_asked(site):
    page = site.open("/console")
    state = page.locator("#platform-state")
    expect(state).to_have_text("Frozen since start-up.")
    page.click("#reset")
    expect(page.locator("#mode-word")).to_have_text("IDLE")
    page.click("#arm")
    expect(page.locator("#note-arm")).to_contain_text("Not ready: the platform is frozen")
    page.click("#platform-settle")
    expect(state).to_have_text("At home, without power.")
    page.click("#platform-engage")
    expect(state).to_have_text("Rising.")
    expect(state).to_have_text("Up, and waits for the belts.")
    page.click("#arm")
    expect(page.locator("#mode-word")).to_have_text("ARMED")
    expect(page.locator("#platform-settle")).to_have_count(0)
    page.click("#stop")
    expect(page.locator("#mode-word")).to_have_text(re.compile("LOCKED"))
    expect(state).to_contain_text("Frozen where it is. STOP came from")
    page.click("#platform-settle")
    expect(state).to_have_text("At home, without power.")
    assert not site.problems
    page.context.close()
