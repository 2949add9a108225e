"""Answers for programs: the option ``--json``, how an answer is written, and the facts that commands answer.

Imports ``maps`` and the packages below it; what every command imports of it, the option itself, imports none of them.
"""
