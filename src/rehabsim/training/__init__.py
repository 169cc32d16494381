"""What we wish for: scenarios and their parts. Pure: no clock, no I/O."""
