"""``python -m htmap`` is ``htmap``."""

from htmap_core.__main__ import start

if __name__ == "__main__":
    start()
