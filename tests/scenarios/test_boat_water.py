"""The boat's lake: it rocks a hull as much as it should, and never twice alike."""

from math import degrees, pi, tau

import numpy as np
import pytest

from rehabsim.training.motion import CLINICAL, STANDING, Cueing, Motion
from scenarios.boat import SWELL, WAVE_LEVELS_M, Boat
from scenarios.boat_hull import Hull
from scenarios.boat_water import CHANGE_MPS, COUNT, MAX_VEER_RAD, Swell, Water, Wind

LAKE = Boat.Params()


def lake(height_m=1.0, seed_frac=0.3, **changes):
    words = {
        "length_m": LAKE.wave_length_m,
        "period_s": LAKE.wave_period_s,
        "direction_rad": LAKE.wave_direction_rad,
    }
    return Water(height_m, seed_frac=seed_frac, **words | changes)


def test_the_surface_is_as_rough_as_its_height_says():
    water = lake(1.0, length_m=100.0)
    heaves = [water.under(0.0, 0.0, 0.0, t_s).heave_m for t_s in np.arange(0, 3000, 0.5)]
    # The hull evens out a little of it.
    assert np.std(heaves) == pytest.approx(0.25, rel=0.03)


def test_the_swell_has_twelve_to_twenty_sines_that_do_not_repeat_within_minutes():
    assert 12 <= COUNT <= 20
    water, every_s = lake(), 0.25
    t_s = np.arange(0, 900, every_s)
    heave = np.array([water.under(0.0, 0.0, 0.0, t).heave_m for t in t_s])
    first = heave[: round(300 / every_s)]
    alike = [
        np.corrcoef(first, heave[lag : lag + len(first)])[0, 1]
        for lag in range(round(20 / every_s), round(600 / every_s))
    ]
    assert max(alike) < 0.9
    spectrum = np.abs(np.fft.rfft(heave * np.hanning(len(heave)))) ** 2
    hz = np.fft.rfftfreq(len(heave), every_s)
    in_band = (hz > 0.06) & (hz < 0.5)
    assert spectrum[in_band].sum() > 0.999 * spectrum.sum()


@pytest.mark.parametrize("level", [1, 5])
def test_levels_rock_the_boat_by_as_much_as_is_meant(level):
    """On the first course at 3 m/s; half a degree of roll is left to chance."""
    rolls, pitches = [], []
    for seed_frac in (0.1, 0.37, 0.72):
        water, hull = lake(WAVE_LEVELS_M[level - 1], seed_frac), Hull()
        for t_s in np.arange(0, 300, 0.05):
            swell = water.under(3.0 * t_s, 0.0, 0.0, t_s)
            hull.rock(swell.slope_left, 0.05)
            rolls.append(hull.roll_rad)
            pitches.append(swell.slope)
    part = (level - 1) / 4
    assert degrees(np.std(rolls)) == pytest.approx(1.0 + 1.5 * part, rel=0.15)
    assert degrees(np.std(pitches)) == pytest.approx(0.5 + 1.0 * part, rel=0.25)


def test_the_deck_heaves_by_one_to_three_centimetres_where_it_can():
    def heave_m(level):
        water = lake(WAVE_LEVELS_M[level - 1])
        high = CLINICAL._replace(reach=(0.1,) * 6)
        cueing = Cueing(SWELL, high, STANDING)
        poses = []
        for t_s in np.arange(0, 90, 0.02):
            motion = Motion(heave_m=water.under(3.0 * t_s, 0.0, 0.0, t_s).heave_m)
            wish = cueing.step(motion, 0.02, is_on=True, gain=LAKE.platform_gain)
            poses.append(wish.pose.z_m)
        return np.std(poses[1500:])

    assert 0.008 < heave_m(1) < heave_m(5) < 0.03


def test_slopes_are_those_of_the_surface():
    water, at, by = lake(length_m=100.0), (12.0, -7.0), 1e-4
    here = water.under(*at, 0.0, 3.0)
    ahead = water.under(at[0] + by, at[1], 0.0, 3.0).heave_m
    left = water.under(at[0], at[1] + by, 0.0, 3.0).heave_m
    assert (ahead - here.heave_m) / by == pytest.approx(here.slope, abs=1e-5)
    assert (left - here.heave_m) / by == pytest.approx(here.slope_left, abs=1e-5)
    turned = water.under(*at, pi / 2, 3.0)
    assert turned.slope == pytest.approx(here.slope_left)
    assert turned.slope_left == pytest.approx(-here.slope)


def test_a_sea_that_is_set_higher_rises_slowly():
    water = lake(0.0)
    assert water.under(1.0, 2.0, 0.3, 4.0) == Swell(0.0, 0.0, 0.0)
    heights = []
    for _ in range(500):
        water.change(0.74, 0.1)
        heights.append(water.height_m)
    assert np.diff([0.0, *heights]).max() <= CHANGE_MPS * 0.1 + 1e-12
    assert heights[-1] == 0.74


def blow(seeds_frac, speed_mps=5.0, gust_frac=0.5, duration_s=600):
    wind = Wind(1.6, seeds_frac)
    found = []
    for t_s in np.arange(0, duration_s, 0.1):
        wind.step(speed_mps, gust_frac, t_s, 0.1)
        found.append((wind.speed_mps, wind.direction_rad))
    return np.array(found)


def test_gusts_come_and_go_slowly_within_their_bounds():
    speeds, ways = blow((0.2, 0.7)).T
    settled = speeds[600:]
    assert settled.min() >= 2.5
    assert settled.max() <= 7.5
    assert np.ptp(settled) > 2.0
    assert np.abs(np.diff(speeds[600:])).max() / 0.1 < 2.5 * tau / 17
    assert np.abs(ways - 1.6).max() <= MAX_VEER_RAD
    assert np.abs(blow((0.2, 0.7), gust_frac=0.0)[900:, 0] - 5.0).max() < 1e-6


def test_a_wind_belongs_to_its_seed():
    assert (blow((0.2, 0.7)) == blow((0.2, 0.7))).all()
    assert np.abs(blow((0.2, 0.7)) - blow((0.5, 0.1))).max() > 1.0
