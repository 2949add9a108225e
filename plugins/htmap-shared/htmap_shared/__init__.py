"""The delivery method ``shared``: the execute nodes see the Python that submits, at the same path."""
