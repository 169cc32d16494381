"""What the README shows, works."""

import asyncio
import re
from pathlib import Path

import numpy as np
import pytest

from rehabsim.base.clock import run
from rehabsim.base.config import check, load_toml
from rehabsim.base.site import Site
from rehabsim.devices.link import listen
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
