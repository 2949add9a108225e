"""What is hardly meant in a map, looked for while it is created: each room finds one kind of mistake, and gives its warning.

Imports the rest of ``submission`` but ``planning`` and ``rerun``, ``results``, and the packages below them.
"""
