"""What is remembered of a person's programmes: one file for each, beside their logs.

It knows the person by a random id alone. Every block is written down when it ends, so that whoever
is interrupted goes on from there.
"""

from pathlib import Path

import msgspec
from msgspec.structs import replace

from rehabsim.base.errors import ConfigError
from rehabsim.base.records import Record
from rehabsim.session.keys import write_private
from rehabsim.session.subject import ANONYMOUS, check_subject
from rehabsim.training.progression import Visit

FILE = "progress.json"


class Course(Record, frozen=True):
    """One programme of a person: its name or file, and their visits in order."""

    programme: str
    visits: tuple[Visit, ...] = ()


class Progress(Record, frozen=True):
    """Content of a progress file."""

    subject: str
    courses: tuple[Course, ...] = ()

    def visits(self, programme: str) -> tuple[Visit, ...]:
        """Return the visits of one programme, in order; none where it was never begun."""
        return next((c.visits for c in self.courses if c.programme == programme), ())

    def others(self, programme: str, number: int) -> tuple[Visit, ...]:
        """Return every visit of the person but this one, of whatever programme."""
        return tuple(
            visit
            for course in self.courses
            for visit in course.visits
            if (course.programme, visit.visit) != (programme, number)
        )

    def with_visit(self, programme: str, visit: Visit) -> "Progress":
        """Return the same with this visit in it, instead of the one with its number."""
        others = tuple(v for v in self.visits(programme) if v.visit != visit.visit)
        course = Course(programme, tuple(sorted((*others, visit), key=lambda v: v.visit)))
        rest = tuple(c for c in self.courses if c.programme != programme)
        return replace(self, courses=(*rest, course))


def progress_path(folder: Path, subject: str) -> Path:
    """Return where a person's progress lies: with their logs, in a folder of their own.

    Raises:
        ConfigError: This is no random id.
    """
    check_subject(subject)
    return folder / subject / FILE


def load_progress(folder: Path, subject: str) -> Progress:
    """Return what is remembered of a person; nothing of somebody new.

    Raises:
        ConfigError: No random id, or the file is damaged or of somebody else.
    """
    path = progress_path(folder, subject)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return Progress(subject)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    try:
        progress = msgspec.json.decode(data, type=Progress)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a progress file: {error}.") from None
    if progress.subject != subject:
        raise ConfigError(f"{path}: is the progress of {progress.subject}, not of {subject}.")
    return progress


def save_progress(folder: Path, progress: Progress) -> None:
    """Write a person's progress, whole or not at all; nobody but its owner can read it.

    Raises:
        ConfigError: It cannot be written.
    """
    path = progress_path(folder, progress.subject)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, msgspec.json.format(msgspec.json.encode(progress)))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}.") from error


def log_path(folder: Path, subject: str, programme: str, visit: int, number: int) -> Path:
    """Return where the next log of a block goes; a repeated one gets a letter, none is lost."""
    stem = f"{Path(programme).stem}-v{visit}-b{number}"
    for again in ("", *(f"-again{n}" for n in range(2, 1000))):
        path = folder / subject / f"{stem}{again}.mcap"
        if not path.exists():
            return path
    raise ConfigError(f"{folder / subject}: block {number} of visit {visit} was begun 999 times.")


def check_one_person(subject: str) -> None:
    """Make sure that progress is of one person.

    Raises:
        ConfigError: It is "anonymous", which may be anybody.
    """
    check_subject(subject)
    if subject == ANONYMOUS:
        raise ConfigError(
            "--subject: a programme follows one person; give an id from `rehabsim subject create`."
        )
