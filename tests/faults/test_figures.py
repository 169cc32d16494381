"""The page of figures: one section is made anew, the others stay as they were."""

import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from faults import figures
from faults.figures import HEAD, Row, replaced, section, table

TITLES = ["Bees", "Cats", "Dogs"]


@pytest.fixture
def kennel(monkeypatch, tmp_path):
    """Have three campaigns and a page with two of them."""
    shares = []

    def campaign(title):
        def rows(share):
            shares.append((title, share))
            yield Row("tried", 3, 1, [1.0, 2.0, 30.0], "ms", "none", "so")

        return SimpleNamespace(TITLE=title, INTRODUCTION=f"About {title}.", rows=rows)

    found = {title.lower(): campaign(title) for title in TITLES}
    monkeypatch.setattr(figures, "_campaign", found.__getitem__)
    monkeypatch.setattr(figures, "campaigns", lambda: list(found))
    page = tmp_path / "page.md"
    page.write_text(HEAD + "\n## Bees\n\nold bees\n\n## Dogs\n\nold dogs\n", encoding="utf-8")
    monkeypatch.setattr(figures, "PAGE", page)
    return SimpleNamespace(page=page, shares=shares)


def main(*words):
    before, sys.argv = sys.argv, ["faults", *words]
    try:
        runpy.run_path(str(Path(figures.__file__).with_name("__main__.py")), run_name="__main__")
    finally:
        sys.argv = before


def test_a_section_tells_its_own_share_and_the_day_and_the_machine(kennel):
    first, share, *_ = section("cats", 0.25).split("\n\n")
    assert first == "## Cats"
    assert share.startswith("Share of the whole campaign that was run: 0.25. 20")
    assert " cores, load " in share
    assert kennel.shares == [("Cats", 0.25)]


def test_one_section_is_replaced_and_the_others_stay(kennel):
    before = kennel.page.read_text(encoding="utf-8")
    new = replaced(before, "## Dogs\n\nnew dogs\n", TITLES)
    assert new == before.replace("old dogs", "new dogs")
    assert replaced(new, "## Dogs\n\nold dogs\n", TITLES) == before


def test_a_new_section_takes_its_place_among_the_others(kennel):
    before = kennel.page.read_text(encoding="utf-8")
    new = replaced(before, "## Cats\n\nnew cats\n", TITLES)
    assert new == before.replace("## Dogs", "## Cats\n\nnew cats\n\n## Dogs")


def test_a_section_of_no_campaign_goes_and_an_empty_page_begins():
    assert replaced("", "## Cats\n\nnew\n", TITLES) == HEAD + "\n## Cats\n\nnew\n"
    assert replaced(HEAD + "\n## Cows\n\nold\n", "## Cats\n\nnew\n", TITLES).count("## ") == 1


def test_named_campaigns_are_run_and_no_others(kennel, capsys):
    main("--share", "0.5", "dogs")
    page = kennel.page.read_text(encoding="utf-8")
    assert kennel.shares == [("Dogs", 0.5)]
    assert "old bees" in page
    assert "old dogs" not in page
    assert "| tried | 3 | 1 | 2 | 29.44 | 30 | ms | none | so |" in page
    out = capsys.readouterr().out
    assert out.startswith("dogs: tried: 1 of 3 failed\n")
    assert "About Dogs." in out


def test_without_a_name_all_are_run_whole(kennel):
    main()
    assert kennel.shares == [("Bees", 1.0), ("Cats", 1.0), ("Dogs", 1.0)]
    assert "old" not in kennel.page.read_text(encoding="utf-8")


def test_an_unknown_name_runs_nothing_and_lists_the_known(kennel, capsys):
    with pytest.raises(SystemExit, match="2"):
        main("dogs", "cow")
    assert "no campaign cow. Known: bees, cats, dogs." in capsys.readouterr().err
    assert kennel.shares == []


def test_the_real_page_has_sections_of_real_campaigns_alone():
    page = figures.PAGE.read_text(encoding="utf-8")
    titles = figures.titles()
    found = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    assert found == [title for title in titles if title in found]
    assert page.count("Share of the whole campaign that was run: ") == len(found)
    assert page.startswith(HEAD)


def test_a_row_without_values_has_empty_cells():
    assert "| tried | 1,000 | 0 |  |  |  |  | all |  |" in table([Row("tried", 1000, 0, bar="all")])
