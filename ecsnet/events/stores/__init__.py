"""Stores of events: their contract, the engines, and the form in which events are stored."""
