"""What a therapist's fingers do, again where this computer was late and the belts were disarmed."""

import time
from collections.abc import Callable

from playwright.sync_api import Page

PATIENCE_S = 60
LOOK_MS = 200
FOLLOW_S = 5.0
"""How long a press may take to show before it is pressed again."""


def mode(page: Page) -> str:
    return page.inner_text("#mode-word")


def unlock(page: Page) -> None:
    """Bring the belts to idle from whatever the test before left."""
    _until(page, lambda: mode(page) == "IDLE", lambda: _press_towards_idle(page))


def arm(page: Page) -> None:
    """Arm the belts, whatever they did before."""
    _until(page, lambda: mode(page) == "ARMED", lambda: _press_arm(page))


def walk(page: Page) -> None:
    """Have the belts move, with this console in command."""
    _until(page, lambda: _is_walking(page), lambda: _press_start(page))


def _press_towards_idle(page: Page) -> None:
    if mode(page) == "LOCKED":
        page.click("#reset")
    elif mode(page) in ("ARMED", "STARTING", "RUNNING", "HOLDING"):
        page.click("#pause")


def _press_arm(page: Page) -> None:
    unlock(page)
    page.click("#arm")


def _press_start(page: Page) -> None:
    arm(page)
    page.click("#start")


def _is_walking(page: Page) -> bool:
    is_in_command = "self" in (page.get_attribute("#commander", "class") or "")
    return is_in_command and mode(page) in ("STARTING", "RUNNING")


def _until(page: Page, is_done: Callable[[], bool], press: Callable[[], None]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_done():
        assert time.monotonic() < deadline, f"still {mode(page)}: {page.inner_text('#events')}"
        press()
        since = time.monotonic()
        while not is_done() and time.monotonic() - since < FOLLOW_S:
            page.wait_for_timeout(LOOK_MS)
