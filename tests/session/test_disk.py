"""A log's disk: every byte is taken or it says why not, and a session needs room to start."""

import errno

import pytest

from rehabsim.base.errors import LogError
from rehabsim.session.disk import RECORDED_S, Buffered, Disk, DiskFile, require_space


class CountedDisk(Disk):
    """Takes `most` bytes at a time, and has `free` bytes left."""

    def __init__(self, most=3, free=0):
        self.most, self.free = most, free

    def write(self, descriptor, data):
        return super().write(descriptor, data[: self.most])

    def free_bytes(self, folder):
        return self.free


def test_a_write_that_is_taken_in_pieces_is_written_whole(tmp_path):
    file = DiskFile(tmp_path / "a", CountedDisk())
    assert file.write(b"a long enough text") == 18
    file.sync()
    file.close()
    assert (tmp_path / "a").read_bytes() == b"a long enough text"
    assert file.tell() == 18


def test_a_write_that_takes_nothing_is_an_error_and_no_endless_loop(tmp_path):
    file = DiskFile(tmp_path / "a", CountedDisk(most=0))
    with pytest.raises(OSError, match="Input/output") as error:
        file.write(b"text")
    file.close()
    assert error.value.errno == errno.EIO


def test_a_file_is_never_written_over(tmp_path):
    (tmp_path / "a").write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        DiskFile(tmp_path / "a", Disk())


def test_small_writes_are_gathered(tmp_path):
    file = DiskFile(tmp_path / "a", Disk())
    buffered = Buffered(file)
    buffered.write(b"one")
    assert (file.tell(), buffered.tell()) == (0, 3)
    buffered.flush()
    assert (file.tell(), buffered.tell()) == (3, 3)
    file.close()


@pytest.mark.parametrize("rate", [1.0, 434_000.0])
def test_fifteen_minutes_of_room_are_enough_and_a_byte_less_is_not(tmp_path, rate):
    path = tmp_path / "not" / "yet" / "there.mcap"
    require_space(path, rate, CountedDisk(free=RECORDED_S * rate))
    with pytest.raises(LogError, match=r"a session starts with room for 15"):
        require_space(path, rate, CountedDisk(free=RECORDED_S * rate - 1))


def test_the_refusal_has_the_numbers(tmp_path):
    with pytest.raises(LogError) as error:
        require_space(tmp_path / "a.mcap", 500_000.0, CountedDisk(free=60_000_000))
    assert str(error.value) == (
        f"{tmp_path / 'a.mcap'}: its disk has 60 MB left, room for 2.0 minutes at 0.50 MB/s; a"
        " session starts with room for 15, 450 MB. Free some or give another --log."
    )
