"""A console of a programme's block: where it stands, how long it goes on, and what comes after."""

import re

import pytest
from browser.presses import walk
from browser.rooms import PATIENT, room
from msgspec.structs import replace
from playwright.sync_api import expect

from rehabsim.session.ending import Ends
from rehabsim.session.messages import BlockPlace

pytestmark = [pytest.mark.browser, pytest.mark.realtime]

BLOCK = BlockPlace(
    programme="Balance after a fall",
    visit=3,
    visits=10,
    number=2,
    count=5,
    title="Straight on",
    says="Keep the bow between the posts.",
    lasts_s=8.0,
    rest_s=90.0,
    next_title="Over the path",
)


def test_a_block_says_what_it_is_counts_down_and_leaves_its_rest_on_the_screen(open_site):
    ends = Ends(walk_s=BLOCK.lasts_s)
    calm = {"wave_height_m": 0.0}
    block = replace(BLOCK, effort_scale="0-10")
    with open_site("boat", room=room(**PATIENT), ends=ends, block=block, **calm) as site:
        page = site.open("/console")
        expect(page.locator("#block-title")).to_have_text("Block 2 of 5: Straight on")
        card = page.locator(".block")
        expect(card).to_contain_text("Visit 3 of 10, Balance after a fall")
        expect(card).to_contain_text("Keep the bow between the posts.")
        expect(page.locator("#block-left")).to_have_text("0:08 left")
        page.click("#effort")
        expect(page.locator("#rate-effort-10")).to_be_visible()
        expect(page.locator("#rate-effort-20")).to_have_count(0)
        page.click("#effort")
        walk(page)
        expect(page.locator("#block-left")).to_have_text(re.compile("0:0[1-6] left"))
        sentence = page.locator("#mode-sentence")
        expect(page.locator("#mode-word")).to_have_text("OVER")
        expect(sentence).to_have_text(
            re.compile(r"The time is over\. Rest 1:\d\d, then: Over the path\. Pain and effort")
        )
        # Nobody answers any more, and the screen says so without an alarm that is none.
        assert site.session.process.wait(30) == 0
        expect(page.locator("#left-measured")).to_have_css("text-decoration-line", "line-through")
        expect(page.locator("#mode-word")).to_have_text("OVER")
        expect(page.locator(".act.arm")).not_to_have_class(re.compile("next"))
        before = sentence.inner_text()
        expect(sentence).not_to_have_text(before)
        page.click("#arm")
        expect(page.locator("#note-arm")).to_contain_text("nothing was sent")
        page.context.close()


def test_after_a_block_the_page_hears_how_it_was_and_goes_on_once_the_rest_is_over(open_site):
    rest_s = 6.0
    ends = Ends(walk_s=3.0, rest_s=rest_s)
    block = replace(BLOCK, lasts_s=3.0, rest_s=rest_s)
    with open_site("boat", room=room(**PATIENT), ends=ends, block=block, wave_height_m=0.0) as site:
        page = site.open("/console")
        page.set_viewport_size({"width": 1280, "height": 800})
        expect(page.locator("#go_on")).to_have_count(0)
        walk(page)
        sentence = page.locator("#mode-sentence")
        expect(sentence).to_have_text(
            re.compile(r"The time is over\. Rest 0:0\d, then: Over the path\. Tell pain and effort")
        )
        page.click("#go_on")
        expect(page.locator("#note-go_on")).to_contain_text("of rest are left")
        page.click("#arm")
        expect(page.locator("#note-arm")).to_contain_text("This block is over.")
        for what, level in (("pain", 3), ("effort", 13)):
            expect(page.locator(f"#{what}")).to_have_class("wanted")
            page.click(f"#{what}")
            page.click(f"#rate-{what}-{level}")
            expect(page.locator(f"#{what} b")).to_have_text(str(level))
            expect(page.locator(f"#{what}")).not_to_have_class("wanted")
        expect(sentence).to_contain_text("The rest is over.")
        page.click("#go_on")
        assert site.session.process.wait(30) == 0
        expect(sentence).to_contain_text("Next: Over the path.")
        *_, last = iter(site.session.heard.get, None)
        summary = last["summary"]
        assert summary["has_gone_on"]
        assert (summary["pain_nrs"], summary["effort_rpe"]) == (3.0, 13.0)
        assert summary["rested_s"] >= rest_s
        page.context.close()
