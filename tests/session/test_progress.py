"""What is remembered of a person: by a random id, whole, and nobody else's."""

import pytest

from rehabsim.base.errors import ConfigError
from rehabsim.session.progress import (
    Progress,
    check_one_person,
    load_progress,
    log_path,
    progress_path,
    save_progress,
)
from rehabsim.session.subject import subject_of
from rehabsim.training.progression import BlockOutcome, Visit

WHO, OTHER = subject_of(1), subject_of(2)


def test_what_was_saved_is_read_again_and_only_its_owner_can_read_it(tmp_path):
    visit = Visit(
        1, 0.2, 3, (BlockOutcome(1, "a.mcap", 60.0, True, 5, 4, 3, 12),), "", True, 0.3, "Up."
    )
    save_progress(tmp_path, Progress(WHO).with_visit("stroke", visit))
    assert load_progress(tmp_path, WHO).visits("stroke") == (visit,)
    path = progress_path(tmp_path, WHO)
    assert path == tmp_path / WHO / "progress.json"
    assert path.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in path.parent.iterdir()] == ["progress.json"]


def test_somebody_new_has_nothing_behind_them(tmp_path):
    assert load_progress(tmp_path, WHO) == Progress(WHO)


def test_a_visit_replaces_the_one_with_its_number_and_programmes_stay_apart():
    progress = Progress(WHO).with_visit("a", Visit(2, 0.1)).with_visit("b", Visit(1, 0.9))
    progress = progress.with_visit("a", Visit(1, 0.0)).with_visit("a", Visit(2, 0.4))
    assert progress.visits("a") == (Visit(1, 0.0), Visit(2, 0.4))
    assert progress.visits("b") == (Visit(1, 0.9),)


def test_the_other_visits_of_a_person_are_those_of_every_programme():
    progress = Progress(WHO).with_visit("a", Visit(1, 0.1)).with_visit("a", Visit(2, 0.2))
    progress = progress.with_visit("b", Visit(1, 0.9))
    assert set(progress.others("a", 1)) == {Visit(2, 0.2), Visit(1, 0.9)}
    assert set(progress.others("b", 1)) == {Visit(1, 0.1), Visit(2, 0.2)}
    assert len(progress.others("c", 1)) == 3


@pytest.mark.parametrize("name", ["Jane Doe", "../p", "p-000", "", f"{WHO}x"])
def test_a_name_never_becomes_a_folder(tmp_path, name):
    with pytest.raises(ConfigError, match="neither 'anonymous' nor an id"):
        load_progress(tmp_path, name)
    assert list(tmp_path.iterdir()) == []


def test_a_programme_follows_one_person_and_not_anybody():
    check_one_person(WHO)
    with pytest.raises(ConfigError, match="follows one person"):
        check_one_person("anonymous")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b'{"subject": 1}'])
def test_a_damaged_file_is_an_error_and_stays_as_it_is(tmp_path, data):
    path = progress_path(tmp_path, WHO)
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"progress\.json: not a progress file"):
        load_progress(tmp_path, WHO)
    assert path.read_bytes() == data


def test_the_file_of_somebody_else_is_not_taken(tmp_path):
    save_progress(tmp_path, Progress(OTHER))
    progress_path(tmp_path, WHO).parent.mkdir()
    progress_path(tmp_path, WHO).write_bytes(progress_path(tmp_path, OTHER).read_bytes())
    with pytest.raises(ConfigError, match=f"is the progress of {OTHER}, not of {WHO}"):
        load_progress(tmp_path, WHO)


def test_a_repeated_block_never_gets_the_log_of_the_first(tmp_path):
    first = log_path(tmp_path, WHO, "folder/stroke.toml", 3, 2)
    assert first == tmp_path / WHO / "stroke-v3-b2.mcap"
    first.parent.mkdir()
    first.touch()
    assert log_path(tmp_path, WHO, "stroke", 3, 2).name == "stroke-v3-b2-again2.mcap"
    assert log_path(tmp_path, OTHER, "stroke", 3, 2).name == "stroke-v3-b2.mcap"
