"""Where values come from: the chain of settings, their checked tables, and waiting, which a setting times.

Imports the words of the house and nothing else.
"""
