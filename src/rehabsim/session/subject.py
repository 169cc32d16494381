"""What a session may call the person on the belts: a random id, and nothing that tells who. Pure.

Who is behind an id stands in the key file alone (`identity.py`), apart from every log.
"""

import re
import zlib

from rehabsim.base.errors import ConfigError

ANONYMOUS = "anonymous"
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's 32 signs: none of them is mistaken for another when read aloud or written."""

RANDOM_COUNT = 10
_PATTERN = re.compile(rf"p-[{ALPHABET}]{{{RANDOM_COUNT + 2}}}")


def subject_of(number: int) -> str:
    """Return the id made of a random number of 50 bits; its last two signs check the rest."""
    signs = "".join(ALPHABET[number >> 5 * k & 31] for k in range(RANDOM_COUNT))
    return f"p-{signs}{_check_signs(signs)}"


def _check_signs(signs: str) -> str:
    rest = zlib.crc32(signs.encode()) % 1024
    return ALPHABET[rest >> 5] + ALPHABET[rest & 31]


def check_subject(subject: str) -> None:
    """Make sure that `subject` is "anonymous" or an id that was made here.

    A name, or an id with a sign mistyped, passes once in 1,024 at most.

    Raises:
        ConfigError: It is neither.
    """
    if subject == ANONYMOUS:
        return
    if not _PATTERN.fullmatch(subject) or _check_signs(subject[2:-2]) != subject[-2:]:
        raise ConfigError(
            f"subject: this is neither {ANONYMOUS!r} nor an id from `rehabsim subject create`,"
            " such as p-…, or one of its signs is mistyped. A name, a number of a file or a date"
            " of birth never goes into a log."
        )


_TELLING = (
    (re.compile(r"[\w.+-]+@[\w-]+\.\w"), "an e-mail address"),
    (re.compile(r"\d{1,4}\s*[./-]\s*\d{1,2}\s*[./-]\s*\d{1,4}"), "a date"),
    (
        re.compile(
            r"\d{1,2}\.?\s*(jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zä]*\.?\s*\d{2}",
            re.IGNORECASE,
        ),
        "a date",
    ),
    (re.compile(r"\d(?:[\s./()-]*\d){5}"), "a long number"),
)


def harmless_note(text: str) -> str:
    """Return `text`, a note for the log, if nothing in it tells who somebody is.

    A name cannot be recognised; the console says that none belongs here.

    Raises:
        ValueError: It holds a date, a long number, an address or a control character.
    """
    for pattern, what in _TELLING:
        if pattern.search(text):
            raise ValueError(f"a note may not hold {what}: it could tell who the person is")
    if any(not (sign.isprintable() or sign in "\n\t") for sign in text):
        raise ValueError("a note may not hold control characters")
    return text
