"""The pages themselves: readable by everyone, typed, and nothing that their policy forbids."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rehabsim.web.door import PAGES

pytestmark = pytest.mark.browser

WEB = PAGES.parent
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MAX_GZIP_BYTES = {"console": 80_000, "display": 260_000}


def faults(page: Page) -> list[str]:
    """Return what the accessibility rules have to say against the page as it is."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "rules => axe.run({runOnly: {type: 'tag', values: rules}}).then(r => r.violations.map("
        "v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.failureSummary).join('; ')))",
        RULES,
    )
    return [str(fault) for fault in found]


@pytest.fixture(scope="module")
def site(open_site):
    with open_site("boat") as site:
        yield site


@pytest.mark.realtime
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 768), (640, 400)])
def test_everyone_can_read_and_work_the_console(site, width, height, missing):
    if not AXE.is_file():
        missing(f"{AXE} is not there: make web")
    page = site.open("/console", width, height)
    expect(page.locator("#mode-word")).not_to_have_text(re.compile("WAITING|UNKNOWN"))
    page.click("#arm")
    expect(page.locator("#note-arm")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#stop-answer")).to_contain_text("keeper stops the belts")
    assert faults(page) == []
    page.context.close()


@pytest.mark.realtime
def test_the_console_is_readable_when_nobody_answers(site, missing):
    if not AXE.is_file():
        missing(f"{AXE} is not there: make web")
    page = site.open("/console")
    expect(page.locator("#mode-word")).not_to_have_text(re.compile("WAITING|UNKNOWN"))
    site.gateway.end(3.0)
    expect(page.locator("#mode-word")).to_have_text("UNKNOWN")
    page.keyboard.press("Space")
    expect(page.locator("#stop-answer")).to_contain_text(re.compile("NOT (sent|confirmed)"))
    assert faults(page) == []
    page.context.close()


def test_the_pages_agree_with_their_types(missing):
    npm = shutil.which("npm")
    if npm is None or not (WEB / "node_modules" / "typescript").is_dir():
        missing("npm or its packages are not installed")
    done = subprocess.run(
        [str(npm), "run", "--silent", "check"], cwd=WEB, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_page_holds_anything_inline_and_every_file_is_named_by_its_content():
    for page in PAGES.glob("*.html"):
        text = page.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text)
        assert "<style" not in text
        assert not re.search(r"\son\w+=|\sstyle=", text)
        for address in re.findall(r'(?:src|href)="(/[^"]+)"', text):
            assert re.fullmatch(r"/assets/[\w.]+-[\w-]{8}\.(js|css)", address)
            assert (PAGES / address.lstrip("/")).is_file()


@pytest.mark.parametrize("name", MAX_GZIP_BYTES)
def test_a_page_is_small_enough_to_be_there_at_once(name):
    size = sum(len(gzip.compress(path.read_bytes())) for path in _files_of(name))
    assert size <= MAX_GZIP_BYTES[name]


def _files_of(name: str) -> set[Path]:
    """Return every script and style that a page may load."""
    waiting = set(re.findall(r"/assets/([^\"]+)", (PAGES / f"{name}.html").read_text()))
    found: set[str] = set()
    while waiting:
        file = waiting.pop()
        found.add(file)
        text = (PAGES / "assets" / file).read_text()
        named = set(re.findall(r"[\w-]+-[\w-]{8}\.(?:js|css)", text))
        waiting |= {other for other in named if (PAGES / "assets" / other).is_file()} - found
    return {PAGES / "assets" / file for file in found}
