"""`python -m rehabsim` is `rehabsim`."""

from rehabsim.cli.app import main

main()
