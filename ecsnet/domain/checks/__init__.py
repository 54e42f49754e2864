"""Checks of a folded state and of a history, independent of the code that made them."""
