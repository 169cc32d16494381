"""How the person learns: what they live through moves what they are like, and nothing else does."""
