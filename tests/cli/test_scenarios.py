"""Whoever writes scenarios begins with one that runs, and sees what each parameter means."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from walk import walk

from rehabsim.base.site import Session
from rehabsim.devices.driver import installed
from rehabsim.session.log import LogReader
from rehabsim.session.repertoire import SCENARIOS, load_scenario
from rehabsim.session.stage import staged
from rehabsim.training.knob import dials_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def begun(rehabsim, tmp_path):
    """Return the files of a scenario just begun, and what was printed."""
    status, said, _ = rehabsim("new", "scenario", "even_walk", "--folder", "mine")
    assert status == 0
    return tmp_path / "mine" / "even_walk.py", tmp_path / "mine" / "even_walk.toml", said


def test_the_next_commands_that_are_told_run_as_they_stand(begun, rehabsim):
    *_, said = begun
    commands = [line.split()[1:] for line in said.splitlines() if line.startswith("  rehabsim")]
    assert len(commands) == 2
    status, out, err = rehabsim(*commands[0], "--log", "even.mcap")
    assert status == 0, err
    walked_m = float(out.partition("walked")[2].split()[0])
    assert walked_m > 30
    assert rehabsim("replay", "even.mcap", "--check")[0] == 0
    marks = [event for event in LogReader(Path("even.mcap")).texts("events") if b"Mark" in event[1]]
    assert len(marks) > 5


def test_a_new_scenario_tells_news_and_ends_tasks(begun):
    kind = load_scenario(str(begun[0]))
    steps = [step for _, step in walk(kind(kind.Params(), 1), 30.0)]
    tries = [one for step in steps for one in step.tries]
    assert len(tries) > 2
    assert len(tries) == sum(len(step.events) for step in steps)
    assert all(dial.low < dial.high for dial in dials_of(kind.Params))


@pytest.mark.realtime
def test_a_new_scenario_runs_in_a_process_of_its_own(begun):
    async def go():
        session = Session(scenario=str(begun[0]))
        async with staged(session, where="test", is_apart=True) as (stage, _):
            return [step for _, step in walk(stage, 20.0)]

    assert sum(len(step.tries) for step in asyncio.run(go())) > 1


def test_a_new_scenario_is_short_and_passes_our_own_checks(begun):
    path = begun[0]
    assert len(path.read_text().splitlines()) <= 45
    ours = ["--config", str(ROOT / "pyproject.toml")]
    ours += ["--config", 'lint.isort.known-first-party = ["rehabsim"]']
    for words in (
        ["ruff", "check", *ours],
        ["ruff", "format", "--check", *ours],
        ["mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache")],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *words, str(path)],
            capture_output=True,
            text=True,
            check=False,
            env={"MYPYPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["2walk", "even-walk", "class", "_", "a b", "x" * 65, "boat"])
def test_a_name_that_cannot_be_is_refused_in_one_sentence(rehabsim, tmp_path, name):
    status, _, err = rehabsim("new", "scenario", name)
    assert status == 2
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("taken", ["walk.py", "walk.toml"])
def test_what_is_there_is_never_written_over(rehabsim, tmp_path, taken):
    (tmp_path / taken).write_text("mine")
    status, _, err = rehabsim("new", "scenario", "walk")
    assert status == 2
    assert taken in err
    assert [file.name for file in tmp_path.iterdir()] == [taken]
    assert (tmp_path / taken).read_text() == "mine"


@pytest.mark.parametrize("name", ["event", "step", "scene", "wish", "field"])
def test_a_name_that_the_file_itself_uses_does_no_harm(rehabsim, tmp_path, name):
    assert rehabsim("new", "scenario", name)[0] == 0
    kind = load_scenario(f"{name}.py")
    assert len([step for _, step in walk(kind(kind.Params(), 1), 10.0)]) > 1


def test_every_installed_scenario_is_listed_with_what_it_is(rehabsim):
    status, out, _ = rehabsim("scenarios")
    assert status == 0
    for name, entry in installed(SCENARIOS).items():
        assert f"\n{name} " in out
        assert entry.load().__doc__.split()[0] in out


def test_the_parameters_of_one_are_told_with_range_unit_default_and_words(rehabsim, begun):
    status, out, _ = rehabsim("scenarios", "mine/even_walk.py")
    assert status == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "stretch_m 2 to 100 m 5 5 m to the next mark" in lines
    assert "even_frac 0.01 to 0.5 0.05 live even to 0.05" in lines


@pytest.mark.parametrize("name", sorted(installed(SCENARIOS)))
def test_every_parameter_of_an_installed_scenario_means_something_in_words(rehabsim, name):
    from rehabsim.session.catalogue import parameters_of

    for parameter in parameters_of(load_scenario(name).Params):
        assert parameter.what, f"{name}.{parameter.name} has neither knob nor docstring"
        assert parameter.values
    assert rehabsim("scenarios", name)[0] == 0


def test_an_unknown_scenario_has_no_parameters(rehabsim):
    status, _, err = rehabsim("scenarios", "boot")
    assert status == 2
    assert "Known: balance, boat" in err
