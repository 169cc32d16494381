import inspect

import pytest

from rehabsim.base import errors
from rehabsim.base.errors import (
    ConfigError,
    DeviceError,
    DeviceFaultError,
    LinkError,
    LogError,
    ProtocolError,
    RehabsimError,
    ScenarioError,
)

ALL = {value for value in vars(errors).values() if inspect.isclass(value)}


def test_there_are_eight_errors_and_the_tree_names_each():
    assert len(ALL) == 8
    assert errors.__doc__ is not None
    for kind in ALL:
        assert issubclass(kind, RehabsimError)
        assert kind.__name__ in errors.__doc__


def test_a_device_is_to_blame_for_what_a_device_did_and_for_nothing_else():
    assert {kind for kind in ALL if issubclass(kind, DeviceError)} == {
        DeviceError,
        LinkError,
        ProtocolError,
        DeviceFaultError,
    }


@pytest.mark.parametrize("kind", [DeviceError, LinkError, ProtocolError, DeviceFaultError])
def test_a_device_error_carries_the_device_and_its_address_beside_the_sentence(kind):
    error = kind("treadmill at tcp://a:1: it hung up.", device="treadmill", url="tcp://a:1")
    assert str(error) == "treadmill at tcp://a:1: it hung up."
    assert (error.device, error.url) == ("treadmill", "tcp://a:1")


@pytest.mark.parametrize("kind", [DeviceError, LinkError, ProtocolError, DeviceFaultError])
def test_a_device_error_without_a_device_cannot_be_made(kind):
    with pytest.raises(TypeError):
        kind("something broke")


@pytest.mark.parametrize("kind", [RehabsimError, ConfigError, ScenarioError, LogError])
def test_what_a_person_did_needs_no_device(kind):
    assert str(kind("site.toml: no such file.")) == "site.toml: no such file."
