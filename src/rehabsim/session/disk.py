"""What a log asks of the operating system: the one seam where a disk can fail."""

import contextlib
import errno
import os
import shutil
from pathlib import Path

from rehabsim.base.errors import LogError

RECORDED_S = 900
"""A session starts only when at least so much of it can be recorded."""


class Disk:
    """The host's files, by descriptor; tests put one in its place that fails."""

    def create(self, path: Path) -> int:
        """Return the descriptor of a new file; raises FileExistsError rather than open one."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        return os.open(path, flags, 0o666)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Return how many bytes were taken, which may be fewer than were given."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Return when all that was written survives a power loss."""
        getattr(os, "fdatasync", os.fsync)(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Return when the folder's names survive a power loss; nothing where none can be synced."""
        if os.name != "posix":
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def close(self, descriptor: int) -> None:
        """Let the descriptor go."""
        os.close(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Give `source` the name of `target`, in one step."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        """Remove the file if there is one."""
        path.unlink(missing_ok=True)

    def free_bytes(self, folder: Path) -> int:
        """Return how much may still be written in `folder`."""
        return shutil.disk_usage(folder).free


BUFFER_BYTES = 1 << 19
DISK = Disk()
"""What is used unless a log is told otherwise."""


class DiskFile:
    """A new file that is only written; every byte is taken or an OSError says why not."""

    def __init__(self, path: Path, disk: Disk) -> None:
        self.path = path
        self._disk = disk
        self._descriptor = disk.create(path)
        self._size = 0
        self._is_open = True
        self._is_name_safe = False

    def write(self, data: bytes) -> int:
        """Write all of `data`, however little the system takes at a time."""
        rest = memoryview(data)
        while rest:
            count = self._disk.write(self._descriptor, rest)
            if count <= 0:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            self._size += count
            rest = rest[count:]
        return len(data)

    def tell(self) -> int:
        """Return how much has been written."""
        return self._size

    def sync(self) -> None:
        """Return when all of it, and its name, survives a power loss."""
        self._disk.sync(self._descriptor)
        if not self._is_name_safe:
            self._disk.sync_folder(self.path.parent)
            self._is_name_safe = True

    def close(self) -> None:
        """Let it go; what was written stays."""
        if self._is_open:
            self._is_open = False
            with contextlib.suppress(OSError):
                self._disk.close(self._descriptor)


class Buffered:
    """Gathers the small writes of the MCAP library."""

    def __init__(self, file: DiskFile) -> None:
        self._file = file
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        """Take `data`; it reaches the file at the latest with `flush`."""
        self._waiting += data
        if len(self._waiting) >= BUFFER_BYTES:
            self.flush()
        return len(data)

    def tell(self) -> int:
        """Return how much has been taken."""
        return self._file.tell() + len(self._waiting)

    def flush(self) -> None:
        """Hand everything over to the file."""
        self._file.write(bytes(self._waiting))
        self._waiting.clear()


def require_space(path: Path, bytes_per_s: float, disk: Disk) -> None:
    """Refuse a log for which the disk has no room.

    Raises:
        LogError: Less than `RECORDED_S` of a session would fit.
    """
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        free = disk.free_bytes(folder)
    except OSError as error:
        raise LogError(f"{path}: cannot be made: {error.strerror}.") from error
    if free < RECORDED_S * bytes_per_s:
        raise LogError(
            f"{path}: its disk has {free / 1e6:.0f} MB left, room for {free / bytes_per_s / 60:.1f}"
            f" minutes at {bytes_per_s / 1e6:.2f} MB/s; a session starts with room for"
            f" {RECORDED_S / 60:.0f}, {RECORDED_S * bytes_per_s / 1e6:.0f} MB. Free some or give"
            " another --log."
        )
