"""How the person plays: what they see of the session, what they make of it, what they aim at."""
