from math import nan

import numpy as np
import pytest
from devices.feet import LEFT_M, MASK, RIGHT_M, URL, frame, hear, make_plates, samples
from devices.wire import cut, is_for_a_person, wired
from hypothesis import given
from hypothesis import strategies as st

from rehabsim.base.clock import run
from rehabsim.base.config import check
from rehabsim.base.errors import ConfigError, LinkError, ProtocolError
from rehabsim.devices.rs_plates import RsPlates, encode_frame, lab_from_plates

# -- the stream ----------------------------------------------------------------------------


@given(st.lists(st.integers(1, 16), min_size=1, max_size=8), st.lists(st.integers(0, 5000)))
def test_frames_survive_any_fragmentation(counts, places):
    first = 0
    stream = b""
    for count in counts:
        stream += frame(first, count)
        first += count
    plates, chunks = hear(cut(stream, places))
    assert [len(chunk.wrench) for chunk in chunks] == counts
    assert [chunk.sequence for chunk in chunks] == [sum(counts[:k]) for k in range(len(counts))]
    assert (plates.lost_count, plates.bad_count, plates.repeated_count) == (0, 0, 0)


def test_a_chunk_carries_the_devices_time_in_nanoseconds_and_moments_about_the_lab():
    wrench = samples(2, 0.0)
    wrench[:, 2] = 100.0
    _, (chunk,) = hear([encode_frame(9, 1_234_567, 500, wrench)])
    assert (chunk.t_ns, chunk.sequence) == (0, 9)
    assert (chunk.device_t_ns, chunk.dt_ns) == (1_234_567_000, 500_000)
    assert chunk.wrench[:, 3].tolist() == [25.0, 25.0]


schedule = st.lists(
    st.tuples(st.integers(1, 16), st.sampled_from(["pass", "lose", "repeat", "late"])),
    min_size=1,
    max_size=30,
)


@given(schedule, st.sampled_from([0, 5, MASK - 40, MASK - 3, MASK, 2**31 - 20]))
def test_lost_repeated_and_reordered_frames_are_counted_exactly(plan, first):
    sequence, last_end = first, None
    lost = repeated = 0
    expected, pieces = [], []
    for count, fate in plan:
        if fate != "lose":
            lost += 0 if last_end is None else sequence - last_end
            pieces.append(frame(sequence, count))
            expected.append(sequence)
            if fate == "repeat":
                pieces.append(frame(sequence, count))
                repeated += 1
            if fate == "late" and last_end is not None:
                pieces.append(frame(max(last_end - 1, 0), 1))
                repeated += 1
            last_end = sequence + count
        sequence += count
    plates, chunks = hear(pieces)
    assert (plates.lost_count, plates.repeated_count) == (lost, repeated)
    heard_first = expected[0] & MASK if expected else 0
    assert [chunk.sequence - heard_first for chunk in chunks] == [n - expected[0] for n in expected]
    assert all(chunk.sequence == heard_first for chunk in chunks[:1])
    assert plates.bad_count == 0


def test_numbers_go_on_rising_when_the_device_wraps_its_own():
    starts = [2**32 - 8, 2**32 - 4, 2**32, 2**32 + 4]
    plates, chunks = hear([frame(start) for start in starts])
    assert [chunk.sequence for chunk in chunks] == starts
    assert plates.lost_count == 0


def test_numbers_go_on_rising_over_two_wraps():
    step = 2**31 - 16
    starts = [k * step for k in range(6)]
    _, chunks = hear([frame(start, 16) for start in starts])
    assert [chunk.sequence for chunk in chunks] == starts


def test_a_gap_of_half_the_numbers_is_loss_and_one_more_is_a_step_back():
    half = 2**31
    plates, _ = hear([frame(0), frame(4 + half - 1)])
    assert (plates.lost_count, plates.repeated_count) == (half - 1, 0)
    plates, _ = hear([frame(0), frame(4 + half)])
    assert (plates.lost_count, plates.repeated_count) == (0, 1)


def test_a_damaged_frame_is_lost_and_counted_and_the_next_is_heard():
    damaged = bytearray(frame(4))
    damaged[30] ^= 1
    plates, chunks = hear([frame(0), bytes(damaged), frame(8)])
    assert [chunk.sequence for chunk in chunks] == [0, 8]
    assert (plates.bad_count, plates.lost_count) == (1, 4)


@given(st.binary(max_size=3000))
def test_a_reader_is_in_step_again_after_the_next_zero(garbage):
    _, chunks = hear([garbage + b"\0", frame(0), frame(4)])
    assert [chunk.sequence for chunk in chunks] == [0, 4]


def test_joining_in_the_middle_loses_one_frame_only():
    plates, chunks = hear([frame(0)[50:] + frame(4) + frame(8)])
    assert [chunk.sequence for chunk in chunks] == [4, 8]
    assert (plates.bad_count, plates.lost_count) == (1, 0)


@pytest.mark.parametrize("garbage", [b"x" * 4096, b"noise!!\0" * 512, b"\0" * 4096])
def test_4096_bytes_of_garbage_are_a_protocol_error_and_one_less_is_not(garbage):
    hear([garbage[:4095]])
    with pytest.raises(ProtocolError, match="4096 bytes without one good frame") as caught:
        hear([garbage[:1000], garbage[1000:]])
    assert is_for_a_person(str(caught.value))
    assert (caught.value.device, caught.value.url) == ("plates", URL)


def test_the_count_of_garbage_starts_again_after_a_good_frame_and_after_an_error():
    hear([frame(0), b"x" * 4095])

    async def scene(clock):
        plates = make_plates(clock)
        async with wired(plates, clock) as device:
            device.write(b"x" * 4096)
            with pytest.raises(ProtocolError):
                plates.take()
            device.write(b"x" * 4095)
            assert plates.take() == []

    run(scene, virtual=True)


def test_a_good_frame_forgives_the_garbage_before_it():
    plates, chunks = hear([b"y" * 3000 + b"\0", frame(0), b"y" * 3000 + b"\0", frame(4)])
    assert len(chunks) == 2
    assert plates.bad_count == 2


def test_plates_that_talked_nonsense_are_heard_again_when_they_make_sense():
    async def scene(clock):
        plates = make_plates(clock)
        async with wired(plates, clock) as device:
            device.write(b"x" * 5000)
            with pytest.raises(ProtocolError):
                plates.take()
            device.write(frame(0))
            return plates.take()

    (chunk,) = run(scene, virtual=True)
    assert chunk.sequence == 0


def test_plates_that_were_switched_off_and_on_are_heard_after_opening_again():
    async def scene(clock):
        plates = make_plates(clock)
        async with wired(plates, clock) as device:
            device.write(frame(1_000_000) + frame(1_000_004)[:20])
            assert len(plates.take()) == 1
        async with wired(plates, clock) as device:
            device.write(frame(0))
            (chunk,) = plates.take()
        return chunk.sequence, plates.lost_count, plates.bad_count, plates.repeated_count

    assert run(scene, virtual=True) == (0, 0, 0, 0)


def test_plates_that_hang_up_are_a_link_error_after_their_last_frame():
    async def scene(clock):
        plates = make_plates(clock)
        async with wired(plates, clock) as device:
            device.write(frame(0))
            await device.close()
            assert len(plates.take()) == 1
            with pytest.raises(LinkError, match="hung up"):
                plates.take()

    run(scene, virtual=True)


def test_closing_plates_that_were_never_open_is_nothing():
    async def scene(clock):
        await make_plates(clock).close()

    run(scene, virtual=True)


@pytest.mark.parametrize(
    "point", [[0.0, 0.25], [0.0, 0.25, 0.0, 0.0], [0.0, 0.25, nan], [0, 99, 0]]
)
def test_an_origin_that_is_no_point_of_the_room_is_refused(point):
    table = {"kind": "rs_plates", "url": URL, "left_origin_m": point, "right_origin_m": RIGHT_M}
    with pytest.raises(ConfigError, match="left_origin_m"):
        check(table, RsPlates.Config, where="site.toml")


# -- from plate to lab ---------------------------------------------------------------------

numbers = st.floats(-1, 1)
points = st.tuples(numbers, numbers, numbers)
forces = st.tuples(*[st.floats(-1500, 1500)] * 3)


@given(points, points, points, points, forces, forces)
def test_a_force_on_a_plate_is_the_same_force_about_the_labs_origin(
    left_origin, right_origin, left_at, right_at, left_force, right_force
):
    def about(point, origin, force):
        return np.cross(np.subtract(point, origin), force)

    wrench = np.array(
        [
            *left_force,
            *about(left_at, left_origin, left_force),
            *right_force,
            *about(right_at, right_origin, right_force),
        ],
        np.float32,
    )[None]
    lab = lab_from_plates(wrench, left_origin, right_origin)
    assert lab.dtype == np.float32
    np.testing.assert_array_equal(lab[0, [0, 1, 2, 6, 7, 8]], wrench[0, [0, 1, 2, 6, 7, 8]])
    np.testing.assert_allclose(lab[0, 3:6], np.cross(left_at, left_force), atol=2e-3)
    np.testing.assert_allclose(lab[0, 9:12], np.cross(right_at, right_force), atol=2e-3)


@pytest.mark.parametrize("x_m", [-0.8, 0.8])
@pytest.mark.parametrize("y_m", [-0.2, 0.2])
def test_a_load_in_each_corner_of_the_left_plate_is_found_there_in_the_lab(x_m, y_m):
    weight_n = 700.0
    wrench = samples(1, 0.0)
    wrench[0, 2:5] = weight_n, y_m * weight_n, -x_m * weight_n
    lab = lab_from_plates(wrench, [0.1, 0.25, 0.0], RIGHT_M)[0]
    assert -lab[4] / lab[2] == pytest.approx(x_m + 0.1, abs=1e-5)
    assert lab[3] / lab[2] == pytest.approx(y_m + 0.25, abs=1e-5)
    assert not lab[6:].any()


@pytest.mark.parametrize("missing", range(12))
@pytest.mark.parametrize("z_m", [0.0, 0.05])
def test_a_component_that_is_not_measured_spoils_only_what_depends_on_it(missing, z_m):
    wrench = np.arange(24, dtype=np.float32).reshape(2, 12)
    origins = [0.1, 0.25, z_m], [0.1, -0.25, z_m]
    whole = lab_from_plates(wrench, *origins)
    wrench[1, missing] = nan
    lab = lab_from_plates(wrench, *origins)
    first, axis = 6 * (missing // 6), missing % 6
    lever_of = {0: (4, 5), 1: (3, 5), 2: (3, 4)}.get(axis, ())
    spoiled = {missing} | {first + k for k in lever_of if axis == 2 or k == 5 or z_m}
    assert set(np.flatnonzero(np.isnan(lab[1]))) == spoiled
    left = [k for k in range(12) if k not in spoiled]
    np.testing.assert_allclose(lab[:, left], whole[:, left], rtol=1e-6)
    np.testing.assert_allclose(lab[0], whole[0], rtol=1e-6)


def test_what_was_read_is_not_written_over():
    wrench = samples(2)
    before = wrench.copy()
    lab_from_plates(wrench, LEFT_M, RIGHT_M)
    np.testing.assert_array_equal(wrench, before)
