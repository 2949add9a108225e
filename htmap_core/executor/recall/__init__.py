"""Calls of an executor with a tag that earlier runs of the program have submitted: they are found again, and do not run twice.

Imports ``maps`` and the packages below it, and of ``executor`` what calls are submitted with.
"""
