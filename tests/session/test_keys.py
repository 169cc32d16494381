"""Keys: made once, for their owner alone; beyond this computer nobody is heard without one."""

import stat

import pytest

from rehabsim.base.errors import ConfigError
from rehabsim.session import keys
from rehabsim.session.keys import check_reach, is_local
from rehabsim.session.publish import Publisher
from rehabsim.session.zap import DOMAIN, VERSION, zap_answer


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("tcp://127.0.0.1:5601", True),
        ("tcp://127.8.8.8:*", True),
        ("tcp://[::1]:1", True),
        ("tcp://localhost:1", True),
        ("ipc:///run/x", True),
        ("inproc://x", True),
        ("tcp://*:5601", False),
        ("tcp://0.0.0.0:5601", False),
        ("tcp://[::]:1", False),
        ("tcp://192.168.0.7:1", False),
        ("tcp://eth0:1", False),
        ("tcp://localhost.example:1", False),
        ("tcp://127.0.0.1.example:1", False),
        ("pgm://127.0.0.1:1", False),
        ("", False),
    ],
)
def test_only_loopback_is_local(url, is_here):
    assert is_local(url) == is_here


@pytest.mark.parametrize("far", ["tcp://*:*", "tcp://0.0.0.0:*"])
def test_a_session_beyond_loopback_without_keys_is_refused_in_one_sentence(far):
    for urls in ((far, "tcp://127.0.0.1:*"), ("tcp://127.0.0.1:*", far)):
        with pytest.raises(ConfigError, match=r"other computers.*rehabsim keys create"):
            Publisher(*urls, "boot")
        check_reach(urls, "some-folder")


def test_keys_are_for_their_owner_alone_and_never_written_over(tmp_path):
    room = tmp_path / "keys"
    keys.create(room)
    keys.add(room, "lab", "observer")
    assert stat.S_IMODE(room.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in room.iterdir()} == {0o600}
    with pytest.raises(ConfigError, match="never written over"):
        keys.create(room)
    with pytest.raises(ConfigError, match="already"):
        keys.add(room, "lab", "console")
    assert [(c.name, c.role) for c in keys.load_allowed(room)] == [
        ("gateway", "console"),
        ("lab", "observer"),
    ]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_secret_that_others_can_touch_is_refused(tmp_path, mode):
    keys.create(tmp_path)
    (tmp_path / "session.key").chmod(mode)
    with pytest.raises(ConfigError, match="others can read"):
        keys.load_session_key(tmp_path)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", "ä", "x" * 33, "a\n"])
def test_a_name_that_would_be_another_file_is_refused_and_writes_none(tmp_path, name):
    room = tmp_path / "keys"
    keys.create(room)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError, match="use a to z"):
        keys.add(room, name, "console")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_removed_key_is_gone_and_an_unknown_one_is_named(tmp_path):
    keys.create(tmp_path)
    keys.add(tmp_path, "lab", "console")
    keys.remove(tmp_path, "lab")
    assert [c.name for c in keys.load_allowed(tmp_path)] == ["gateway"]
    assert not (tmp_path / "lab.key").exists()
    with pytest.raises(ConfigError, match="Known: gateway"):
        keys.remove(tmp_path, "../session")


CLIENT = keys.AllowedKey(name="lab", role="console", public="x" * 40)
GOOD = [VERSION, b"7", DOMAIN, b"127.0.0.1", b"", b"CURVE", b"k" * 32]


def test_a_known_key_is_let_in_by_its_role_and_name():
    assert zap_answer(GOOD, {b"k" * 32: CLIENT}) == [
        VERSION,
        b"7",
        b"200",
        b"OK",
        b"console/lab",
        b"",
    ]


@pytest.mark.parametrize(
    "change",
    [
        (0, b"2.0"),
        (2, b"other"),
        (5, b"NULL"),
        (5, b"PLAIN"),
        (6, b"K" * 32),
        (6, b""),
        (slice(6, 7), []),
        (slice(0, 7), []),
        (slice(7, 7), [b"more"]),
    ],
)
def test_any_other_question_is_answered_no(change):
    at, value = change
    question = list(GOOD)
    question[at] = value
    assert zap_answer(question, {b"k" * 32: CLIENT})[2] == b"400"
