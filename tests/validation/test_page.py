"""The validation page can be made, from little, and says what it found."""

import re

from rehabsim_sim.patients import PATIENTS
from rehabsim_validation.__main__ import HERE, QUICK, make
from rehabsim_validation.recordings import FOLDER

TINY = QUICK._replace(
    speeds_mps=(1.2,), walk_s=60.0, seeds=1, people=2, people_walk_s=30.0, impulses_ns=(20,)
)


def test_the_page_has_every_section_picture_and_only_finite_figures(tmp_path, monkeypatch):
    monkeypatch.setattr("rehabsim_validation.__main__.QUICK", TINY)
    monkeypatch.setattr("rehabsim_validation.__main__.PARTED", ((0.8, 1.2, 0.25),))
    text = make(TINY, tmp_path, FOLDER, processes=1)
    titles = re.findall(r"^## (.+)$", text, re.M)
    assert titles == re.findall(r"^## (.+)$", (HERE / "VALIDATION.md").read_text(), re.M)
    pictures = re.findall(r"\(validation/(\w+\.png)\)", text)
    assert len(pictures) >= 6
    for picture in pictures:
        assert 3_000 < (tmp_path / picture).stat().st_size < 200_000
    assert not re.search(r"\b(nan|inf)\b", text)


def test_the_committed_page_names_every_patient_and_shows_every_picture():
    text = (HERE / "VALIDATION.md").read_text(encoding="utf-8")
    for name in set(PATIENTS) - {"empty_belts", "steering"}:
        assert name in text
    for picture in re.findall(r"\((validation/\w+\.png)\)", text):
        assert (HERE / picture).exists(), picture
