"""A personal HTCondor pool for one user: HTMap's default where no other pool is there."""

from __future__ import annotations
