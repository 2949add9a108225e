"""What becomes of a map that has the tag already, for scripts that run again: it is found, grows, or gives way to another.

Imports every package below ``maps``, and of ``maps`` all but what makes new maps.
"""
