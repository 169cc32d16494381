"""What the README shows, works."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rehabsim.base.clock import run
from rehabsim.base.config import check, load_toml
from rehabsim.base.site import Site
from rehabsim.devices.link import listen
from rehabsim.session.log import LogReader
from rehabsim.session.replay import replay
from rehabsim.session.setup import SIMULATED_SITE, ready_session
from rehabsim.session.together import run_together, together_plans

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SCENARIO, DRIVER = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_scenario_of_the_readme_runs_and_replays(tmp_path):
    path = tmp_path / "even.py"
    path.write_text(SCENARIO)
    log = tmp_path / "even.mcap"
    site, session = load_toml(SIMULATED_SITE, Site), ready_session(str(path))
    plan, laboratory = together_plans(site, session, "README", 20.0, str(log))
    summary = run(lambda clock: run_together(plan, clock, plan_laboratory=laboratory), virtual=True)
    assert summary.left_distance_m > 5
    assert replay(log).difference is None


def test_a_scenario_that_was_begun_and_changed_in_one_line_does_what_the_line_says(tmp_path):
    def rehabsim(*words):
        done = subprocess.run(
            [sys.executable, "-m", "rehabsim", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    said = rehabsim("new", "scenario", "slow_walk")
    commands = [line.split()[1:] for line in said.splitlines() if line.startswith("  rehabsim")]
    file = tmp_path / "slow_walk.py"
    line = "wish = Wish(state.cruise_speed_mps, state.cruise_speed_mps)"
    assert file.read_text().count(line) == 1
    file.write_text(file.read_text().replace(line, "wish = Wish(0.3, 0.3)"))
    words = [*commands[0][:-1], "16", "--log", "slow.mcap"]
    assert words[:3] == ["run", "slow_walk.py", "--virtual"]
    rehabsim(*words)
    ticks = LogReader(tmp_path / "slow.mcap").table("ticks")
    assert np.nanmax(ticks["belt_left_speed_mps"]) == pytest.approx(0.3, abs=0.02)
    assert replay(tmp_path / "slow.mcap").difference is None  # By the code kept beside the log.
    assert "stretch_m" in rehabsim("scenarios", "slow_walk.py")


def test_the_driver_of_the_readme_reads_its_plates():
    names: dict[str, object] = {}
    exec(DRIVER, names)
    kind = names["TextPlates"]

    async def go(clock):
        links = []
        listener = await listen("memory:plates", clock, device="plates", accept=links.append)
        table = {"kind": "text_plates", "url": "memory:plates"}
        driver = kind(check(table, kind.Config, where="README"), clock)
        await driver.open()
        links[0].write(b"300 400\n310 3")
        links[0].write(b"90\n")
        await asyncio.sleep(0)
        chunks = driver.take()
        await driver.close()
        await listener.close()
        return chunks

    chunks = run(go, virtual=True)
    forces = np.concatenate([chunk.wrench[:, [2, 8]] for chunk in chunks])
    assert forces.tolist() == [[300, 400], [310, 390]]
    assert [chunk.sequence for chunk in chunks] == [0, 1]


@pytest.mark.parametrize("target", re.findall(r"\]\(([\w./]+)\)", README))
def test_what_the_readme_points_at_exists(target):
    assert (ROOT / target).exists()
