"""What executors that have a tag keep: by what their calls are found again, and which process has such an executor open.

Imports of the submit side ``exceptions``, ``files`` and ``names``, and of ``storage`` the faults.
"""
