"""Which descriptors matter: ranks with intervals, noise floor, loss when dropped, correlation groups."""
