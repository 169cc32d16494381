"""A subject is a random id; who it is stands in one encrypted file; notes tell nobody apart."""

import random
import stat

import pytest

from rehabsim.base.errors import ConfigError
from rehabsim.session import identity
from rehabsim.session.identity import KeyFile
from rehabsim.session.subject import ALPHABET, check_subject, harmless_note, subject_of

PASSPHRASE = "four words make one"


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(identity, "SCRYPT_COST", 2)


def test_ids_made_here_and_anonymous_are_taken():
    check_subject("anonymous")
    rng = random.Random(1)
    for _ in range(1000):
        check_subject(subject_of(rng.getrandbits(50)))


def test_a_mistyped_sign_is_noticed():
    rng = random.Random(2)
    passed = 0
    for _ in range(3000):
        subject = subject_of(rng.getrandbits(50))
        at = rng.randrange(2, len(subject))
        wrong = subject[:at] + rng.choice(ALPHABET.replace(subject[at], "")) + subject[at + 1 :]
        try:
            check_subject(wrong)
            passed += 1
        except ConfigError:
            pass
    assert passed <= 15


@pytest.mark.parametrize(
    "name",
    ["", "Anna", "anna", "p-0042", "p-annaschmidt", "1931-02-28", "p-" + "0" * 12, "P-AB", "a\n"],
)
def test_a_name_or_a_number_is_refused_and_not_repeated(name):
    with pytest.raises(ConfigError, match="rehabsim subject create") as caught:
        check_subject(name)
    assert len(name) < 3 or name not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["28.2.1931", "1931-02-28", "28/02/31", "28. Feb 1931", "28 february 1931", "3 März 1931",
     "a.b@example.org", "0151 2345678", "AOK 123456789", "bell\a"],
)  # fmt: skip
def test_a_note_that_could_tell_who_it_is_is_refused(text):
    with pytest.raises(ValueError, match="a note may not hold"):
        harmless_note(text)


@pytest.mark.parametrize(
    "text", ["Near-fall", "knee hurts, 7 of 10", "1.2 m/s too fast", "set 3, 40 s", "12:30 pause"]
)
def test_an_ordinary_note_is_kept(text):
    assert harmless_note(text) == text


def test_the_key_file_tells_who_it_is_to_its_passphrase_alone(tmp_path):
    folder = tmp_path / "subjects"
    person = KeyFile(folder, PASSPHRASE).create("Änne Müller", "1931-02-28", "left knee")
    check_subject(person.subject)
    path = folder / "subjects.key"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = path.read_bytes()
    for word in ("Änne", "Müller", "1931", "knee", person.subject):
        assert word.encode() not in content
    again = KeyFile(folder, PASSPHRASE)
    assert again.lookup("mül") == again.lookup(person.subject) == [person]
    assert again.lookup("") == again.lookup("nobody") == []
    with pytest.raises(ConfigError, match="wrong passphrase"):
        KeyFile(folder, PASSPHRASE + "!")


def test_a_flipped_byte_is_noticed(tmp_path):
    KeyFile(tmp_path, PASSPHRASE).create("A B")
    path = tmp_path / "subjects.key"
    content = path.read_bytes()
    for at in range(0, len(content), 7):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(ConfigError):
            KeyFile(tmp_path, PASSPHRASE)
    path.write_bytes(content[:-1])
    with pytest.raises(ConfigError, match="damaged"):
        KeyFile(tmp_path, PASSPHRASE)


def test_ids_are_never_the_same_and_tell_no_order(tmp_path):
    key_file = KeyFile(tmp_path, PASSPHRASE)
    subjects = [key_file.create(f"n{number}").subject for number in range(50)]
    assert len(set(subjects)) == 50
    assert subjects != sorted(subjects)


def test_who_is_deleted_is_gone_and_a_file_for_others_is_refused(tmp_path):
    key_file = KeyFile(tmp_path, PASSPHRASE)
    person = key_file.create("A B")
    key_file.delete(person.subject)
    assert KeyFile(tmp_path, PASSPHRASE).people() == []
    with pytest.raises(ConfigError, match="nobody"):
        key_file.delete(person.subject)
    with pytest.raises(ConfigError, match="needs a name"):
        key_file.create("  ")
    with pytest.raises(ConfigError, match="needs 10"):
        KeyFile(tmp_path, "short")
    (tmp_path / "subjects.key").chmod(0o644)
    with pytest.raises(ConfigError, match="others can read"):
        KeyFile(tmp_path, PASSPHRASE)
