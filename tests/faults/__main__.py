"""`python tests/faults [--share S] [NAME ...]`: runs safety campaigns, all of them or those named.

Each replaces its own section of SAFETY_FIGURES.md when it is done.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults.figures import PAGE, campaigns, replaced, section, titles


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/faults", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of each campaign, up to 1")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(campaigns()))
    asked = parser.parse_args()
    unknown = sorted(set(asked.names) - set(campaigns()))
    if unknown:
        parser.error(f"no campaign {', '.join(unknown)}. Known: {', '.join(campaigns())}.")
    for name in asked.names or campaigns():
        new = section(name, asked.share)
        print(new, flush=True)
        page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        PAGE.write_text(replaced(page, new, titles()), encoding="utf-8")


if __name__ == "__main__":
    main()
