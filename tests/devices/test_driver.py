from importlib.metadata import EntryPoint

import pytest

from rehabsim.base.clock import run
from rehabsim.base.errors import ConfigError
from rehabsim.base.site import DeviceTable
from rehabsim.devices import driver
from rehabsim.devices.bertec_treadmill import BertecTreadmill
from rehabsim.devices.driver import PLATES, TREADMILLS, installed, load, make_driver


def make(group, **table):
    async def scene(clock):
        return make_driver(group, DeviceTable.model_validate(table), clock, where="site.toml")

    return run(scene, virtual=True)


def test_the_drivers_of_this_project_are_installed():
    assert "bertec_treadmill" in installed(TREADMILLS)
    assert {"rs_plates", "recording"} <= set(installed(PLATES))


def test_a_driver_is_found_by_its_kind():
    made = make(TREADMILLS, kind="bertec_treadmill", url="tcp://a:1", max_speed_mps=1.5)
    assert isinstance(made, BertecTreadmill)
    assert made.config.max_speed_mps == 1.5


@pytest.mark.parametrize("group", [TREADMILLS, PLATES])
def test_an_unknown_kind_lists_every_known_one(group):
    with pytest.raises(ConfigError, match="unknown kind 'magic_carpet'") as caught:
        make(group, kind="magic_carpet", url="tcp://a:1")
    assert str(caught.value).endswith(f"Known: {', '.join(installed(group))}.")
    assert str(caught.value).startswith(group.partition(".")[2])


def test_a_key_that_the_driver_does_not_know_is_refused_with_its_own_keys():
    with pytest.raises(ConfigError, match=r"^site\.toml: .*max_sped_mps: unknown key\.") as caught:
        make(TREADMILLS, kind="bertec_treadmill", url="tcp://a:1", max_sped_mps=1.5)
    assert "Did you mean max_speed_mps? Known: kind, max_speed_mps, url" in str(caught.value)
    assert "max_speed_mps: missing" in str(caught.value)


@pytest.mark.parametrize("value", ["no_such_sdk.driver:Driver", "rehabsim.devices.driver:Missing"])
def test_a_driver_that_cannot_be_loaded_is_said_to_be_so(monkeypatch, value):
    broken = EntryPoint("amti", value, PLATES)
    monkeypatch.setattr(driver, "entry_points", lambda group: [broken])
    with pytest.raises(ConfigError, match="plates: 'amti' is installed but cannot be used: "):
        load(PLATES, "amti")


def test_kinds_are_listed_in_the_same_order_everywhere(monkeypatch):
    found = [EntryPoint(name, "a:B", PLATES) for name in ("c", "a", "b")]
    monkeypatch.setattr(driver, "entry_points", lambda group: found)
    assert list(installed(PLATES)) == ["a", "b", "c"]
