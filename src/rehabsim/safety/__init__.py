"""From wish to command. Trusts nobody."""
