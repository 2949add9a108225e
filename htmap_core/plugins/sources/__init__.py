"""Where plugins come from: distributions that are installed, and one-off files; their import, and what they require of the core.

Imports ``contract`` and the packages below it, and the records of plugins and the guard beside it.
"""
