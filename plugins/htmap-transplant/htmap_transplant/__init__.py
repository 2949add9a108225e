"""The delivery method ``transplant``: the Python that submits travels to the execute node."""

from htmap_transplant.store import Transplant, transplant_info, transplants

__all__ = ["Transplant", "transplant_info", "transplants"]
