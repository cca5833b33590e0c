"""The weeks of a block of draws as machine code: the rules of ``week``, step by step, compiled by numba.

Each function does what the step of ``week.Engine`` of the same section of ``docs/method/simulation.md``
does, adds in the same order, and so gives the same numbers; only powers (prices) may differ in the last
digit. Loops over lanes stand innermost, over numbers that lie side by side. What the reference does in
dozens of passes over arrays of arcs is done in eight here, since these passes are what a week costs.

``records`` and ``prepare`` need no numba; the other modules are imported when they are first used.
"""
