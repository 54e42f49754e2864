"""Mutation testing of `ecsnet.domain`, by hand: does any test notice when the code says something else?

    .venv/bin/pip install -q cosmic-ray==8.7.0 coverage
    .venv/bin/python -m tests.mutation

cosmic-ray finds the places and changes the code, with its own operators and those of `operators`; `mutants` says which
changes are left out. cosmic-ray itself would start a process and a test run for each mutant; `running` forks one that
has the libraries loaded already, gives it the changed code, and runs those tests that reach the changed lines, fastest
first, until one fails. The tree itself is never touched.

All modules take hours, so give some (`python -m tests.mutation subjects.vpc`). First it is measured which lines each
test reaches: ``--reach reach.json`` keeps that for the next run with the same tests, and ``--tests tests/domain`` makes
it shorter. ``--within 8`` gives a mutant eight seconds of the processor, after which it has survived; the tests that it
has passed by then are counted. ``--only-in-place`` leaves out the mutants that take an import each.

What survives is printed, and the outcome of each mutant is a line of ``mutation.jsonl``; `--again mutation.jsonl --out
again.jsonl` tries the survivors once more. Some survive for good, for what they change can be seen by nobody.
"""
