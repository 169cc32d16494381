"""`python tests/faults [SHARE]`: runs every safety campaign and writes SAFETY_FIGURES.md."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults.figures import PAGE, page


def main() -> None:
    parts = []
    for part in page(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0):
        print(part, flush=True)
        parts.append(part)
    PAGE.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
