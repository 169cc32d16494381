"""One person who practises: what they go through, what it teaches them, what they keep of it."""

from pathlib import Path

import msgspec

from rehabsim.base.errors import ConfigError
from rehabsim_sim.play.player import Aim
from rehabsim_sim.play.scenes import Scene
from rehabsim_sim.practice.exposure import Exposure, Trial
from rehabsim_sim.practice.laws import (
    TRIAL_RATES,
    Memory,
    Rates,
    after,
    corrected,
    tried,
)
from rehabsim_sim.practice.moment import Moment
from rehabsim_sim.practice.skills import SKILLS, practised, within_visit
from rehabsim_sim.traits import Traits

VERSION = 1


class Learned(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody has learned, as the file of it holds it.

    Attributes:
        version: Of this form.
        skills: By the names of `skills.SKILLS`; what is not there was never practised.
    """

    version: int = VERSION
    skills: dict[str, Memory] = msgspec.field(default_factory=dict)

    def after(self, days: float) -> "Learned":
        """Return what is left after days without practice; raises ValueError for less than 0."""
        return Learned(skills={name: after(known, days) for name, known in self.skills.items()})


class Learner:
    """Learns by what a person goes through.

    Args:
        own: What they were like before they learned anything.
        learned: In earlier visits.

    Attributes:
        own: As given.
        traits: What they are like now.
        learned: By now.
        trials: Of each skill in this visit.
    """

    def __init__(self, own: Traits, learned: Learned) -> None:
        self.own, self.learned = own, learned
        self.traits = self._begun = practised(own, learned.skills)
        self.trials: dict[str, int] = {}
        self._exposure = Exposure(own)
        self._stride_rates = Rates(
            own.fast_retention, own.fast_rate, own.slow_retention, own.slow_rate
        )

    def see(self, scene: Scene) -> None:
        """Take in a picture."""
        for trial in self._exposure.see(scene):
            self._learn(trial)

    def feel(self, moment: Moment, aim: Aim) -> bool:
        """Take in what has just happened; return whether the person is another by it.

        Args:
            moment: It.
            aim: What the body was told to do.
        """
        before = self.learned
        for trial in self._exposure.feel(moment, aim, self.traits):
            self._learn(trial)
        if self.learned is before:
            return False
        self.traits = within_visit(self._begun, practised(self.own, self.learned.skills))
        return True

    def _learn(self, trial: Trial) -> None:
        known = self.learned.skills.get(trial.skill, Memory())
        rates = self._stride_rates if trial.is_stride else TRIAL_RATES
        if trial.error == trial.error:
            known = corrected(known, trial.error, rates)
        else:
            known = tried(known, trial.success_frac, rates)
        self.trials[trial.skill] = self.trials.get(trial.skill, 0) + 1
        self.learned = Learned(skills={**self.learned.skills, trial.skill: known})


def read_learned(path: str, days: float) -> Learned:
    """Return what was learned by the end of an earlier visit and is left after some days.

    Args:
        path: Its file, or empty: nothing was.
        days: Since then.

    Raises:
        ConfigError: The file is missing or no such file, or the days are less than none.
    """
    if not path:
        return Learned()
    try:
        found = msgspec.json.decode(Path(path).read_bytes(), type=Learned)
        if found.version != VERSION:
            raise ValueError(f"version {found.version}, known is {VERSION}")
        unknown = sorted(found.skills.keys() - SKILLS.keys())
        if unknown:
            raise ValueError(f"unknown skill {unknown[0]!r}; known: {', '.join(SKILLS)}")
        return found.after(days)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: is no file of what somebody learned: {error}.") from error


def write_learned(path: str, learned: Learned) -> None:
    """Write what was learned, over what the file held.

    Raises:
        ConfigError: It cannot be written.
    """
    try:
        Path(path).write_bytes(msgspec.json.format(msgspec.json.encode(learned), indent=2) + b"\n")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}.") from error
