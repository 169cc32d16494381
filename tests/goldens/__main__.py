"""Hold every installed scenario against its golden, or write the goldens anew.

python tests/goldens                   says what differs, exit status 1 where something does
python tests/goldens --write [NAME …]  writes those of all, or of these
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from goldens.golden import FOLDER, difference, path_of, read, record, write

from rehabsim.devices.driver import installed
from rehabsim.session.repertoire import SCENARIOS
from rehabsim.session.setup import ready_session


def main() -> int:
    """Do what the command line says."""
    words = sys.argv[1:]
    has_to_write, known = "--write" in words, list(installed(SCENARIOS))
    names = [word for word in words if word != "--write"] or known
    if unknown := [name for name in names if name not in known]:
        print(f"{', '.join(unknown)}: not installed. Known: {', '.join(known)}.")
        return 2
    status = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            now = record(ready_session(name), Path(folder) / "golden.mcap")
        path = path_of(name)
        what = difference(read(path), now) if path.exists() else f"{name}: has no golden"
        if has_to_write:
            write(now, path)
        print(what or f"{name}: as it was")
        status = 1 if what and not has_to_write else status
    if has_to_write and names == known:
        for path in FOLDER.glob("*.json"):
            if path.stem not in known:
                path.unlink()
                print(f"{path.stem}: is not installed any more; its golden is removed")
    return status


if __name__ == "__main__":
    sys.exit(main())
