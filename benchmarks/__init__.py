"""Measures the speed of ecsnet beside its peers and beside the least work that does the same.

``python -m benchmarks`` runs all benchmarks, ``python -m benchmarks fold fork --quick`` two of them with small sizes.
They need the ``bench`` extra. No benchmark asserts a time; each table has a column with the target.
"""
