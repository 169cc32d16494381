"""The commands in one place, and how each failure ends."""

import os
import sys

from cyclopts import App, CycloptsError

from rehabsim import __version__
from rehabsim.base.errors import ConfigError, RehabsimError
from rehabsim.cli import devices, keys, logs, programmes, scenarios, sessions, subjects
from rehabsim.cli.terminal import EXIT_FOUND, EXIT_USAGE, err

app = App(
    name="rehabsim",
    help="An open controller for virtual-reality rehabilitation on an instrumented treadmill.",
    version=__version__,
    result_action="return_value",
)
app.command(sessions.run_command, name="run")
app.command(logs.replay)
app.command(logs.report)
app.command(logs.import_command, name="import")
app.command(devices.simulate)
app.command(sessions.watch)
app.command(devices.devices)
app.command(scenarios.scenarios)
app.command(sessions.bench)

new_app = App(name="new", help="Begin something of your own.")
new_app.command(scenarios.new_scenario, name="scenario")
app.command(new_app)

log_app = App(name="log", help="Look at, check and mend session logs.")
log_app.command(logs.recover)
log_app.command(logs.verify)
log_app.command(logs.info)
log_app.command(logs.inertia)
app.command(log_app)

subject_app = App(name="subject", help="Who is behind a subject's random id; never in a log.")
subject_app.command(subjects.create)
subject_app.command(subjects.lookup)
subject_app.command(subjects.list_command, name="list")
subject_app.command(subjects.delete)
app.command(subject_app)

programme_app = App(name="programme", help="Programmes for patient groups, visit after visit.")
programme_app.command(programmes.list_command, name="list")
programme_app.command(programmes.show)
programme_app.command(programmes.next_command, name="next")
programme_app.command(programmes.record)
programme_app.command(programmes.run_command, name="run")
app.command(programme_app)

keys_app = App(name="keys", help="Who may hear a session from another computer.")
keys_app.command(keys.create)
keys_app.command(keys.add)
keys_app.command(keys.list_command, name="list")
keys_app.command(keys.remove)
app.command(keys_app)


def main() -> None:
    """Run the command line; every failure is one sentence and an exit status."""
    try:
        status = app(sys.argv[1:], exit_on_error=False, print_error=False)
    except CycloptsError as error:
        err.print(str(error).strip(), markup=False)
        sys.exit(EXIT_USAGE)
    except ConfigError as error:
        err.print(str(error), soft_wrap=True, markup=False)
        sys.exit(EXIT_USAGE)
    except RehabsimError as error:
        err.print(str(error), soft_wrap=True, markup=False)
        sys.exit(EXIT_FOUND)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    sys.exit(status if isinstance(status, int) else 0)
