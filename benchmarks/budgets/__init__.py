"""The budgets of docs/explanation/design.md: ``make bench``.

A module for each kind of budget yields rows: ours, the limit, and the ratio. `rows` makes a table of them.
"""
