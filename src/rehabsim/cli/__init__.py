"""The command line: `rehabsim --help`."""
