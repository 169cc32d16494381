"""What the person does, from forces: events, strides, balance. Pure, in chunks of any length."""
