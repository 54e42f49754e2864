"""Network interfaces (ENIs)."""
