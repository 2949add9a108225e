"""Other programs that run many calls on an HTCondor pool, and ours, at the same work on the same pool: ``make bench-peers``.

Who may be measured and at what stands in `contenders`. Each is one of the `ways` to run calls, in a process of its own (`client`)
with the Python of its environment. `cells` runs and watches it, `records` keeps what was measured, `plot` draws it.
"""
