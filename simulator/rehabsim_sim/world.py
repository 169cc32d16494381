"""Belts, person and plates together, a few milliseconds at a time.

A world is a function of its seed and of what is asked of the belts and when, in milliseconds
of its own; how the time is cut into calls makes no difference.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from rehabsim.base.records import Floats
from rehabsim_sim.belts import BELT_NOISES, Belts, Reins, drive
from rehabsim_sim.jit import bound, compiled, one_of
from rehabsim_sim.person import (
    LEFT,
    NEITHER,
    PERSON_NOISES,
    RIGHT,
    WALKING,
    Array,
    Person,
    Surroundings,
    make_person,
    mid_foot_m,
)
from rehabsim_sim.plates import GRADES, PLATE_NOISES, SHAKES, Plates, bear, digitise, weigh
from rehabsim_sim.platform import Platform, PlatformReins, ride
from rehabsim_sim.play.player import Aim, Footing
from rehabsim_sim.traits import Traits
from rehabsim_sim.trunk import FELT, TRUNK_NOISES, Trunk, TrunkTraits, carry, report
from rehabsim_sim.walker import advance

FIRST_CHANNEL = PERSON_NOISES + BELT_NOISES
FIRST_SHAKE = FIRST_CHANNEL + PLATE_NOISES - 2 * SHAKES
FIRST_OF_TRUNK = FIRST_CHANNEL + PLATE_NOISES
NOISES = FIRST_OF_TRUNK + TRUNK_NOISES

TRUTH = (
    "left_belt_mps",
    "right_belt_mps",
    "com_x_m",
    "com_y_m",
    "com_z_m",
    "cop_x_m",
    "cop_y_m",
    "left_fz_n",
    "right_fz_n",
    "posture",
    "has_fallen",
    "fx_n",
    "fy_n",
    "harness_n",
    "left_foot_n",
    "right_foot_n",
    "com_vx_mps",
    "com_vy_mps",
    "left_heel_x_m",
    "right_heel_x_m",
    "left_foot_y_m",
    "right_foot_y_m",
)
"""Columns of what really happened, per millisecond; forces without noise.

`left_fz_n` is the load on the left plate, `left_foot_n` that under the left foot. Feet are placed
by the heel and by the middle of the foot, in the air too.
"""

EVENT = ("at", "side", "kind", "step_length_m", "step_width_m")
"""Columns of the events: millisecond within the call, 0 left 1 right, then HEEL_STRIKE or so."""

HEEL_STRIKE, TOE_OFF = 0, 1


@compiled
def live(
    person: Person,
    belts: Sequence[Belts],
    plates: Sequence[Plates],
    platform: Sequence[Platform],
    trunk: Sequence[Trunk],
    trunk_traits: Sequence[TrunkTraits],
    around: Sequence[Surroundings],
    noise: Array,
    wrench: Array,
    truth: Array,
    felt: Array,
    events: Array,
) -> int:
    """Live one millisecond per row of `noise`; fill the other arrays, return the event count."""
    body, machine, air = person.body[0], belts[0], around[0]
    foot_width_m = person.traits[0].foot_width_m
    count = 0
    for at in range(len(noise)):
        drive(machine, noise, at, PERSON_NOISES)
        air.belt_mps[0] = machine.speed_mps[0]
        air.belt_mps[1] = machine.speed_mps[1]
        ride(platform[0], air, machine.incline_rad)
        advance(person, air, noise, at)
        belt_mps2 = 0.5 * (machine.accel_mps2[0] + machine.accel_mps2[1])
        carry(trunk[0], trunk_traits[0], person, air, belt_mps2, noise[at, FIRST_OF_TRUNK:])
        report(trunk[0], body, air, felt[at])
        weigh(plates[0], body, machine, foot_width_m, wrench[at])
        tell(person, machine, plates[0], truth, at)
        bear(plates[0], machine, air, wrench[at], noise[at], FIRST_SHAKE)
        digitise(plates[0], wrench[at], noise[at], FIRST_CHANNEL)
        for side, kind in ((body.lifted, TOE_OFF), (body.landed, HEEL_STRIKE)):
            if side != NEITHER:
                events[count, 0] = at
                events[count, 1] = side
                events[count, 2] = kind
                events[count, 3] = body.step_length_m if kind == HEEL_STRIKE else np.nan
                events[count, 4] = body.step_width_m if kind == HEEL_STRIKE else np.nan
                count += 1
    return count


@compiled
def tell(person: Person, belts: Belts, plates: Plates, truth: Array, at: int) -> None:
    """Write row `at` of the truth."""
    body = person.body[0]
    left_n, right_n = body.force_z_n[LEFT], body.force_z_n[RIGHT]
    total_n = left_n + right_n + 1e-9
    row = truth[at]
    row[0] = belts.speed_mps[LEFT]
    row[1] = belts.speed_mps[RIGHT]
    row[2] = body.x_m
    row[3] = body.y_m
    row[4] = body.z_m
    row[5] = (left_n * body.cop_x_m[LEFT] + right_n * body.cop_x_m[RIGHT]) / total_n
    row[6] = (left_n * body.cop_y_m[LEFT] + right_n * body.cop_y_m[RIGHT]) / total_n
    row[7] = plates.load_n[LEFT]
    row[8] = plates.load_n[RIGHT]
    row[9] = body.posture
    row[10] = body.has_fallen
    row[11] = body.force_x_n[LEFT] + body.force_x_n[RIGHT]
    row[12] = body.force_y_n[LEFT] + body.force_y_n[RIGHT]
    row[13] = body.harness_n
    row[14] = left_n
    row[15] = right_n
    row[16] = body.vx_mps
    row[17] = body.vy_mps
    row[18] = body.heel_x_m[LEFT]
    row[19] = body.heel_x_m[RIGHT]
    row[20] = body.heel_y_m[LEFT]
    row[21] = body.heel_y_m[RIGHT]


class World:
    """One laboratory without its wires.

    Attributes:
        traits: What the person is like; `become` changes it.
        person: Who is on the belts.
        belts: The treadmill's mechanics; `belts[0]` takes set points through `belts.ask`.
        plates: Their errors and state.
        platform: The motion base; it takes poses through `platform_reins`.
        around: What else acts on the person; `around[0].push_x_n` may be set between calls.
        wrench: (n, 12) float32, what the plates measured in the last call.
        trunk: The trunk and the heart, which ride on the person.
        felt: (n, len(FELT)) what wearables could feel in the last call.
        truth: (n, len(TRUTH)) what really happened in it.
        events: (k, len(EVENT)) foot contacts in it.
    """

    def __init__(
        self,
        traits: Traits,
        seed: int,
        left_origin_m: tuple[float, float, float] = (0.0, 0.25, 0.0),
        right_origin_m: tuple[float, float, float] = (0.0, -0.25, 0.0),
        grade: str = "good",
        trunk: TrunkTraits | None = None,
    ) -> None:
        self.traits = traits
        of_person, of_moment, of_trunk = np.random.default_rng(seed).spawn(3)
        self.person = make_person(traits, of_person)
        self.belts = one_of(Belts())
        self.reins = Reins(self.belts[0])
        self.trunk_traits = one_of(trunk or TrunkTraits())
        constant = self.trunk_traits[0].position_error_rad * float(of_trunk.standard_normal())
        self.trunk = one_of(Trunk(constant_error_rad=constant))
        self._of_trunk = of_trunk
        self.around = one_of(Surroundings())
        origin_m = np.array([left_origin_m, right_origin_m])
        self.plates = one_of(replace(GRADES[grade], origin_m=origin_m))
        self.platform = one_of(Platform())
        self.platform_reins = PlatformReins(self.platform[0])
        self.truth, self.events = _rows(0, TRUTH), _rows(0, EVENT)
        self.felt = _rows(0, FELT)
        self._wrench = np.zeros((0, 12))
        self._rng = of_moment
        records = (
            *(self.person, self.belts, self.plates, self.platform),
            *(self.trunk, self.trunk_traits, self.around),
        )
        rows = (self._wrench, self.truth, self.felt, self.events)
        self._live = bound(live, *records, _rows(0, TRUTH), *rows)

    def live(self, count_ms: int) -> None:
        """Live `count_ms` milliseconds."""
        noise = self._rng.standard_normal((count_ms, NOISES))
        self._wrench, self.truth = np.empty((count_ms, 12)), np.empty((count_ms, len(TRUTH)))
        self.felt = np.empty((count_ms, len(FELT)))
        events = np.empty((2 * count_ms, len(EVENT)))
        count = self._live(
            self.person,
            self.belts,
            self.plates,
            self.platform,
            self.trunk,
            self.trunk_traits,
            self.around,
            noise,
            self._wrench,
            self.truth,
            self.felt,
            events,
        )
        self.events = events[:count]

    def ask_angle(self, target_rad: float) -> None:
        """Ask the person to bend forward to an angle shown before; 0 ends it.

        They miss it by an error of their own, and by another from trial to trial.
        """
        trunk, spread_rad = self.trunk[0], self.trunk_traits[0].position_spread_rad
        trunk.target_rad = target_rad
        trunk.error_rad = spread_rad * float(self._of_trunk.standard_normal())

    def become(self, traits: Traits) -> None:
        """Let the person be like this from now on; tables of their walk stay as they were made."""
        self.traits, now = traits, self.person.traits[0]
        for name, value in vars(traits).items():
            setattr(now, name, value)

    def aim(self, aim: Aim) -> None:
        """Let the person aim at something."""
        mind = self.person.mind[0]
        mind.aiming = aim.aiming
        mind.aim_load_frac = aim.load_frac
        mind.aim_x_m, mind.aim_y_m = aim.x_m, aim.y_m
        mind.mark_foot, mind.mark_x_m = aim.foot, aim.foot_x_m

    def footing(self) -> Footing:
        """Return what the person feels of themselves."""
        body, mind, traits = self.person.body[0], self.person.mind[0], self.person.traits[0]
        return Footing(
            is_walking=body.posture == WALKING,
            x_m=0.5 * float(body.heel_x_m[LEFT] + body.heel_x_m[RIGHT]) + mid_foot_m(traits),
            y_m=0.5 * float(body.heel_y_m[LEFT] + body.heel_y_m[RIGHT]),
            fatigue_frac=float(mind.fatigue_frac),
        )

    @property
    def wrench(self) -> Floats:
        """(n, 12) float32, what the plates measured in the last call."""
        return self._wrench.astype(np.float32)


def _rows(count: int, columns: tuple[str, ...]) -> Array:
    return np.zeros((count, len(columns)))
