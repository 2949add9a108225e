"""``python -m htmap_core`` is ``htmap``, also where something else has overwritten the package ``htmap``."""

from htmap_core.cli import main

if __name__ == "__main__":
    main()
