"""A console of a session with perturbations: they come when someone lets them, and not before."""

import re

import pytest
from browser.presses import unlock, walk
from browser.rooms import PATIENT, room
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.realtime]

PERTURB = {
    "pulses": [{"kind": "push"}],
    "count": 3,
    "warm_up_strides": 5,
    "min_strides": 4,
    "max_strides": 4,
    "catch_frac": 0.0,
}
FIRST_MS = 60_000
"""Ten strides of a slow walk, and one pulse."""


BLIND = {"pulses": [{"kind": "push"}], "warm_up_strides": 5, "is_blind": True}


def test_perturbations_come_when_they_are_let_and_are_held_back_at_a_press(open_site):
    with open_site("boat", room=room(**PATIENT), perturb=PERTURB, wave_height_m=0.0) as site:
        page = site.open("/console")
        state = page.locator("#perturbations-state")
        events = page.locator("#events")
        expect(state).to_have_text("0 of 3 done. Held back.")
        expect(page.locator("#perturb")).to_have_count(0)
        # With the plates' card open there is still a plot to look at, and nothing to scroll.
        unlock(page)
        expect(page.locator(".plates")).to_be_visible()
        heights = "[m => m.scrollHeight - m.clientHeight, m => m.querySelector('.plot-box')"
        heights += ".clientHeight].map(f => f(document.querySelector('main')))"
        hidden_px, plot_px = page.evaluate(heights)
        assert hidden_px <= 0
        assert plot_px >= 150
        walk(page)
        page.click("#perturb")
        expect(state).to_contain_text("Next: push")
        expect(state).to_contain_text(re.compile("^1 of 3 done"), timeout=FIRST_MS)
        expect(events).to_contain_text(re.compile(r"Push 1 of 3, (left|right) leg: "))
        page.click("#calm")
        expect(state).to_contain_text("done. Held back.")
        page.click("#pause")
        expect(page.locator("#mode-word")).to_have_text("IDLE")
        expect(page.locator("#perturb")).to_have_count(0)
        assert not site.problems
        page.context.close()


def test_the_blinded_see_what_goes_on_and_neither_which_trial_is_next_nor_when(open_site):
    perturb = BLIND | {"visual": {"amplitude_m": 0.3}}
    with open_site("boat", room=room(**PATIENT), perturb=perturb, wave_height_m=0.0) as site:
        page = site.open("/console")
        expect(page.locator("#perturbations-title")).to_have_text("Perturbations (blinded)")
        expect(page.locator("#unrest-state")).to_have_text("Picture sways, 30 cm: held back.")
        walk(page)
        page.click("#perturb")
        state = page.locator("#perturbations-state")
        expect(state).to_have_text("0 of 24 done. What comes next, and when, is not shown.")
        expect(page.locator("#unrest-state")).to_have_text("Picture sways, 30 cm: in full.")
        page.click("#pause")
        expect(page.locator("#mode-word")).to_have_text("IDLE")
        assert not site.problems
        page.context.close()
