"""Check tags, and make random ones: ``htmap.tags.check_tag("tide")``. Since 0.6 or earlier."""

from htmap_core.tags import check_tag, random_tag

__all__ = ["check_tag", "random_tag"]
