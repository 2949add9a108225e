"""What is wrong with files below HTMAP_DIR, as exceptions of HTMap: they are damaged, they cannot be written, they were left.

Imports ``htmap_run``, of the submit side ``exceptions``, ``files`` and ``names``, and of ``storage`` the shapes of records.
"""
