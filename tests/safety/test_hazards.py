"""HAZARDS.md says what is so: no hazard without a line and a test, no cause without a hazard."""

import ast
import re
from pathlib import Path

import pytest

import rehabsim.safety
from rehabsim.safety.causes import CAUSES

SAFETY = Path(rehabsim.safety.__file__).parent
HERE = Path(__file__).parent
PAGE = (SAFETY / "HAZARDS.md").read_text(encoding="utf-8")
COLOURS = {"high": "red", "medium": "yellow", "low": "yellow"}
LATCHES = {"itself": "no", "reset": "until a reset", "restart": "until a restart"}


def table(title):
    """Return the rows of the table below a title, without its head."""
    section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


HAZARDS = table("From hazard to test")


def names_in(path):
    """Return what a file of Python or C defines."""
    if path.suffix == ".c":
        return set(re.findall(r"^[a-z].* \*?(\w+)\(", path.read_text(encoding="utf-8"), re.M))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = {node.name for node in ast.walk(tree) if isinstance(node, kinds)}
    return found | {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


@pytest.mark.parametrize("row", HAZARDS, ids=[row[0] for row in HAZARDS])
def test_each_hazard_has_a_line_and_a_test_that_exist(row):
    name, hazard, harm, control, line, test = row
    assert re.fullmatch(r"H-\d\d", name)
    assert min(len(hazard), len(harm), len(control)) > 3
    file, function = line.split()
    assert function in names_in(SAFETY / file)
    file, function = test.split("::")
    assert function in names_in(HERE / file)


def test_hazards_are_numbered_without_a_gap():
    assert [row[0] for row in HAZARDS] == [f"H-{i:02}" for i in range(1, len(HAZARDS) + 1)]


def test_every_cause_names_a_hazard():
    assert {cause.hazard for cause in CAUSES.values()} <= {row[0] for row in HAZARDS}


def test_the_table_of_alarms_is_that_of_the_code():
    expected = []
    for name, cause in CAUSES.items():
        happens = cause.severity + (", down" if cause.is_down and cause.severity == "fast" else "")
        happens += ", then ramp" if cause.severity == "hold" else ""
        after = f"{cause.after_s:g} s" if cause.after_s else "at once"
        colour, latch = COLOURS[cause.priority], LATCHES[cause.clear]
        expected.append([name, cause.hazard, happens, after, cause.priority, colour, latch])
    assert table("Alarms") == expected
