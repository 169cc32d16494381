"""How well every patient plays, without wires: minutes for what takes whole sessions hours.

`python tests/simulator/playing.py` makes the last section of PLAY.md; a whole session, as
`python -m rehabsim_validation.play` runs them, adds what plates and gait analysis make of it.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from simulator.game import Game
from simulator.reaching import Reaching

from rehabsim.gait.stability_limits import (
    DIRECTIONS_RAD,
    centre_of_gravity,
    excursion_of,
    limit_m,
)
from rehabsim.session.setup import ready_session
from rehabsim.training.adapt_params import AdaptParams
from rehabsim_sim.patients import patient
from rehabsim_validation.play import DURATIONS_S, OUT, Outcome, write
from rehabsim_validation.training import WHO
from rehabsim_validation.training_rig import Visit
from scenarios.boat import Boat
from scenarios.drive import Drive
from scenarios.hike import Hike

HOW = (
    "by `python tests/simulator/playing.py`: scenario and person without wires, the person's truth"
    " in place of plates and gait analysis, each scenario as its ready file has it"
)
SCENARIOS = {"boat": Boat, "drive": Drive, "hike": Hike}
LEANS_S = 128.0
RATE_HZ, GO, SETTLED = 125.0, 1000, 812
"""Of a game; ticks from a rest of 8 s to a target, of which the last 1.5 s are the standing."""


def game_of(visit):
    """Return a game of a scenario as it is shipped, played to its end."""
    ready = ready_session(visit.scenario)
    adapt = AdaptParams.model_validate(ready.adapt)
    kind = SCENARIOS[visit.scenario]
    scenario = kind(kind.Params(**{**ready.params, **adapt.values(adapt.level)}), visit.seed)
    game = Game(scenario, patient(visit.who), visit.seed, ready.cruise_speed_mps)
    return game.live(visit.duration_s)


def play(visit):
    """Play once; return what came of it."""
    found = Outcome(visit)
    if visit.scenario == "balance":
        return found._replace(reactions_s=tuple(reactions_s(visit.who, visit.seed)))
    game = game_of(visit)
    if game.world.person.body[0].has_fallen:
        found = found._replace(stops=("they fell.",))
    if visit.scenario == "boat":
        scene, events = game.scene, [event for step in game.steps for event in step.events]
        return found.with_gates(scene.passed_gate_count, scene.missed_gate_count, events)
    if visit.scenario == "drive":
        drives = [step.scene for step in game.steps if step.scene.car_speed_mps > 1.0]
        in_lane = [abs(scene.lateral_m) <= scene.lane_width_m / 2 for scene in drives]
        return found._replace(lane_frac=float(np.mean(in_lane)))
    return found.with_lines([event for step in game.steps for event in step.events])


def reactions_s(who, seed):
    """Return when leans to the eight targets of the limits of stability begin, after these."""
    targets_m = [
        (float(limit_m(way) * np.cos(way)), float(limit_m(way) * np.sin(way)))
        for way in DIRECTIONS_RAD
    ]
    game = Game(Reaching(targets_m, hold_s=8.0, rest_s=8.0), patient(who), seed).live(LEANS_S)
    com_m = np.stack([game.column("com_x_m"), game.column("com_y_m")], axis=1)
    return [
        excursion_of(
            centre_of_gravity(lean_m[SETTLED:], RATE_HZ), RATE_HZ, GO - SETTLED, way
        ).reaction_time_s
        for way, lean_m in zip(DIRECTIONS_RAD, com_m.reshape(8, -1, 2), strict=True)
    ]


def main():
    """Let everybody play five times and write the section."""
    visits = [
        Visit(scenario, who, seed, LEANS_S if scenario == "balance" else duration_s)
        for scenario, duration_s in DURATIONS_S.items()
        for who in WHO
        for seed in range(1, 6)
    ]
    outcomes = []
    for visit in visits:
        outcomes.append(play(visit))
        print(outcomes[-1], flush=True)
    write(OUT, outcomes, HOW)


if __name__ == "__main__":
    main()
