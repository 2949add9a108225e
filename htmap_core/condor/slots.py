"""What the collector of a pool answers about slots: how many there are, and a few of their attributes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from htmap_core.files.answers import Answers

WHOLE_SLOT = 'SlotType =!= "Dynamic"'  # dynamic slots are parts of a partitionable slot, which counts already
_NO_ATTRIBUTE = "HTMapNothing"  # an attribute that no slot has: an empty projection would mean all attributes
_FEW = 50  # ads that differ

Ask = Callable[[str, str, Sequence[str]], list[dict[str, Any]]]


class SlotAnswers:
    """The answers about the slots of one pool. Each question is asked once, unless an answer of the last minutes is kept.

    :param ask: asks the collector for ads: their kind, a constraint, and a projection.
    :param collector: gives the collector's name; it may differ for the same configuration file (``_CONDOR_COLLECTOR_HOST``).
    :param kept: the kept answers, to which new ones are added; None asks afresh.
    """

    def __init__(self, ask: Ask, collector: Callable[[], str | None], kept: Answers | None) -> None:
        self._ask = ask
        self._collector = collector
        self._kept = kept
        self._total: int | None = None
        self._counts: dict[str, tuple[int, int]] = {}
        # By projection, because complete ads of a pool are large.
        self._ads: dict[frozenset[str], list[dict[str, Any]]] = {}

    def count(self, expression: str) -> tuple[int, int]:
        """Return how many slots satisfy an expression, and how many slots the pool has.

        A count of zero is not kept. It is what warnings tell, so it is never old; and the collector sends nothing for it.
        """
        if expression not in self._counts:
            kept = self._answer(expression)
            self._counts[expression] = tuple(kept) if kept else self._count(expression)
        return self._counts[expression]

    def _count(self, expression: str) -> tuple[int, int]:
        if self._total is None:
            self._total = self._number(WHOLE_SLOT)
        is_plain = expression == "true" or not self._total
        matching = self._total if is_plain else self._number(f"({WHOLE_SLOT}) && ({expression})")
        if matching:
            self._keep(expression, [matching, self._total])
        return matching, self._total

    def _number(self, constraint: str) -> int:
        """Return how many slots satisfy a constraint: of an ad without attributes, the collector sends a dozen bytes."""
        return len(self._ask("Startd", constraint, [_NO_ATTRIBUTE]))

    def ads(self, projection: Sequence[str]) -> list[Mapping[str, Any]]:
        """Return the ads of all slots with the attributes in *projection*, or all. Ads that differ are kept if they are few."""
        wanted = frozenset(name.casefold() for name in projection)
        if wanted not in self._ads:
            self._ads[wanted] = self._projected(projection) if projection else self._ask("Startd", WHOLE_SLOT, ())
        return [{k: v for k, v in ad.items() if not wanted or k.casefold() in wanted} for ad in self._ads[wanted]]

    def _projected(self, projection: Sequence[str]) -> list[dict[str, Any]]:
        question = f"slots: {','.join(sorted(name.casefold() for name in projection))}"
        if kept := self._answer(question):
            return [ad for ad, count in kept for _ in range(count)]
        ads = self._ask("Startd", WHOLE_SLOT, projection)
        if self._kept is not None:
            counts = Counter(json.dumps(ad, sort_keys=True) for ad in ads)
            if 0 < len(counts) <= _FEW:
                self._keep(question, [[json.loads(ad), count] for ad, count in counts.items()])
        return ads

    def _answer(self, question: str) -> Any:
        """Return the kept answer to a question; None if there is none."""
        return None if self._kept is None else self._kept.get(f"{self._collector()}: {question}")

    def _keep(self, question: str, answer: object) -> None:
        if self._kept is not None:
            self._kept.put(f"{self._collector()}: {question}", answer)
