"""The person at play: eyes, player and body together."""

import numpy as np
import pytest
from simulator.game import Game
from simulator.playing import reactions_s
from simulator.reaching import Reaching
from simulator.stroll import Stroll

from rehabsim_sim.patients import patient
from rehabsim_sim.person import STANDING, STEERING
from rehabsim_sim.play.player import Aim
from scenarios.boat import Boat

TARGETS_M = [(0.05, 0.0), (0.0, 0.06), (0.0, -0.06)]


def boat(has_picture, duration_s=55.0, seed=2):
    game = Game(Boat(Boat.Params(), seed), patient("healthy"), seed, 0.9, has_picture)
    return game.live(duration_s)


@pytest.fixture(scope="module")
def seeing():
    return boat(has_picture=True)


def test_one_who_sees_passes_more_gates_than_one_who_does_not(seeing):
    blind = boat(has_picture=False)
    assert seeing.scene.missed_gate_count == 0
    assert seeing.scene.passed_gate_count >= 2
    assert seeing.scene.passed_gate_count > blind.scene.passed_gate_count
    assert not seeing.world.person.body[0].has_fallen


def test_the_same_seed_sees_and_walks_the_same(seeing):
    again = boat(has_picture=True, duration_s=20.0)
    count = len(again.truth)
    assert np.array_equal(np.array(again.truth), np.array(seeing.truth[:count]))


def test_aiming_at_nothing_changes_no_step():
    blind = Stroll(patient("steering"), seed=2, chunk_ms=32)
    told = Stroll(patient("steering"), seed=2, chunk_ms=32)
    for walk in (blind, told):
        walk.ask(0.9)
    for _ in range(300):
        told.world.aim(Aim())
        assert np.array_equal(told.live(0.032).truth[-32:], blind.live(0.032).truth[-32:])


@pytest.mark.parametrize("who", ["healthy", "excessive_core", "hemiparetic"])
def test_one_who_stands_brings_their_weight_to_the_target_and_back_without_a_step(who):
    game = Game(Reaching(TARGETS_M, hold_s=6.0, rest_s=4.0), patient(who)).live(30.0)
    com_m = np.stack([game.column("com_x_m"), game.column("com_y_m")], axis=1).reshape(3, -1, 2)
    seconds = com_m.shape[1] / 10
    at_rest_m = com_m[:, int(3 * seconds) : int(4 * seconds)].mean(axis=1)
    reached_m = com_m[:, int(8.5 * seconds) :].mean(axis=1)
    for rest_m, there_m, target_m in zip(at_rest_m, reached_m, TARGETS_M, strict=True):
        way_m = np.array(target_m)
        moved = (there_m - rest_m) @ way_m / (way_m @ way_m)
        assert 0.3 < moved < 1.7
    assert set(game.column("posture")) == {STANDING}
    assert len(game.world.events) == 0


def test_one_who_walks_goes_to_a_target_on_the_belts():
    far = [(0.15, 0.04)]
    game = Game(Reaching(far, hold_s=10.0, rest_s=14.0), patient("healthy"), 1, 0.8).live(24.0)
    x_m, y_m = game.column("com_x_m"), game.column("com_y_m")
    second = len(x_m) // 24
    assert x_m[-3 * second :].mean() - x_m[11 * second : 14 * second].mean() > 0.08
    assert y_m[-3 * second :].mean() - y_m[11 * second : 14 * second].mean() > 0.02


def shifting(who, load_frac):
    """Return the share on the left plate, and how far left the feet are, of one who shifts load."""
    walk = Stroll(patient(who), seed=1, chunk_ms=1000).ask(0.9).live(12)
    walk.world.aim(Aim(STEERING, load_frac))
    walk.live(20).forget().live(20)
    left_n, right_n = walk.column("left_fz_n").sum(), walk.column("right_fz_n").sum()
    feet_m = 0.5 * (walk.column("left_foot_y_m") + walk.column("right_foot_y_m"))
    return left_n / (left_n + right_n), feet_m.mean()


@pytest.mark.parametrize("who", ["healthy", "amputee", "hemiparetic"])
def test_one_who_shifts_load_does_not_drift_aside_and_the_plates_tell(who):
    (right, right_m), (left, left_m) = shifting(who, -0.05), shifting(who, 0.05)
    assert abs(right_m) < 0.045
    assert abs(left_m) < 0.045
    assert left - right > 0.06


def test_an_amputee_passes_gates():
    games = [Game(Boat(Boat.Params(), seed), patient("amputee"), seed, 0.9) for seed in (1, 2)]
    scenes = [game.live(90.0).scene for game in games]
    assert sum(scene.passed_gate_count for scene in scenes) >= 4


def test_a_healthy_lean_begins_when_published_ones_do_and_the_ill_are_later():
    healthy_s, ill_s = (
        np.nanmedian([*reactions_s(who, 1), *reactions_s(who, 2)])
        for who in ("healthy", "hemiparetic")
    )
    assert 0.55 <= healthy_s <= 0.9
    assert healthy_s + 0.1 < ill_s
