"""Getting an HTCondor without root: Debian's and Ubuntu's packages, unpacked and made to run where they are.

Imports the words of the plugin (``errors``, ``places``, ``programs``, ``release``), and nothing of ``running``.
"""
