"""Whether a function, and the inputs of a call, are the same as before: also in another process, or after an edit of the script.

Imports ``results``, and the packages below it.
"""
