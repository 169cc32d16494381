"""A real browser before the real processes of a session."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import pytest
from house import House
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect, sync_playwright

from rehabsim.base.site import Session
from rehabsim.base.site import Site as Room
from rehabsim.session.ending import NEVER, Ends
from rehabsim.session.messages import BlockPlace
from rehabsim.session.run import SessionPlan
from rehabsim.session.setup import plain
from rehabsim.session.supervise import Child
from rehabsim.web.door import PAGES

PAINTS = ["--no-sandbox", "--disable-gpu"]
"""Draws pages without a graphics card, as cheaply as may be."""

DRAWS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
"""Draws worlds without a graphics card, at a high price that the display's page alone needs to pay:
newer browsers do so only when they are told to."""

# How soon a page must follow is said where a test is about that; elsewhere it may be busy.
expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give what waits for a picture a second try; pytest's last line counts those who needed one.

    Four processes, a browser that draws without a graphics card and the test share the cores here:
    now and then one of them is late for the other. Belts are never tested with a second try.
    """
    folder = Path(__file__).parent
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


def _missing(what: str) -> NoReturn:
    """Skip a test that this machine cannot run; on CI nothing may be missing."""
    if os.environ.get("CI"):
        pytest.fail(what, pytrace=False)
    pytest.skip(what)


@pytest.fixture
def missing() -> Callable[[str], NoReturn]:
    return _missing


# Not for the whole session: while the browser is open, no other event loop can run.
@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A browser that draws worlds where a module says `NEEDS_WORLD`, and else a lighter one."""
    flags = DRAWS if getattr(request.module, "NEEDS_WORLD", False) else PAINTS
    path = shutil.which("chromium")
    if path is None:
        _missing("chromium is not installed: apt-get install chromium")
    if not (PAGES / "console.html").is_file():
        _missing(f"the pages are not in {PAGES}: make web")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@dataclass
class Site:
    """A house with one session and one gateway.

    Attributes:
        house: Laboratory and keeper.
        address: Of the pages.
        session: The session's process.
        problems: What pages said in their consoles that is not in order.
        sent: What pages sent over their sockets.
    """

    house: House
    browser: Browser
    address: str
    gateway: Child
    session: Child
    problems: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def open(self, path: str, width: int = 1280, height: int = 800) -> Page:
        """Return a new page in a context of its own."""
        context = self.browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on(
            "console",
            lambda said: self.problems.append(said.text) if said.type == "error" else None,
        )
        page.on(
            "websocket",
            lambda socket: socket.on("framesent", lambda data: self.sent.append(str(data))),
        )
        page.goto(self.address + path)
        return page

    @contextmanager
    def frozen(self, child: Child) -> Iterator[None]:
        """Stop a process, as a hang would, and let it go on at the end."""
        os.kill(child.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(child.process.pid, signal.SIGCONT)


OpenSite = Callable[..., AbstractContextManager[Site]]


@pytest.fixture(scope="module")
def open_site(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> OpenSite:
    """Return how to run a house with a session of a scenario, and pages on it.

    One at a time: a second house beside it makes every process of both too slow for a page.
    """
    is_open = False

    @contextmanager
    def run(
        scenario: str = "boat",
        *,
        has_operator: bool = False,
        needs_display: bool = False,
        room: Room | None = None,
        perturb: dict[str, Any] | None = None,
        adapt: dict[str, Any] | None = None,
        pacing: dict[str, Any] | None = None,
        ends: Ends = NEVER,
        block: BlockPlace | None = None,
        **params: float,
    ) -> Iterator[Site]:
        nonlocal is_open
        assert not is_open, "close the other house first: two are too much for two cores"
        is_open = True
        try:
            with House(tmp_path_factory.mktemp("house"), room=room) as house:
                table = Session(
                    scenario=scenario,
                    cruise_speed_mps=0.5,
                    needs_display=needs_display,
                    perturb=perturb,
                    adapt=adapt,
                    pacing=pacing,
                    params=params,
                )
                plan = _plan(house, table, has_operator=has_operator)
                session = _start_session(house, replace(plan, ends=ends, block=block))
                gateway, address = house.start_gateway()
                yield Site(house, browser, address, gateway, session)
        finally:
            is_open = False

    return run


def _plan(house: House, table: Session, *, has_operator: bool) -> SessionPlan:
    return SessionPlan(
        site=plain(house.site),
        session=plain(table),
        treadmill=house.treadmill,
        plates=house.plates,
        harness=house.harness,
        platform=house.platform,
        keeper_url=house.keeper_url,
        epoch_ns=house.epoch_ns,
        has_operator=has_operator,
        where="a browser's test",
    )


def _start_session(house: House, plan: SessionPlan) -> Child:
    session = house.start("session", ["-m", "rehabsim.session.run"], msgspec.json.encode(plan))
    session.wait_ready()
    return session
