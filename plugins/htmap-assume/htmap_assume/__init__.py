"""The delivery method ``assume``: the execute node has a Python with all packages that the function imports."""
