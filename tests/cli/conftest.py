import sys

import pytest

from rehabsim.cli import app


@pytest.fixture
def rehabsim(monkeypatch, capsys, tmp_path):
    """Run the command line in this process; return exit status, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["rehabsim", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            app.main()
        captured = capsys.readouterr()
        return end.value.code, captured.out, captured.err

    return run
