"""Where plugins come from: distributions that are installed, and one-off files; and what plugins require of the core.

Imports ``contract`` and the packages below it, and the records of plugins beside it.
"""
