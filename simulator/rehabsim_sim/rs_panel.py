"""The simulated treadmill of kind `rs_treadmill`: the firmware's rules in front of the belts."""

from importlib.resources import files
from pathlib import Path

from rehabsim.base.clock import Clock
from rehabsim.base.config import load_toml
from rehabsim.base.site import Site
from rehabsim.devices.rs_frame import unwrap, wrap
from rehabsim.devices.rs_limits import RsLimits, limits_of_room
from rehabsim.devices.rs_treadmill_frame import encode_status
from rehabsim_sim.belts import MAX_RAMP_MPS2, Reins
from rehabsim_sim.faults import Faults
from rehabsim_sim.panel import OneClientPanel, bent
from rehabsim_sim.rs_firmware import Firmware, Senses

MAX_FRAME_BYTES = 50
"""A longer one is not for this device; firmware has no room for it."""


class RsPanel(OneClientPanel):
    """Serves `rs_treadmill` to one client at a time, as a serial line would.

    Faults of `treadmill` bend what it measures and reports; those of `belts` what the drives
    make of their set point, and which frames get here.

    Attributes:
        firmware: Its rules.
    """

    def __init__(
        self, clock: Clock, reports: Faults, commands: Faults, room: RsLimits, seed: int
    ) -> None:
        self.firmware = Firmware(room, seed & 0xFFFFFFFF)
        super().__init__(clock, reports, commands)
        self._was_cut = False
        self._driven_ms = 0
        self._driven_umps = [0, 0]

    async def serve(self, belts: Reins, time_ms: int) -> None:
        """Hear, live until `time_ms`, drive the belts, and report when it is time to."""
        await self._line.hear()
        is_report_due = self.firmware.poll(1000 * time_ms, self._senses(belts, time_ms))
        self._obey(time_ms)
        self._drive(belts, time_ms)
        reports = []
        if is_report_due:
            reports.append(wrap(encode_status(self.firmware.status(self.bad_count))))
        for report in self._reports.frames(time_ms, reports) if self._reports else reports:
            self._line.say(report)
        if self._reports and self._reports.is_on("cut", time_ms):
            await self._line.hang_up()

    def _senses(self, belts: Reins, time_ms: int) -> Senses:
        left_mps, right_mps, incline_rad = bent(self._reports, time_ms, belts.state())
        return Senses(
            [_micro(left_mps), _micro(right_mps)], _micro(incline_rad), list(belts.open_channels())
        )

    def _obey(self, time_ms: int) -> None:
        *frames, self._line.buffer = self._line.buffer.split(b"\0")
        self._line.buffer = self._line.buffer[: MAX_FRAME_BYTES + 1]
        frames = [frame for frame in frames if frame]
        for frame in self._commands.frames(time_ms, frames) if self._commands else frames:
            try:
                if len(frame) > MAX_FRAME_BYTES:
                    raise ValueError("longer than a frame")
                self.firmware.hear(unwrap(frame))
            except ValueError:
                self.bad_count += 1

    def _drive(self, belts: Reins, time_ms: int) -> None:
        """Give the drives the set point, on a ramp that gets there when the next one comes."""
        firmware = self.firmware
        if firmware.is_cut:
            belts.cut_power()
        elif self._was_cut:
            belts.reset_stop()
        self._was_cut = firmware.is_cut
        dt_s = max(time_ms - self._driven_ms, 1) / 1e3
        ramps_mps2 = [
            min(abs(now - before) / 1e6 / dt_s, MAX_RAMP_MPS2) or MAX_RAMP_MPS2
            for now, before in zip(firmware.speed_umps, self._driven_umps, strict=True)
        ]
        self._driven_ms, self._driven_umps = time_ms, list(firmware.speed_umps)
        incline_rad = firmware.incline_nrad / 1e9 if firmware.has_power else belts.state()[2]
        left_mps, right_mps = (umps / 1e6 for umps in firmware.speed_umps)
        asked = (left_mps, right_mps, *ramps_mps2, incline_rad)
        belts.ask(*bent(self._commands, time_ms, asked))


def simulated_room() -> RsLimits:
    """Return the limits that this device is built with where nobody says otherwise."""
    path = Path(str(files("rehabsim.session"))) / "simulated.toml"
    return limits_of_room(load_toml(path, Site).limits)


def _micro(value: float) -> int:
    """Return the nearest whole millionth that the field can hold."""
    return min(max(round(1e6 * value), -(2**31)), 2**31 - 1)
