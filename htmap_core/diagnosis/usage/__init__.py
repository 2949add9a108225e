"""After a map ran: what its components have used, beside what they had asked for, and what the next map should ask for.

Imports ``submission``, ``results``, ``tracking``, ``storage``, ``contract`` and the packages below them.
"""
