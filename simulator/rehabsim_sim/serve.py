"""The laboratory on its wires: a treadmill, two plates and a person, in step with a clock."""

import contextlib
from pathlib import Path

from rehabsim.base.clock import Clock, next_beat_ns
from rehabsim.base.config import check
from rehabsim.base.errors import ConfigError, RehabsimError
from rehabsim.base.limits import Limits
from rehabsim.base.records import WRENCH_COLUMNS
from rehabsim.devices.laboratory import LaboratoryPlan
from rehabsim_sim.faults import Faults, loop_state
from rehabsim_sim.motion_base import MotionBasePort
from rehabsim_sim.patients import patient, self_paced
from rehabsim_sim.plate_stream import PlateStream
from rehabsim_sim.plates import GRADES
from rehabsim_sim.platform import AXES
from rehabsim_sim.play.eyes import LOOK_MS, Eyes
from rehabsim_sim.play.player import Player, numbers
from rehabsim_sim.practice.learner import Learner, read_learned, write_learned
from rehabsim_sim.practice.moment import moment_of
from rehabsim_sim.sensors import Sensors
from rehabsim_sim.telemetry import Telemetry
from rehabsim_sim.traits import Traits
from rehabsim_sim.treadmill import make_panel
from rehabsim_sim.trunk import trunk_of
from rehabsim_sim.truth import TruthFile
from rehabsim_sim.world import World

FRAME_MS = 4
FRAME_NS = FRAME_MS * 1_000_000


class Laboratory:
    """A treadmill, two plates and a person, served on the devices' own protocols.

    Everything that happens follows from the plan and from what the clients send, and when on
    the clock; a tick that comes late is made up for, so that no sample is ever missing.

    Attributes:
        treadmill_url: Where the belts really listen, once open.
        plates_url: Where the plates really listen, once open.
        world: What is behind the wires.
        eyes: Of the person; None without a picture.
        learner: What they learn; None where nobody does.
    """

    def __init__(self, plan: LaboratoryPlan, clock: Clock) -> None:
        self.plan = plan
        self.treadmill_url = plan.treadmill_url
        self.plates_url = plan.plates_url
        self._clock = clock
        faults, seed = plan.faults, plan.seed
        limits = check(plan.limits, Limits, where="laboratory") if plan.limits else None
        self._panel = make_panel(plan.treadmill_kind, clock, faults, seed, limits)
        self._stream = PlateStream(clock, Faults(faults, "plates", WRENCH_COLUMNS, seed=seed))
        self.other_urls: dict[str, str] = {}
        self._stop_loop = Faults(faults, "emergency_stop", ("a", "b"), seed=seed)
        if plan.grade not in GRADES:
            known = ", ".join(GRADES)
            raise ConfigError(f"laboratory: unknown grade {plan.grade!r}. Known: {known}.")
        learner = Learner(patient(plan.patient), read_learned(plan.learned_path, plan.rest_days))
        self.learner = learner if plan.learning_path else None
        traits = learner.traits
        self.world = World(
            self._on_these_belts(traits),
            plan.seed,
            plan.left_origin_m,
            plan.right_origin_m,
            grade=plan.grade,
            trunk=trunk_of(plan.patient),
        )
        self._platform = MotionBasePort(
            self.world.platform_reins, Faults(faults, "platform", AXES, seed=seed), clock
        )
        self._worn = Sensors(self.world, seed) if plan.sensors_urls else None
        self._telemetry = Telemetry(plan.sensors_urls, plan.name, clock, faults, seed)
        self._strap = Sensors(self.world, seed, ("harness",)) if plan.harness_url else None
        self._harness = Telemetry(
            (plan.harness_url,) if plan.harness_url else (), plan.name, clock, faults, seed
        )
        self._is_railed = self.world.plates[0].is_railed
        self.eyes = Eyes(plan.eyes_url, clock, plan.eyes_key) if plan.eyes_url else None
        self._player = Player(traits, plan.seed)
        self._truth: TruthFile | None = None

    async def open(self) -> None:
        """Start listening, everywhere or nowhere.

        Raises:
            ConfigError: The plan cannot be.
            LinkError: A place to listen is taken.
        """
        try:
            await self._open()
        except RehabsimError:
            await self.close()
            raise

    async def _open(self) -> None:
        if self.plan.truth_path:
            self._truth = TruthFile(Path(self.plan.truth_path))
        self._keep_learned()  # Where it cannot be written, nobody begins.
        self.treadmill_url = await self._panel.open(self.plan.treadmill_url)
        self.plates_url = await self._stream.open(self.plan.plates_url)
        if self.plan.platform_url:
            self.other_urls["platform"] = await self._platform.open(self.plan.platform_url)
        if self.eyes is not None:
            await self.eyes.open()
        await self._harness.open()
        for outlet in self._harness.outlets:
            self.other_urls["harness"] = outlet.url
        await self._telemetry.open()
        for outlet in self._telemetry.outlets:
            number = sum(name.startswith("sensors") for name in self.other_urls) + 1
            self.other_urls[f"sensors {number}"] = outlet.url

    @property
    def has_client(self) -> bool:
        """Somebody is connected to the treadmill."""
        return self._panel.has_client

    async def run(self) -> None:
        """Live, until cancelled."""
        start_ns = next_beat_ns(self._clock.now_ns(), FRAME_NS, 0)
        try:
            async with contextlib.aclosing(self._clock.ticks(FRAME_NS, start_ns=start_ns)) as ticks:
                async for tick in ticks:
                    for late in range(tick.missed_count, -1, -1):
                        await self._live(tick.due_ns - late * FRAME_NS)
        finally:
            self._keep_learned()

    def _keep_learned(self) -> None:
        if self.learner is not None:
            write_learned(self.plan.learning_path, self.learner.learned)

    def _on_these_belts(self, traits: Traits) -> Traits:
        return self_paced(traits) if self.plan.is_self_paced else traits

    async def _live(self, t_ns: int) -> None:
        """Live the four milliseconds up to `t_ns`."""
        time_ms = self._stream.sequence
        if self._stop_loop:
            has_a, has_b = loop_state(self._stop_loop, time_ms)
            self.world.reins.open_stop(has_a=has_a, has_b=has_b)
        await self._panel.serve(self.world.reins, time_ms)
        if self.plan.platform_url:
            self._platform.serve(time_ms, is_cut=self.world.reins.is_cut())
        if self.eyes is not None and time_ms % LOOK_MS == 0:
            picture, footing = self.eyes.look(), self.world.footing()
            self.world.aim(self._player.step(time_ms / 1000, picture, footing))
            if self.learner is not None and picture is not None:
                self.learner.see(numbers(picture))
        self.world.live(FRAME_MS)
        if self.learner is not None and self.learner.feel(moment_of(self.world), self._player.aim):
            self._player.traits = self.learner.traits
            self.world.become(self._on_these_belts(self.learner.traits))
        await self._stream.send(self.world.wrench, self._is_railed)
        if self._strap is not None:
            self._harness.send(time_ms, self._strap.read())
        if self._worn is not None:
            self._telemetry.send(time_ms, self._worn.read())
        if self._truth is not None:
            late_ns = self._clock.now_ns() - t_ns
            self._truth.write(t_ns, self.world.truth, self.world.events, late_ns=late_ns)

    async def close(self) -> None:
        """Stop listening."""
        await self._telemetry.close()
        await self._harness.close()
        if self.eyes is not None:
            await self.eyes.close()
        await self._platform.close()
        await self._panel.close()
        await self._stream.close()
        if self._truth is not None:
            self._truth.close()
