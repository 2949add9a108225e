"""The portions of a map: what it was made with, and what was added later, each with function, inputs and submit description.

Imports ``htmap_run``, the rest of ``storage``, and of what is below it ``exceptions``, ``files`` and ``names``.
"""
