"""From a name to an id, through a session, and back to nobody."""

import io

import pytest
from msgspec import structs
from session.test_log import HEADER

from rehabsim.cli.subjects import logs_of
from rehabsim.session.log import LogWriter
from rehabsim.session.setup import SIMULATED_SITE
from rehabsim.session.subject import subject_of


@pytest.fixture
def people(rehabsim, monkeypatch, tmp_path):
    """Run `rehabsim subject ...` with the passphrase in a file and answers on standard input."""
    (tmp_path / "pass").write_text("four words make one\n")
    monkeypatch.setenv("REHABSIM_SUBJECTS_PASSPHRASE_FILE", str(tmp_path / "pass"))

    def run(*words, typed=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        return rehabsim("subject", *words)

    return run


def test_a_subject_is_made_used_looked_up_and_deleted_with_its_sessions(people, rehabsim, tmp_path):
    status, out, _ = people("create", typed="Anna Quirin\n1931-02-28\n\n")
    assert status == 0
    subject = out.strip()
    for number, who in enumerate([subject, "anonymous"]):
        words = ("--virtual", "--duration", 1, "--log", f"sessions/{number}.mcap", "--no-web")
        assert rehabsim("run", "boat", "--subject", who, *words)[0] == 0
    status, out, _ = people("lookup", "quirin")
    assert status == 0
    assert subject in out
    assert people("lookup", "nobody")[0] == 1
    assert subject in people("list")[1]
    status, out, _ = people("delete", subject)
    assert status == 0
    assert "sessions/0.mcap" in out
    assert "sessions/1.mcap" not in out
    assert "They are kept" in out
    people("create", typed="Bo\n\n\n")
    assert people("delete", subject)[0] == 2
    assert (tmp_path / "sessions" / "0.mcap").exists()


def test_sessions_are_deleted_only_when_asked_for_and_no_other(people, rehabsim, tmp_path):
    subject = people("create", typed="Anna\n\n\n")[1].strip()
    for number, who in enumerate([subject, "anonymous"]):
        words = ("--virtual", "--duration", 1, "--log", f"sessions/{number}.mcap", "--no-web")
        rehabsim("run", "boat", "--subject", who, *words)
    (tmp_path / "sessions" / "broken.mcap").write_bytes(b"x")
    status, _out, err = people("delete", subject, "--with-sessions")
    assert status == 0, err
    assert "broken.mcap" in err
    left = sorted(path.name for path in (tmp_path / "sessions").iterdir())
    assert left == ["1.mcap", "broken.mcap"]


def test_what_recover_kept_of_a_damaged_log_is_theirs_too(tmp_path):
    subject = subject_of(7)
    for name, who in (("a.mcap", subject), ("b.mcap", "anonymous")):
        header = structs.replace(HEADER, kind="session", session={"subject": who})
        for path in (tmp_path / name, tmp_path / f"{name}.damaged", tmp_path / f"{name}.damaged2"):
            LogWriter(path, header, (), is_live=False).close(1)
    found = [path.name for path in logs_of(subject, tmp_path)]
    assert found == ["a.mcap", "a.mcap.damaged", "a.mcap.damaged2"]


def test_the_progress_of_somebody_is_deleted_with_their_sessions_and_of_nobody_else(
    people, rehabsim, tmp_path
):
    both = [people("create", typed=f"{name}\n\n\n")[1].strip() for name in ("Anna", "Bo")]
    for subject in both:
        assert rehabsim("programme", "record", subject, "stroke", "--visit", 1)[0] == 0
    paths = [tmp_path / "sessions" / subject / "progress.json" for subject in both]
    assert all(path.exists() for path in paths)
    status, out, _ = people("delete", both[0], "--with-sessions")
    assert status == 0
    assert f"{both[0]}/progress.json" in out
    assert [path.exists() for path in paths] == [False, True]


def test_a_name_as_subject_starts_no_session(rehabsim, tmp_path):
    words = ("--virtual", "--duration", 1)
    status, _, err = rehabsim("run", "boat", "--subject", "Anna Quirin", *words)
    assert status == 2
    assert "never goes into a log" in err
    assert "Quirin" not in err
    assert not (tmp_path / "sessions").exists()


def test_keys_are_made_listed_and_removed(rehabsim):
    assert rehabsim("keys", "create", "room")[0] == 0
    assert rehabsim("keys", "add", "room", "lab", "--observer")[0] == 0
    out = rehabsim("keys", "list", "room")[1]
    assert "gateway" in out
    assert "observer" in out
    assert rehabsim("keys", "remove", "room", "lab")[0] == 0
    assert "lab" not in rehabsim("keys", "list", "room")[1]
    assert rehabsim("keys", "add", "room", "../evil")[0] == 2


def test_a_site_that_others_can_reach_needs_keys(rehabsim, tmp_path):
    site = tmp_path / "site.toml"
    site.write_text(SIMULATED_SITE.read_text().replace("tcp://127.0.0.1:5601", "tcp://*:5601"))
    status, _, err = rehabsim("run", "boat", "--site", "site.toml", "--no-web")
    assert status == 2
    assert "rehabsim keys create" in err
