"""The C in front of the simulator's belts: drives that lag, rollers, and feet that push."""

import random

import numpy as np
from firmware.device import LIMITS, ROOM, Device, armed, idle

from rehabsim.devices.rs_limits import RsLimits, limits_of_room
from rehabsim.devices.rs_treadmill_frame import Cause, SetPoint, State
from rehabsim_sim.belts import BELT_NOISES, MAX_RAMP_MPS2, Belts, Reins, drive
from rehabsim_sim.jit import one_of

CHANGE_MS = 1500
"""A host asks for something else this often on average."""

STEADY_MS = 2500


class Drives:
    """A device whose belts are the simulator's.

    Attributes:
        device: The C.
        belts: Their mechanics.
        is_loose: They no longer hear what the C tells its drives.
    """

    def __init__(self, device: Device, seed: int) -> None:
        self.device, self.belts = device, one_of(Belts())[0]
        self.is_loose = False
        device.is_coupled = False
        self._reins = Reins(self.belts)
        self._noise = np.random.default_rng(seed).standard_normal((60_000, BELT_NOISES))
        self._at = 0

    def tick(self) -> None:
        """Live for a millisecond."""
        device = self.device
        before = device.speeds
        device.tick()
        if not device.c.has_power and device.cause == Cause.RUNAWAY:
            self._reins.cut_power()
        if not self.is_loose:
            ramps = [
                min(abs(now - old) / 1e3, MAX_RAMP_MPS2) or MAX_RAMP_MPS2
                for now, old in zip(device.speeds, before, strict=True)
            ]
            left_mps, right_mps = (umps / 1e6 for umps in device.speeds)
            self._reins.ask(left_mps, right_mps, ramps[0], ramps[1], 0.0)
        drive(self.belts, self._noise, self._at % len(self._noise), 0)
        self._at += 1
        for belt in range(2):
            device.senses.speed_umps[belt] = round(1e6 * self.belts.speed_mps[belt])


def _set_point(rng: random.Random, room: RsLimits) -> SetPoint:
    most_umps, split_umps = room.max_speed_umps, room.max_split_umps
    left_umps = rng.choice((0, rng.randrange(most_umps), most_umps))
    right_umps = min(max(left_umps + rng.randrange(-split_umps, split_umps), 0), most_umps)
    ramp_mmps2 = rng.choice((rng.randrange(250, room.max_accel_mmps2), room.max_accel_mmps2))
    return SetPoint(left_umps, right_umps, ramp_mmps2, ramp_mmps2, 0, 60)


def walk(minutes: float, seed: int, room: RsLimits) -> tuple[int, int]:
    """Ask belts that obey for anything in the room's limits, with feet on them.

    Returns:
        How many milliseconds the belts moved, and how many of the walks ended in a runaway.
    """
    rng = random.Random(seed)
    moved_ms = runaway_count = 0
    drives = Drives(armed(seed=seed, room=room), seed)
    asked = _set_point(rng, room)
    for at in range(round(60_000 * minutes)):
        if rng.random() < 1 / CHANGE_MS:
            asked = _set_point(rng, room)
        if at % 20 == 0:
            drives.device.ask(asked)
        if at % 100 == 0:
            for belt in range(2):
                drives.belts.foot_n[belt] = rng.uniform(-300.0, 300.0)
        drives.tick()
        moved_ms += drives.device.speeds != (0, 0)
        if drives.device.state not in (State.ARMED, State.RUN):
            runaway_count += drives.device.cause == Cause.RUNAWAY
            drives = Drives(armed(seed=seed, room=room), seed)
    return moved_ms, runaway_count


def loosen(count: int, seed: int) -> tuple[list[float], list[float]]:
    """Let belts at a random speed go on when the host asks for rest.

    Returns:
        Of each, in ms: from the first set point of rest until the power went, and until it stood.
    """
    rng = random.Random(seed)
    cuts_ms, rests_ms = [], []
    for number in range(count):
        device = idle(seed=number + 1)
        device.arm()
        drives = Drives(device, seed + number)
        speed_umps = rng.randrange(500_000, ROOM.max_speed_umps)
        asked = SetPoint(speed_umps, speed_umps, ROOM.max_accel_mmps2, 1000, 0, 60)
        for at in range(STEADY_MS + rng.randrange(20)):
            if at % 20 == 0:
                device.ask(asked)
            drives.tick()
        drives.is_loose = True
        cut_ms = 0
        for at in range(6000):
            if at % 20 == 0:
                device.ask(SetPoint(0, 0, 1000, 1000, 0, 60))
            drives.tick()
            if device.cause == Cause.RUNAWAY:
                cut_ms = cut_ms or at + 1
            if max(drives.belts.speed_mps) < 0.02:
                break
        cuts_ms.append(float(cut_ms or 6000))
        rests_ms.append(float(at + 1))
    return cuts_ms, rests_ms


ROOMS = (ROOM, limits_of_room(LIMITS))
"""Without perturbations, and with them."""
