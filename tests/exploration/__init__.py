"""Every state of a small world, by hand: more states than the tests have time for.

``python -m tests.exploration --interfaces 3 --eips 2 --processes 2`` visits a world of that size and prints what it
found; ``--depth`` stops after so many moves. A broken invariant is printed with a shortest script that leads to it.
"""
