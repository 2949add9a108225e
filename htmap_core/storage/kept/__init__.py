"""What plugins keep below HTMAP_DIR for several maps, such as archives of packages: which maps need it.

Imports of the submit side ``files``, and of ``storage`` the tags.
"""
