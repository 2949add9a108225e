"""The delivery method ``assume``: the execute node has a Python, and in it whatever the function imports."""
