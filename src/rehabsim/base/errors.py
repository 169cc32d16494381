"""What can go wrong, by whose fault it is.

RehabsimError
├── ConfigError        what the user wrote: a file, an option, a request
├── ScenarioError      the scenario's own code
├── LogError           the session log: unreadable, truncated, not a log
└── DeviceError        a device, with `.device` and `.url`
    ├── LinkError          the bytes stopped
    ├── ProtocolError      the bytes make no sense
    └── DeviceFaultError   the device says that it is broken

Every message is one sentence: what, where, the numbers, what happened, what to do.
What safety does is not an exception: it is a command and an event.
"""


class RehabsimError(Exception):
    """Anything this project raises on purpose."""


class ConfigError(RehabsimError):
    """A file, an option or a request asks for something that cannot be."""


class ScenarioError(RehabsimError):
    """A scenario's own code failed."""


class LogError(RehabsimError):
    """A session log cannot be read or written."""


class DeviceError(RehabsimError):
    """A device is missing, silent or wrong."""

    def __init__(self, message: str, *, device: str, url: str) -> None:
        super().__init__(message)
        self.device = device
        self.url = url


class LinkError(DeviceError):
    """No bytes can pass: not there, refused, closed."""


class ProtocolError(DeviceError):
    """Bytes came that the device's protocol does not allow."""


class DeviceFaultError(DeviceError):
    """The device itself reports a fault."""
