"""Syncing a log's files from a thread of its own, so that writing never waits for it."""

import threading
from collections import deque
from collections.abc import Iterator
from typing import TypeVar

from rehabsim.session.disk import DiskFile

T = TypeVar("T")


class Syncer:
    """Syncs and closes files from its own thread; tells what is safe and what failed.

    Attributes:
        synced_number: Of the last block that a sync has confirmed.
        synced_file: The file that was synced last.
    """

    def __init__(self) -> None:
        self.synced_number = 0
        self.synced_file: DiskFile | None = None
        self._wishes: deque[tuple[DiskFile, int]] = deque(maxlen=1)
        self._failed: tuple[DiskFile, OSError] | None = None
        self._retired: deque[DiskFile] = deque()
        self._has_work = threading.Event()
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name="log sync", daemon=True)
        self._thread.start()

    def ask(self, file: DiskFile, number: int) -> None:
        """Have a file synced, in which block `number` is the last; the newest wish counts."""
        self._wishes.append((file, number))
        self._has_work.set()

    def failure_of(self, file: DiskFile) -> OSError | None:
        """Return why a file could not be synced, if it could not."""
        failed = self._failed
        return failed[1] if failed is not None and failed[0] is file else None

    def retire(self, file: DiskFile) -> None:
        """Have a file closed that nobody writes to any more."""
        if self._is_ending:
            file.close()
            return
        self._retired.append(file)
        self._has_work.set()

    def stop(self) -> None:
        """Return when no sync is under way; later files are closed at once."""
        self._is_ending = True
        self._has_work.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_ending:
            self._has_work.wait()
            self._has_work.clear()
            for file, number in self._taken(self._wishes):
                if self.failure_of(file) is None:
                    self.sync(file, number)
            for file in self._taken(self._retired):
                file.close()

    @staticmethod
    def _taken(waiting: deque[T]) -> Iterator[T]:
        while waiting:
            yield waiting.popleft()

    def sync(self, file: DiskFile, number: int) -> OSError | None:
        """Sync a file, once this thread has stopped or from it; return why it could not be."""
        try:
            file.sync()
        except OSError as error:
            self._failed = (file, error)
            return error
        self.synced_number = max(self.synced_number, number)
        self.synced_file = file
        return None
