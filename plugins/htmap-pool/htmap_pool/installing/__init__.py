"""Install HTCondor without root: unpack Debian's or Ubuntu's packages, and make them run from their folder.

Imports the plugin's basic modules (``errors``, ``places``, ``programs``, ``release``), and nothing of ``running``.
"""
