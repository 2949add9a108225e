"""What a tag may be."""

from htmap_core.tags import check_tag, random_tag

__all__ = ["check_tag", "random_tag"]
