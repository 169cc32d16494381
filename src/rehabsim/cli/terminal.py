"""Where the command line prints, and what its exit statuses mean."""

from rich.console import Console

EXIT_FOUND = 1
"""Something differs or failed."""

EXIT_USAGE = 2
"""The command, a file or a request was wrong."""

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
