"""``python -m htmap`` is ``htmap``."""

from htmap_core.cli import main

if __name__ == "__main__":
    main()
