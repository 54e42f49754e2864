"""Questions about a network that change nothing."""
