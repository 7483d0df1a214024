"""Series that differ in one thing: matched crystals, changes along them, shares of variance."""
