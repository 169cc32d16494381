"""Holds the simulated person and laboratory against published values and real recordings."""
