"""An open controller for virtual-reality rehabilitation on an instrumented treadmill."""

__version__ = "0.1.0"
