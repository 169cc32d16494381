"""The console in a real browser, before a real session: what it shows, and what a press does."""

import re
import time
from collections.abc import Iterator

import pytest
from browser.presses import arm, unlock, walk
from browser.rooms import PATIENT, room
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.realtime]

RED = "rgb(179, 18, 29)"
STRUCK = ("text-decoration-line", "line-through")
SIZES = [(1920, 1080), (1280, 800), (1024, 768), (640, 400)]


@pytest.fixture(scope="module")
def site(open_site):
    with open_site("boat", room=room(**PATIENT), wave_height_m=0.0) as site:
        yield site


def opened(site) -> Iterator[Page]:
    """Open a console, wait until it knows something, and close it at the end."""
    page = site.open("/console")
    expect(page.locator("#mode-word")).not_to_have_text(re.compile("WAITING|UNKNOWN"))
    yield page
    page.context.close()


@pytest.fixture
def console(site) -> Iterator[Page]:
    yield from opened(site)


@pytest.fixture
def other(site) -> Iterator[Page]:
    """A second console."""
    yield from opened(site)


@pytest.fixture(scope="module")
def still(site) -> Iterator[Page]:
    """A console that is only looked at, in one size after another."""
    yield from opened(site)


def number(page: Page, name: str) -> float:
    text = page.inner_text(f"#{name}")
    return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else 0.0


def settle(page: Page, name: str, least: float, within_s: float = 15) -> None:
    deadline = time.monotonic() + within_s
    while number(page, name) < least:
        assert time.monotonic() < deadline, f"{name} is {page.inner_text('#' + name)}"
        page.wait_for_timeout(50)


def test_it_walks_someone_and_shows_the_speed_that_the_belts_really_have(site, console):
    walk(console)
    expect(console.locator("#commander")).to_contain_text("this console")
    settle(console, "left-measured", 0.48)
    settle(console, "cadence", 30)
    for side in (1, 2):
        truth_mps = site.house.belts(site.house.now_s() - 0.5)[-1, side]
        shown_mps = number(console, "left-measured" if side == 1 else "right-measured")
        assert shown_mps == pytest.approx(truth_mps, abs=0.05)
    expect(console.locator(".source").first).to_have_text("SIMULATED")


def test_it_stays_in_command_and_pause_brings_the_belts_to_rest(site, console):
    walk(console)
    console.wait_for_timeout(1000 * (site.house.site.limits.max_operator_age_s + 1))
    expect(console.locator("#mode-word")).to_have_text("RUNNING")
    console.click("#pause")
    expect(console.locator("#mode-word")).to_have_text("STOPPING")
    expect(console.locator("#mode-word")).to_have_text("IDLE")
    assert number(console, "left-measured") < 0.03


def test_two_quick_taps_are_two_steps_of_speed(console):
    unlock(console)
    before_mps = number(console, "cruise")
    console.evaluate(
        "['speed-up-5', 'speed-up-5', 'speed-up-10'].forEach("
        "name => document.getElementById(name).click())"
    )
    expect(console.locator("#cruise")).to_have_text(f"{before_mps + 0.2:.2f}")
    console.click("#speed-down-10")
    expect(console.locator("#cruise")).to_have_text(f"{before_mps + 0.1:.2f}")
    console.click("#speed-down-10")
    expect(console.locator("#cruise")).to_have_text(f"{before_mps:.2f}")


@pytest.mark.parametrize("how", ["click", "Space", "Escape"])
def test_stop_reaches_the_keeper_and_locks_the_belts(console, how):
    walk(console)
    settle(console, "left-measured", 0.2)
    if how == "click":
        console.click("#stop")
    else:
        # The key stops even when another button has the focus, and does not press that.
        console.focus("#pause")
        console.keyboard.press(how)
    expect(console.locator("#stop-answer")).to_contain_text("The keeper stops the belts")
    expect(console.locator("#mode-word")).to_have_text("LOCKED")
    expect(console.locator("#mode-sentence")).to_contain_text("STOP was pressed on this console")
    assert number(console, "left-measured") < 0.03


def test_a_space_in_a_note_is_a_space(console):
    console.fill("#marker-input", "near")
    console.press("#marker-input", "Space")
    console.type("#marker-input", "fall")
    console.press("#marker-input", "Enter")
    expect(console.locator("#events")).to_contain_text("near fall")
    assert console.inner_text("#stop-answer") == ""


def test_what_is_refused_says_why_at_the_button(console):
    unlock(console)
    console.click("#start")
    expect(console.locator("#note-start")).to_contain_text("Start works when armed")
    expect(console.locator("#start")).to_contain_text("refused")


def test_only_one_console_is_in_command(console, other):
    arm(console)
    expect(other.locator("#mode-word")).to_have_text("ARMED")
    other.click("#start")
    expect(other.locator("#note-start")).to_contain_text("is in command")
    console.click("#pause")
    expect(console.locator("#mode-word")).to_have_text("IDLE")


def test_command_changes_hands_by_an_act_at_each_of_two_consoles(console, other):
    walk(console)
    other.click("#take_over")
    expect(other.locator("#note-take_over")).to_contain_text("ask there to hand over")
    console.click("#hand_over")
    expect(console.locator("#hand_over")).to_contain_text("✓")
    other.click("#take_over")
    expect(other.locator("#commander")).to_have_class(re.compile("self"))
    expect(console.locator("#commander")).not_to_have_class(re.compile("self"))
    expect(console.locator("#mode-word")).to_have_text(re.compile("STARTING|RUNNING"))
    other.click("#pause")
    expect(console.locator("#mode-word")).to_have_text("IDLE")


def test_when_the_console_in_command_goes_the_belts_come_to_rest(console, other):
    walk(other)
    settle(other, "left-measured", 0.3)
    other.context.close()
    expect(console.locator("#mode-word")).to_have_text("LOCKED")
    expect(console.locator("#mode-sentence")).to_contain_text("console in command")


def test_old_numbers_are_never_shown_as_live_and_stop_still_works(site, console):
    walk(console)
    settle(console, "left-measured", 0.3)
    with site.frozen(site.session):
        since = time.monotonic()
        expect(console.locator("#mode-word")).to_have_text("UNKNOWN")
        assert time.monotonic() - since < 3
        expect(console.locator("#mode-sentence")).to_contain_text("numbers are old")
        expect(console.locator("#left-measured")).to_have_css(
            "text-decoration-line", "line-through"
        )
        # Nobody may be started by what is not seen.
        console.click("#start")
        expect(console.locator("#note-start")).to_contain_text("nothing was sent")
        console.keyboard.press("Space")
        expect(console.locator("#stop-answer")).to_contain_text("The keeper stops the belts")
    expect(console.locator("#mode-word")).to_have_text("LOCKED")
    expect(console.locator("#left-measured")).not_to_have_css(*STRUCK)


def test_stop_does_not_look_alive_when_nobody_would_hear_it(site, console):
    face = console.locator("#stop .stop-face")
    expect(face).to_have_css("background-color", RED)
    with site.frozen(site.gateway):
        expect(console.locator("#stop")).to_contain_text("red button on the machine")
        expect(face).not_to_have_css("background-color", RED)
        console.click("#stop")
        expect(console.locator("#stop-answer")).to_contain_text("confirmed")
        expect(console.locator("#stop-answer")).to_contain_text("red button")
    expect(face).to_have_css("background-color", RED)
    # It was sent again until somebody confirmed it.
    expect(console.locator("#stop-answer")).to_contain_text(re.compile("✓ The (keeper|belts)"))


def test_a_reloaded_console_is_the_same_console_and_live_at_once(site, console):
    walk(console)
    name = console.inner_text("#commander")
    console.reload()
    expect(console.locator("#mode-word")).to_have_text(re.compile("STARTING|RUNNING"))
    expect(console.locator("#commander")).to_contain_text("this console")
    assert console.inner_text("#commander") == name
    console.click("#pause")


def test_a_second_tab_takes_over_and_the_first_one_says_so(console):
    twin = console.context.new_page()
    key = console.evaluate("sessionStorage.getItem('rehabsim.console.key')")
    twin.add_init_script(f"sessionStorage.setItem('rehabsim.console.key', '{key}')")
    twin.goto(console.url)
    expect(console.locator("#mode-word")).to_have_text("ELSEWHERE")
    console.click("text=Continue here")
    expect(console.locator("#mode-word")).not_to_have_text("ELSEWHERE")
    expect(twin.locator("#mode-word")).not_to_have_text("ELSEWHERE")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_stop_is_in_view_large_and_on_top(still, width, height):
    still.set_viewport_size({"width": width, "height": height})
    still.click("#reset")
    box = still.locator("#stop").bounding_box()
    assert box is not None
    assert box["width"] >= 150
    assert box["height"] >= 140
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= height
    assert (
        still.evaluate(
            "([x, y]) => document.elementFromPoint(x, y).closest('button')?.id",
            [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
        )
        == "stop"
    )


@pytest.mark.parametrize(("width", "height"), SIZES[:3])
def test_what_matters_needs_no_scrolling_and_no_small_target(still, width, height):
    still.set_viewport_size({"width": width, "height": height})
    overflow = still.evaluate(
        "[document.documentElement.scrollWidth - innerWidth,"
        " document.documentElement.scrollHeight - innerHeight]"
    )
    assert max(overflow) <= 0
    for control in still.locator("button:visible, a:visible, input:visible").all():
        box = control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 48, control.evaluate("e => e.outerHTML")
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_in_a_card_lies_on_another_card(still, width, height):
    still.set_viewport_size({"width": width, "height": height})
    unlock(still)
    expect(still.locator(".plates")).to_be_visible()
    overlaps = still.evaluate(
        """() => {
          const cards = [...document.querySelectorAll(".card")];
          const isApart = (a, b) =>
            a.right <= b.left + 1 || b.right <= a.left + 1 ||
            a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
          const found = [];
          for (const card of cards) {
            for (const part of card.querySelectorAll(":not(.uplot, .uplot *)")) {
              const box = part.getBoundingClientRect();
              for (const other of cards) {
                const isOutside = !card.contains(other) && !other.contains(card);
                if (isOutside && box.width * box.height > 0 &&
                    !isApart(box, other.getBoundingClientRect())) {
                  found.push(`${part.className} of ${card.className} on ${other.className}`);
                }
              }
            }
          }
          return found;
        }"""
    )
    assert not overlaps


def test_no_page_complained(site):
    # A page whose gateway is frozen, or that was left, says so; that is not a fault.
    faults = [text for text in site.problems if "WebSocket" not in text]
    assert not faults


def test_plates_are_prepared_while_the_belts_rest_and_only_then(console):
    unlock(console)
    console.click("#plates-weigh")
    found = console.locator("#plates-found")
    expect(found).to_contain_text(re.compile(r"Weighed: 7[45]\.\d kg"))
    console.click("#plates-zero_plates")
    expect(found).to_contain_text("Not zeroed: the left plate bears")
    walk(console)
    expect(console.locator(".plates")).to_have_count(0)
    console.click("#pause")
