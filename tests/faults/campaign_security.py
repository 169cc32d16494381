"""The security table: what was tried at each entrance, and what is not done yet."""

import ast
import contextlib
import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from faults import security_live, security_mqtt, security_net, security_scenario, security_web
from faults.campaign_inputs import rows as input_rows
from faults.campaign_log import tampering
from faults.figures import Row
from faults.log_disk import material

TITLE = "Security"
INTRODUCTION = (
    "One row or more for each threat that the design lists. A failure is whatever got in, got out"
    " or fell over. Rows with N = 0 are not done, and say why."
)
ROOT = Path(__file__).parents[2]
SOURCES = ("src", "simulator", "scenarios")
RULES = "S301,S302,S307,S506,TID251"


def rows(share: float) -> Iterator[Row]:
    """Yield the table; with a small share the slow parts are short."""
    with tempfile.TemporaryDirectory() as folder:
        yield security_net.strangers(round(100 * max(share, 0.24)), for_s=1.0 + share)
        yield from security_web.rows()
        yield security_net.replays(round(10_000 * max(share, 0.05)))
        yield security_net.commanders(round(10_000 * max(share, 0.02)), 100)
        bad = list(input_rows(share))
        failures = sum(row.failure_count for row in bad)
        yield Row(
            "input validation: bad inputs at every entrance, by entrance below",
            sum(row.count for row in bad),
            failures,
            bar="0 taken, 0 crashes",
        )
        yield security_net.flood_and_stop(round(200 * max(share, 0.05)))
        yield from security_scenario.rows(share)
        yield deserialisation()
        yield from mqtt(Path(folder))
        (Path(folder) / "live").mkdir()
        yield from security_live.rows(Path(folder) / "live", 3 + 27 * share)
        yield audit(Path(folder) / "audit", round(10_000 * max(share, 0.02)))
        yield pinned()
        yield materials(Path(folder))
        yield not_done(
            "supply chain: hashes, known holes, signed tag",
            "versions are pinned, hashes are not: they differ between computers; `make audit`"
            " asks for known holes and needs the net; nothing is released, so nothing is signed",
        )


def not_done(what: str, why: str) -> Row:
    """Return the row of a control that is missing."""
    return Row(what, 0, 0, note=f"not done: {why}")


def mqtt(folder: Path) -> Iterator[Row]:
    """Yield what the broker does; only a row that says so where it is not installed."""
    if security_mqtt.MOSQUITTO is None:
        yield not_done("MQTT", "mosquitto is not installed on this computer")
        return
    (folder / "mqtt").mkdir()
    yield from security_mqtt.rows(folder / "mqtt")


FORBIDDEN = frozenset(
    {"send_pyobj", "recv_pyobj", "eval", "exec", "unsafe_load", "full_load", "loads_pickle"}
)


def deserialisation() -> Row:
    """Let ruff and a walk over every syntax tree look for ways to run what is read."""
    words = [sys.executable, "-m", "ruff", "check", "--select", RULES, "--output-format", "concise"]
    done = subprocess.run([*words, *SOURCES], cwd=ROOT, capture_output=True, text=True, check=False)
    hits = [line for line in done.stdout.splitlines() if re.match(r".*:\d+:\d+:", line)]
    files = [path for name in SOURCES for path in sorted((ROOT / name).rglob("*.py"))]
    files = [path for path in files if "node_modules" not in path.parts]
    for path in files:
        hits += [f"{path.name}: {name}" for name in forbidden_calls(path.read_text())]
    what = "deserialisation: pickle, yaml, eval, send_pyobj in our sources"
    note = f"files; ruff {RULES}, and calls by name"
    return Row(what, len(files), len(hits), bar="0", note="; ".join(hits[:3]) or note)


def forbidden_calls(text: str) -> list[str]:
    """Return the forbidden functions that a source calls."""
    calls = (node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    names = (getattr(f, "attr", None) or getattr(f, "id", "") for f in calls)
    return [name for name in names if name in FORBIDDEN]


def pinned() -> Row:
    """Compare what the project needs, all the way down, with the constraints."""
    text = (ROOT / "constraints.txt").read_text()
    wanted = dict(line.lower().split("==") for line in text.split() if "==" in line)
    wanted = {_plain(name): version for name, version in wanted.items()}
    needed, wrong = set(_needed()) - {"pip"}, []  # What installs the others comes before them.
    for name in sorted(needed):
        version = importlib.metadata.version(name)
        if wanted.get(name) != version.lower():
            wrong.append(f"{name} {version}")
    what = "supply chain: needed packages of exactly the pinned version"
    return Row(what, len(needed), len(wrong), bar="all", note=", ".join(wrong[:4]))


def audit(folder: Path, count: int) -> Row:
    """Change, remove or move an operator's record of a log; its chain has to show it."""
    folder.mkdir()
    material(folder, 8.0)
    row = tampering(folder, count)
    return row._replace(what="audit: operator records, hash-chained, tampered with")


def materials(folder: Path) -> Row:
    """Have the bill of materials written, and look for each needed package in it."""
    what = "supply chain: needed packages in the bill of materials (CycloneDX, `make audit`)"
    if importlib.util.find_spec("cyclonedx_py") is None:
        return not_done(what, "its tools are not installed; `make faults` and `make audit` do it")
    path = folder / "sbom.json"
    words = ["-m", "cyclonedx_py", "environment", "--output-reproducible", "-o", str(path)]
    subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, check=True)
    parts = json.loads(path.read_bytes())["components"]
    listed = {(_plain(part["name"]), part.get("version")) for part in parts}
    needed = [(name, importlib.metadata.version(name)) for name in _needed()]
    missing = [f"{name} {version}" for name, version in needed if (name, version) not in listed]
    return Row(what, len(needed), len(missing), bar="all", note=", ".join(missing[:4]))


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _needed() -> Iterator[str]:
    """Yield the name of every installed package that the project needs, with all its extras."""
    ahead, seen = ["rehabsim"], {"rehabsim"}
    while ahead:
        package = ahead.pop()
        for line in importlib.metadata.requires(package) or ():
            name = _plain(re.split(r"[^\w.-]", line, maxsplit=1)[0])
            if name in seen or ("extra ==" in line and package != "rehabsim"):
                continue
            seen.add(name)
            with contextlib.suppress(importlib.metadata.PackageNotFoundError):
                importlib.metadata.version(name)
                ahead.append(name)
                yield name
