"""Pages for therapists and patients, and the gateway that serves them."""
