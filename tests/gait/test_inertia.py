"""What accelerating belts do to empty plates: fitted, taken off, and measured from a log."""

import tomllib

import numpy as np
import pytest
from gait.people import analyse, times_ns
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfiltfilt

from rehabsim.base.config import check
from rehabsim.base.errors import LogError
from rehabsim.base.records import WRENCH_COLUMNS
from rehabsim.base.site import Site
from rehabsim.cli.app import app
from rehabsim.gait.analysis import GaitAnalysis
from rehabsim.gait.inertia import SIX, Inertia, Unburden, fit_inertia
from rehabsim.research.unloaded import fit_log
from rehabsim.session.log import LogReader
from rehabsim.session.mcap_file import Sink, items

RATE_HZ = 100.0
LEFT_MY = WRENCH_COLUMNS.index("left_my_nm")
PER_ACCEL = Inertia((1.0, -2.0, 30.0, 4.0, 2.8, -6.0), (-7.0, 8.0, 9.0, -10.0, 11.0, 12.0))
FEIGNED_NM_PER_MPS2 = 2.8
"""By the simulated belts."""

SHAKE = """
from rehabsim.base.config import Strict
from rehabsim.base.records import Record, Wish
from rehabsim.training.scenario import Step


class Shake:
    name = "shake"

    class Params(Strict):
        pass

    class Scene(Record, frozen=True):
        speed_mps: float

    def __init__(self, params, seed):
        pass

    def step(self, state):
        speed_mps = 1.1 if state.t_ns // 10**9 % 2 else 0.6
        return Step(Wish(speed_mps, speed_mps), self.Scene(speed_mps))
"""


# -- a real treadmill ------------------------------------------------------------------------


@pytest.fixture
def jerked(recording):
    """Read a real empty treadmill whose left belt was jerked; return wrenches and speeds."""

    def read(pace):
        path = recording(f"unloaded_belt_{pace}_100hz.txt")
        time_s, moment_nm, speed_mps = np.loadtxt(path, skiprows=1).T
        even_s = np.arange(time_s[0], time_s[-1], 1 / RATE_HZ)
        wrench, belts_mps = np.zeros((len(even_s), 12)), np.full((len(even_s), 2), np.nan)
        wrench[:, LEFT_MY] = np.interp(even_s, time_s, moment_nm)
        belts_mps[:, 0] = np.interp(even_s, time_s, speed_mps)
        return wrench, belts_mps

    return read


def below_6_hz(values):
    return sosfiltfilt(butter(2, 6.0, fs=RATE_HZ, output="sos"), values - values.mean())


def removed_frac(before, after):
    """Return by which part the root mean square fell, below 6 Hz."""
    return 1 - below_6_hz(after).std() / below_6_hz(before).std()


BOTH_WAYS = pytest.mark.parametrize(
    ("fitted", "tried", "least_frac", "most_frac"),
    [("fast", "slow", 0.40, 0.60), ("slow", "fast", 0.70, 0.90)],
)


@BOTH_WAYS
def test_a_fit_takes_most_of_the_moment_off_another_recording(
    jerked, fitted, tried, least_frac, most_frac
):
    inertia, _ = fit_inertia(*jerked(fitted), RATE_HZ)
    wrench, belts_mps = jerked(tried)
    feigned_nm = inertia.left[4] * np.gradient(belts_mps[:, 0], 1 / RATE_HZ)
    moment_nm = wrench[:, LEFT_MY]
    assert least_frac < removed_frac(moment_nm, moment_nm - feigned_nm) < most_frac


@BOTH_WAYS
def test_live_it_takes_nearly_as_much_off(jerked, fitted, tried, least_frac, most_frac):
    inertia, _ = fit_inertia(*jerked(fitted), RATE_HZ)
    wrench, belts_mps = jerked(tried)
    before_nm, after_nm = (
        analyse(GaitAnalysis(inertia=model), wrench, belts_mps, dt_ns=10_000_000)[2][:, LEFT_MY]
        for model in (None, inertia)
    )
    assert least_frac < removed_frac(before_nm, after_nm) < most_frac


@pytest.mark.parametrize(
    ("pace", "before_nm", "after_nm"), [("fast", 10.4, 1.7), ("slow", 2.5, 1.3)]
)
def test_a_fit_says_how_much_it_explains(jerked, pace, before_nm, after_nm):
    inertia, rows = fit_inertia(*jerked(pace), RATE_HZ)
    row = next(row for row in rows if row.channel == "left_my_nm")
    assert row.per_accel == inertia.left[4] == pytest.approx(2.8, abs=0.1)
    assert row.before == pytest.approx(before_nm, abs=0.1)
    assert row.after == pytest.approx(after_nm, abs=0.1)
    assert inertia.right == (0.0,) * 6


# -- a treadmill that does exactly this ------------------------------------------------------


def shaken(duration_s=20.0, rate_hz=RATE_HZ):
    """Return wrenches that are the belts' acceleration alone, on an offset, and both speeds."""
    time_s = np.arange(0, duration_s, 1 / rate_hz)
    belts_mps = np.stack([1 + 0.3 * np.sin(4 * time_s), 1 + 0.2 * np.sin(7 * time_s + 1)], axis=1)
    accels_mps2 = np.gradient(belts_mps, 1 / rate_hz, axis=0)
    wrench = np.concatenate(
        [accels_mps2[:, :1] * PER_ACCEL.left, accels_mps2[:, 1:] * PER_ACCEL.right], axis=1
    )
    return wrench + np.arange(12), belts_mps


def test_an_exact_treadmill_is_found_exactly():
    inertia, rows = fit_inertia(*shaken(), RATE_HZ)
    assert inertia.left == pytest.approx(PER_ACCEL.left, rel=1e-3)
    assert inertia.right == pytest.approx(PER_ACCEL.right, rel=1e-3)
    assert [row.channel for row in rows] == list(WRENCH_COLUMNS)
    assert all(row.after < 0.01 * row.before for row in rows)


def test_a_channel_that_is_not_measured_and_a_belt_at_rest_have_zero():
    wrench, belts_mps = shaken()
    wrench[7, 3] = np.nan
    belts_mps[:, 1] = 0.0
    inertia, rows = fit_inertia(wrench, belts_mps, RATE_HZ)
    assert inertia.left == pytest.approx((*PER_ACCEL.left[:3], 0.0, *PER_ACCEL.left[4:]), rel=1e-3)
    assert inertia.right == (0.0,) * 6
    assert [row.channel for row in rows] == [f"left_{name}" for name in SIX if name != "mx_nm"]


@pytest.mark.parametrize("speed_mps", [0.0, 1.2, np.nan])
def test_belts_that_keep_their_speed_are_refused(speed_mps):
    wrench, belts_mps = shaken()
    with pytest.raises(
        ValueError, match=r"no belt changed speed by 0\.2 m/s² .* record empty belts"
    ):
        fit_inertia(wrench, np.full_like(belts_mps, speed_mps), RATE_HZ)


@pytest.mark.parametrize("count", [1, 5, 99])
def test_too_few_samples_are_refused(count):
    wrench, belts_mps = shaken()
    with pytest.raises(ValueError, match=f"^{count} samples are too few to fit"):
        fit_inertia(wrench[:count], belts_mps[:count], RATE_HZ)


def test_each_plate_is_relieved_of_its_own_belt():
    belts_mps = np.array([[1.0, 2.0], [1.5, 2.0], [1.5, 1.0], [np.nan, 1.0], [1.5, 1.0]])
    found = Unburden(PER_ACCEL).error(belts_mps, 0.5)
    expected = np.zeros((5, 12))
    expected[1, :6] = PER_ACCEL.left
    expected[2, 6:] = -2.0 * np.array(PER_ACCEL.right)
    np.testing.assert_allclose(found, expected)


@settings(max_examples=25)
@given(cuts=st.lists(st.integers(1, 1999), max_size=30, unique=True).map(sorted))
def test_how_samples_are_cut_makes_no_difference(cuts):
    wrench, belts_mps = shaken()
    belts_mps[700:705, 0] = np.nan
    whole, parts = (
        analyse(GaitAnalysis(inertia=PER_ACCEL), wrench, belts_mps, at, dt_ns=10_000_000)[2]
        for at in ([], cuts)
    )
    np.testing.assert_allclose(parts, whole, rtol=0, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("cuts", [[], [1000]])
def test_a_change_of_speed_during_a_gap_is_no_acceleration(cuts):
    t_ns = times_ns(2000) + 500_000_000 * (np.arange(2000) >= 1000)
    belts_mps = np.repeat([[0.5], [1.0]], 1000, axis=0) * [1.0, 1.0]
    wrench = np.tile([0.0, 0.0, 350.0, 0.0, 0.0, 0.0], (2000, 2))
    analysis = GaitAnalysis(inertia=PER_ACCEL)
    rows = analyse(analysis, wrench, belts_mps, cuts, t_ns=t_ns)[2]
    np.testing.assert_allclose(rows[:, :12], wrench[:500], atol=1e-9)


# -- from a log ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Return the log of a session with nobody on belts that are sped up and slowed down."""
    folder = tmp_path_factory.mktemp("empty")
    scenario, path = folder / "shake.py", folder / "empty.mcap"
    scenario.write_text(SHAKE)
    command = ["run", str(scenario), "--virtual", "--duration", "20", "--patient", "empty_belts"]
    assert app([*command, "--unloaded", "--log", str(path)]) == 0
    return path


def rewrite(source, target, name, change):
    """Copy a log; `change` may alter the rows of table `name`."""
    dtype = LogReader(source).table(name).dtype
    with target.open("wb") as file:
        sink, known = Sink(file, is_compressed=True), set()
        for channel, table, message in filter(None, items(source)):
            if table is not None and channel not in known:
                sink.table(table)
            known.add(channel)
            content = message.data
            if channel == name:
                rows = np.frombuffer(content, dtype).copy()
                change(rows)
                content = rows.tobytes()
            (sink.rows if table is not None else sink.text)(channel, message.log_time, content)
        sink.finish()
    return target


def test_a_session_with_nobody_there_tells_what_the_belts_do(log):
    fit = fit_log(log)
    for side in (fit.inertia.left, fit.inertia.right):
        assert side[4] == pytest.approx(FEIGNED_NM_PER_MPS2, rel=0.03)
        assert np.abs(np.delete(side, 4)).max() < 0.5
    moments = [row for row in fit.rows if row.channel.endswith("my_nm")]
    assert len(moments) == 2
    assert all(row.after < 0.2 * row.before for row in moments)


def test_the_command_prints_what_the_site_file_takes(log, capsys):
    assert app(["log", "inertia", str(log)]) == 0
    printed, shown = capsys.readouterr()
    inertia = fit_log(log).inertia
    gait = tomllib.loads(printed)["gait"]
    assert gait["left_inertia"] == pytest.approx(inertia.left, abs=1e-4)
    assert gait["right_inertia"] == pytest.approx(inertia.right, abs=1e-4)
    site = LogReader(log).header.site | {"gait": gait}
    assert check(site, Site, where="site.toml").gait.left_inertia == gait["left_inertia"]
    assert all(name in shown for name in WRENCH_COLUMNS)


def test_a_log_with_somebody_on_the_plates_is_refused(log, tmp_path):
    def step_on(rows):
        rows["right_fz_n"][:] += np.where(rows["t_ns"] // 10**9 == 9, 400.0, 0.0)

    path = rewrite(log, tmp_path / "a.mcap", "plates", step_on)
    with pytest.raises(LogError, match=r"a\.mcap: a plate bears 40\d N .* limit 150 N; record"):
        fit_log(path)


def test_a_log_of_resting_belts_is_refused(log, tmp_path):
    def rest(rows):
        rows["belt_left_speed_mps"][:] = rows["belt_right_speed_mps"][:] = 0.0

    path = rewrite(log, tmp_path / "a.mcap", "ticks", rest)
    with pytest.raises(LogError, match=r"a\.mcap: no belt changed speed"):
        fit_log(path)


def test_a_treadmill_with_one_plate_is_fitted(log, tmp_path):
    def take_right_away(rows):
        for name in WRENCH_COLUMNS[6:]:
            rows[name] = np.nan

    fit = fit_log(rewrite(log, tmp_path / "a.mcap", "plates", take_right_away))
    assert fit.inertia.left == fit_log(log).inertia.left
    assert fit.inertia.right == (0.0,) * 6


def test_an_imported_log_has_no_belts_to_fit(tmp_path):
    file = tmp_path / "walk_100hz.csv"
    file.write_text("1,2,3,4,5,6\n" * 200)
    assert app(["import", str(file), "--out", str(tmp_path / "a.mcap")]) == 0
    with pytest.raises(LogError, match="holds no force-plate samples with belts"):
        fit_log(tmp_path / "a.mcap")
