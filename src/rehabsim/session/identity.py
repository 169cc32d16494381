"""The key file: who is behind a subject's random id. It stays apart from every log.

One file in a folder of its own that only its owner can open, encrypted with a passphrase: a stolen
laptop or a copied backup tells nothing without it. Whoever forgets the passphrase can tell nobody's
id any more; the logs stay as they are.

Source: scrypt (RFC 7914) makes the key, AES-256-GCM (NIST SP 800-38D) encrypts.
"""

import secrets
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from rehabsim.base.clock import utc_ns
from rehabsim.base.errors import ConfigError
from rehabsim.session.keys import write_private
from rehabsim.session.subject import subject_of

MAGIC = b"rehabsim subjects 1\n"
SALT_BYTES, NONCE_BYTES = 16, 12
SCRYPT_COST = 2**15
"""About 0.1 s and 32 MiB for each guess."""

MIN_PASSPHRASE = 10
MAX_WORDS = 2000
FILE = "subjects.key"


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the key file.

    Attributes:
        subject: Random id, which stands in logs.
        name: Whose it is.
        birth: Date of birth as written, or empty.
        note: Anything that must not be in a log.
        created_utc_ns: When the id was made.
    """

    subject: str
    name: str
    birth: str
    note: str
    created_utc_ns: int


class KeyFile:
    """Everyone who has an id, in one encrypted file.

    Args:
        folder: Where it lies; made for its owner alone.
        passphrase: Opens it.

    Raises:
        ConfigError: The passphrase is wrong or short, or the file is damaged or readable by others.
    """

    def __init__(self, folder: Path, passphrase: str) -> None:
        if len(passphrase) < MIN_PASSPHRASE:
            raise ConfigError(
                f"passphrase: {len(passphrase)} signs, needs {MIN_PASSPHRASE}; take a few words."
            )
        self._passphrase = passphrase.encode()
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            self._people = self._read()
        except OSError as error:
            raise ConfigError(f"{self.path}: cannot be opened: {error.strerror}.") from error

    def people(self) -> list[Person]:
        """Return everyone, oldest id first."""
        return sorted(self._people, key=lambda person: person.created_utc_ns)

    def create(self, name: str, birth: str = "", note: str = "") -> Person:
        """Return a new person with a new id.

        Raises:
            ConfigError: No name, or more words than a key file is for.
        """
        if not name.strip() or max(len(name), len(birth), len(note)) > MAX_WORDS:
            raise ConfigError(f"subject: needs a name; each entry holds {MAX_WORDS} signs at most.")
        taken = {person.subject for person in self._people}
        while (subject := subject_of(secrets.randbits(50))) in taken:
            pass
        person = Person(subject, name.strip(), birth.strip(), note.strip(), utc_ns())
        self._write([*self._people, person])
        return person

    def lookup(self, words: str) -> list[Person]:
        """Return who has this id, or whose name holds these words."""
        sought = words.strip().casefold()
        return [
            person
            for person in self.people()
            if person.subject == sought or (sought and sought in person.name.casefold())
        ]

    def delete(self, subject: str) -> None:
        """Forget who is behind an id.

        Raises:
            ConfigError: Nobody has it.
        """
        rest = [person for person in self._people if person.subject != subject]
        if len(rest) == len(self._people):
            raise ConfigError(f"subject {subject!r}: nobody has this id.")
        self._write(rest)

    def _read(self) -> list[Person]:
        if not self.path.exists():
            return []
        if self.path.stat().st_mode & 0o077:
            raise ConfigError(f"{self.path}: others can read this file; chmod 600 it.")
        content = self.path.read_bytes()
        if not content.startswith(MAGIC):
            raise ConfigError(f"{self.path}: not a key file of subjects.")
        body = content[len(MAGIC) :]
        salt, nonce = body[:SALT_BYTES], body[SALT_BYTES : SALT_BYTES + NONCE_BYTES]
        try:
            text = AESGCM(self._key(salt)).decrypt(nonce, body[SALT_BYTES + NONCE_BYTES :], MAGIC)
            return msgspec.json.decode(text, type=list[Person])
        except (InvalidTag, ValueError):
            raise ConfigError(f"{self.path}: wrong passphrase, or the file is damaged.") from None

    def _write(self, people: list[Person]) -> None:
        salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
        text = AESGCM(self._key(salt)).encrypt(nonce, msgspec.json.encode(people), MAGIC)
        write_private(self.path, MAGIC + salt + nonce + text)
        self._people = people

    def _key(self, salt: bytes) -> bytes:
        return Scrypt(salt=salt, length=32, n=SCRYPT_COST, r=8, p=1).derive(self._passphrase)
