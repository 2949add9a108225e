"""The delivery method ``transplant``: the Python that submits travels to the execute node."""

from htmap_transplant.errors import CannotPack, FileHasChanged, NoSuchTransplant, NotTransplantable, TransplantInUse
from htmap_transplant.store.packed import Transplant, transplant_info, transplants

__all__ = [
    "CannotPack",
    "FileHasChanged",
    "NoSuchTransplant",
    "NotTransplantable",
    "Transplant",
    "TransplantInUse",
    "transplant_info",
    "transplants",
]
