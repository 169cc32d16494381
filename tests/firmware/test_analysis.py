"""The firmware's C past what finds faults without running it: cppcheck, and gcc's own analyzer."""

import subprocess
import sys

import pytest
from firmware.boards import STUBS, build, require

PLANTED = """\
#include "rs_treadmill_parts.h"

int32_t rs_planted(const RsTreadmill *t, int belt)
{
    int32_t speeds_umps[2] = {t->speed_umps[0], t->speed_umps[1]};
    int32_t last_umps;
    if (belt > 1) {
        speeds_umps[2] = 0;
        last_umps = 1;
    }
    return speeds_umps[0] + last_umps;
}
"""
"""Writes behind an array; returns what may never have been written."""

TOOLS = {"cppcheck": "cppcheck", "analyzer": "gcc"}


@pytest.mark.parametrize("target", TOOLS)
def test_nothing_is_found_in_the_firmware(target):
    require(TOOLS[target])
    build(target)


@pytest.mark.parametrize("target", TOOLS)
def test_a_planted_fault_is_found(target, tmp_path):
    require("make", TOOLS[target])
    planted = tmp_path / "planted.c"
    planted.write_text(PLANTED, encoding="utf-8")
    words = ["make", "-s", "-C", str(STUBS), target, f"PYTHON={sys.executable}"]
    words += [f"CHECKED={planted}", f"BUILD={tmp_path}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "planted.c" in done.stderr
    assert "last_umps" in done.stderr


def test_a_missing_tool_is_named_and_never_passed_over_on_ci(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no_such_checker"):
        require("no_such_checker")
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="no_such_checker"):
        require("no_such_checker")
