"""The documentation, as ``htmap docs`` shows it.

Imports ``wording`` and the tables of ``cli``, and nothing else of HTMap: it is shown also where nothing works.
"""
