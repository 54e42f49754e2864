"""Event stores: their contract, the engines, and the codec of stored events."""
