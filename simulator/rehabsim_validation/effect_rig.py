"""Somebody on belts who sees a scenario, is perturbed by a schedule, and may learn: no wires.

The scenario's rule and the schedule of pulses are those of a session, the belts the simulated ones.
What the session would tell the scenario is taken from the truth, so that minutes take seconds; what
is measured afterwards is not: it comes from the plates, by the analysis that runs live.
"""

from math import nan

import msgspec
import numpy as np

from rehabsim.base.config import check, load_toml
from rehabsim.base.records import BeltSample, Gait, Mode, Record, Side, State, Wish
from rehabsim.base.site import Session, Site
from rehabsim.devices.rs_plates import lab_from_plates
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.share import LoadShare
from rehabsim.research.standing import longest_stand
from rehabsim.research.walk import Quality
from rehabsim.research.walk import Walk as Found
from rehabsim.session.setup import SIMULATED_SITE, make_scenario
from rehabsim.training.perturb import Perturber
from rehabsim.training.pulse import PerturbParams
from rehabsim.training.scenario import Step
from rehabsim_sim.person import LEFT, Array
from rehabsim_sim.play.picture import Picture
from rehabsim_sim.play.player import Aim, Player, numbers
from rehabsim_sim.practice.learner import Learner
from rehabsim_sim.practice.moment import COM, COP_Y, HAS_FALLEN, moment_of
from rehabsim_sim.world import HEEL_STRIKE, TRUTH, World
from rehabsim_validation.accuracy_walks import ORIGINS_M

PLAIN_WALK = "plain walk"
"""Stands for a scenario where there is none: belts at one speed, and no picture."""

STEP_MS, LOOK_MS, PLAIN_MS = 8, 32, 500
STAND_S = 3.0
"""Before the belts start."""

START_MPS2, PULSE_MPS2 = 0.25, 5.0
PRESSURE_S = 0.02
SAMPLE_NS = 1_000_000
LOADS = [TRUTH.index("left_fz_n"), TRUTH.index("right_fz_n")]


class Rig:
    """One person in one session.

    Args:
        session: What is trained; its patient is not looked at.
        learner: Who is on the belts, and what they have learned.
        seed: Of their errors and steps.
        is_learning: They learn.
        has_picture: They see the scenario and play.

    Attributes:
        world: Belts and person.
        has_fallen: The harness has had to catch them.
        lived_ms: So far.
        wrench: What the plates measured in each step that was kept.
        belts_mps: How fast the belts were then.
        step_ms: How often the scenario is asked; a divisor of 32, at which pictures come.
    """

    step_ms = STEP_MS

    def __init__(
        self,
        session: Session,
        learner: Learner,
        seed: int,
        *,
        is_learning: bool,
        has_picture: bool,
    ) -> None:
        self.session, self.learner = session, learner
        self.is_learning = is_learning
        self.world = World(learner.traits, seed)
        self.wrench: list[Array] = []
        self.belts_mps: list[Array] = []
        self.has_fallen = False
        self._player = Player(learner.traits, seed) if has_picture else None
        self._scenario = None
        if session.scenario != PLAIN_WALK:
            self._scenario = make_scenario(session, where="bench")
        self._perturber = None
        if session.perturb is not None:
            params = check(session.perturb, PerturbParams, where="bench: perturb")
            limits = load_toml(SIMULATED_SITE, Site).limits
            self._perturber = Perturber(params, limits, session.seed)
        self._share = LoadShare()
        self._impulse_ns = np.zeros(2)
        self._strikes_ns, self._counts = [0, 0], [0, 0]
        self._cop_y_m, self._way_m, self.lived_ms = nan, 0.0, 0
        self._mode: Mode = "running"

    @property
    def pulse_count(self) -> int:
        """Perturbations that are over."""
        return 0 if self._perturber is None else self._perturber.done

    def live(self, duration_s: float, *, is_kept: bool = False) -> "Rig":
        """Live on, until it is over or the harness has had to catch the person.

        Args:
            duration_s: How long.
            is_kept: Keep what the plates measure.
        """
        end_ms = self.lived_ms + round(1000 * duration_s)
        is_plain = self._scenario is None and self._perturber is None and not self.is_learning
        while self.lived_ms < end_ms and not self.has_fallen:
            if is_plain:
                self._live_plainly(min(PLAIN_MS, end_ms - self.lived_ms), is_kept=is_kept)
            else:
                self._live(is_kept=is_kept)
        return self

    def found(self) -> Found:
        """Return what the plates say of all that was kept, as a report makes it of a log."""
        wrench = lab_from_plates(np.concatenate(self.wrench), *ORIGINS_M).astype(float)
        belt_mps = np.concatenate(self.belts_mps)
        t_ns = SAMPLE_NS * np.arange(1, len(wrench) + 1, dtype=np.int64)
        analysis = GaitAnalysis(self.session.body_height_m)
        events = analysis.take(t_ns, SAMPLE_NS, wrench, belt_mps)
        strides = (*analysis.take_strides(), *analysis.finish())
        return Found(
            start_s=0.0,
            duration_s=len(wrench) / 1000,
            events=events,
            event_source="plates",
            plate_t_s=t_ns / 1e9,
            left_fz_n=wrench[:, 2],
            right_fz_n=wrench[:, 8],
            plate_lost_count=0,
            quality=Quality(),
            strides=strides,
            reviewed=(),
            sway=longest_stand(t_ns / 1e9, wrench, belt_mps, events),
            belts=None,
            stops=(),
            pauses=(),
        )

    # -- one step --------------------------------------------------------------------------

    def _live_plainly(self, count_ms: int, *, is_kept: bool) -> None:
        """Live for a while in which nobody is shown, told or taught anything."""
        speed_mps = self.session.cruise_speed_mps
        self._tell(Wish(speed_mps, speed_mps))
        self._move(count_ms, is_kept=is_kept)

    def _move(self, count_ms: int, *, is_kept: bool) -> None:
        self.world.live(count_ms)
        self.lived_ms += count_ms
        if is_kept:
            self.wrench.append(self.world.wrench.astype(float))
            self.belts_mps.append(self.world.truth[:, :2].copy())
        self.has_fallen = bool(self.world.truth[-1, HAS_FALLEN])

    def _live(self, *, is_kept: bool) -> None:
        self._move(self.step_ms, is_kept=is_kept)
        if self.is_learning:
            self._learn()
        speed_mps = self.session.cruise_speed_mps
        wish = Wish(speed_mps, speed_mps)
        if self._scenario is not None or self._perturber is not None:
            state = self._state(self.world.truth)
            if self._scenario is not None:
                step = self._answer(state)
                wish = step.wish
                self._show(step.scene)
            if self._perturber is not None:
                wish = self._perturber.step(state, wish, [], is_on=True)
        self._tell(wish)

    def _answer(self, state: State) -> Step:
        assert self._scenario is not None
        return self._scenario.step(state)

    def _learn(self) -> None:
        aim = Aim() if self._player is None else self._player.aim
        if self.learner.feel(moment_of(self.world), aim):
            self.world.become(self.learner.traits)
            if self._player is not None:
                self._player.traits = self.learner.traits

    def _show(self, scene: Record) -> None:
        """Show a picture every 32 ms to whoever looks."""
        if self._player is None or self.lived_ms % LOOK_MS:
            return
        picture = Picture("rig", self.lived_ms, msgspec.structs.asdict(scene))
        footing = self.world.footing()
        self.world.aim(self._player.step(self.lived_ms / 1000, picture, footing))
        if self.is_learning:
            self.learner.see(numbers(picture))

    def _tell(self, wish: Wish) -> None:
        """Ask the belts for what is wished, as quickly as a session would let them."""
        self._mode = "perturbing" if wish.is_perturbation else "running"
        is_up = self.lived_ms < 1000 * STAND_S
        speeds = (0.0, 0.0) if is_up else (wish.left_speed_mps, wish.right_speed_mps)
        accel_mps2 = PULSE_MPS2 if wish.is_perturbation else START_MPS2
        self.world.reins.ask(*speeds, accel_mps2, accel_mps2, 0.0)

    def _state(self, truth: Array) -> State:
        """Return what the session would tell the scenario now."""
        first_ms, row = self.lived_ms - self.step_ms, truth[-1].tolist()
        step_s = self.step_ms / 1000
        loads_n = truth[:, LOADS]
        left_n, right_n = loads_n.T.tolist()
        self._share.feed(first_ms, left_n, right_n, 0.001)
        self._impulse_ns += 0.001 * loads_n.sum(axis=0)
        for at, side, kind, *_ in self.world.events.tolist():
            if kind == HEEL_STRIKE:
                which = int(side)
                at_ms = first_ms + int(at)
                foot: Side = "left" if which == LEFT else "right"
                left_ns, right_ns = self._impulse_ns.tolist()
                self._share.land(foot, at_ms, left_ns, right_ns, 0.001)
                self._strikes_ns[which] = at_ms * SAMPLE_NS
                self._counts[which] += 1
        left_mps, right_mps = row[0], row[1]
        self._way_m += step_s * 0.5 * (left_mps + right_mps)
        cop_y_m = row[COP_Y]
        if self._cop_y_m != self._cop_y_m:
            self._cop_y_m = cop_y_m
        self._cop_y_m += step_s / PRESSURE_S * (cop_y_m - self._cop_y_m)
        t_ns = self.lived_ms * SAMPLE_NS
        return State(
            t_ns=t_ns,
            dt_s=step_s,
            mode=self._mode,
            belt=BeltSample(t_ns, left_mps, right_mps, 0.0),
            cruise_speed_mps=self.session.cruise_speed_mps,
            left_distance_m=self._way_m,
            right_distance_m=self._way_m,
            may_perturb=True,
            gait=Gait(
                load_share_left_frac=self._share.left_frac,
                cop_x_m=row[TRUTH.index("cop_x_m")],
                cop_y_m=self._cop_y_m,
                com_x_m=row[COM[0]],
                com_y_m=row[COM[1]],
                left_fz_n=float(loads_n[-1, 0]),
                right_fz_n=float(loads_n[-1, 1]),
                body_weight_n=self.learner.own.mass_kg * 9.81,
                left_step_count=self._counts[0],
                right_step_count=self._counts[1],
                left_strike_ns=self._strikes_ns[0],
                right_strike_ns=self._strikes_ns[1],
            ),
        )
