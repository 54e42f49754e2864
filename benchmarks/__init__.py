"""How fast ecsnet is, side by side with its peers and with the least that the same work could cost.

``python -m benchmarks`` runs all of it, ``python -m benchmarks fold fork --quick`` some of it on smaller networks. It
needs the ``bench`` extra. Nothing here asserts a time: each table says what was asked for, and the reader judges.
"""
