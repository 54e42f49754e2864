"""The pure core: no clock, no randomness, no I/O, no logging. What it needs to know comes in as arguments."""
