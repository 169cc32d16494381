"""What a therapist's fingers do, again where this computer was late and the belts were disarmed."""

import time

from playwright.sync_api import Page

PATIENCE_S = 40


def mode(page: Page) -> str:
    return page.inner_text("#mode-word")


def unlock(page: Page) -> None:
    """Bring the belts to idle from whatever the test before left."""
    deadline = time.monotonic() + PATIENCE_S
    while mode(page) != "IDLE":
        assert time.monotonic() < deadline, f"still {mode(page)}"
        if mode(page) == "LOCKED":
            page.click("#reset")
        page.wait_for_timeout(200)


def arm(page: Page) -> None:
    """Arm the belts, whatever they did before."""
    unlock(page)
    deadline = time.monotonic() + PATIENCE_S
    while mode(page) != "ARMED":
        assert time.monotonic() < deadline, page.inner_text(".press.arm")
        page.click("#arm")
        page.wait_for_timeout(200)


def walk(page: Page) -> None:
    """Arm and start the belts."""
    deadline = time.monotonic() + PATIENCE_S
    while mode(page) not in ("STARTING", "RUNNING"):
        assert time.monotonic() < deadline, page.inner_text("#events")
        arm(page)
        page.click("#start")
        page.wait_for_timeout(200)
