"""What is bought together more often than by chance? Association rules over baskets, exactly.

Frequent sets level by level (Agrawal, Srikant 1994, Fast Algorithms for Mining Association Rules): a set can only be
frequent if all its parts are. Each item is a row of bits, one for each basket; a set's baskets are the rows and-ed.

Of a rule A -> B over n baskets: support = n(AB)/n, confidence = n(AB)/n(A), lift = confidence / (n(B)/n), leverage =
support - n(A)n(B)/n^2, conviction = (1 - n(B)/n) / (1 - confidence). With thousands of rules some stand out by chance
alone: `p` is Fisher's exact test against independence (one-sided), corrected for their number by Benjamini and Hochberg
(1995), so that of all rules with p <= 0.05 about 5 % are false.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

Bits = NDArray[np.uint8]
Set = tuple[int, ...]  # item numbers, ascending

SETS_MAX = 200_000  # frequent sets: more say that the least support is too small, and are refused
LENGTH_MAX = 4  # items in a set


class TooMany(ValueError):
    """So little support makes more sets than anybody reads."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who has all of `if_` has `then`, too. `p` is corrected for the number of rules."""

    if_: tuple[Hashable, ...]
    then: tuple[Hashable, ...]
    count: int
    count_if: int
    count_then: int
    baskets: int
    p: float = 1.0

    @property
    def support(self) -> float:
        return self.count / self.baskets

    @property
    def confidence(self) -> float:
        return self.count / self.count_if

    @property
    def lift(self) -> float:
        return self.count * self.baskets / (self.count_if * self.count_then)

    @property
    def leverage(self) -> float:
        return self.support - self.count_if * self.count_then / self.baskets**2

    @property
    def conviction(self) -> float | None:
        """None: whoever has the first always has the second."""
        never = 1 - self.confidence
        return None if self.count == self.count_if else (1 - self.count_then / self.baskets) / never


def rules(
    baskets: Sequence[Iterable[Hashable]], least_support: float, least_confidence: float, longest: int = 3
) -> list[Rule]:
    """By falling lift; of equals by support. Shares between 0 and 1. Raises TooMany, and ValueError for bounds that are
    none."""
    if not (0 < least_support <= 1 and 0 <= least_confidence <= 1 and 2 <= longest <= LENGTH_MAX):
        raise ValueError(f"a support in (0, 1], a confidence in [0, 1], 2 to {LENGTH_MAX} items")
    if not baskets:
        return []
    items, counts = frequent_sets(baskets, least_support, longest)
    found = [
        Rule(_named(items, first), _named(items, rest), count, counts[first], counts[rest], len(baskets))
        for together, count in counts.items()
        for first, rest in _splits(together)
        if count / counts[first] >= least_confidence
    ]
    return sorted(_corrected(found), key=lambda rule: (-rule.lift, -rule.support, str(rule.if_), str(rule.then)))


def frequent_sets(
    baskets: Sequence[Iterable[Hashable]], least_support: float, longest: int
) -> tuple[list[Hashable], dict[Set, int]]:
    """Items by number, and in how many baskets each frequent set is. Raises TooMany."""
    least = least_support * len(baskets)
    items, rows = _bits_of(baskets, least)
    counts: dict[Set, int] = {(number,): int(_count(row)) for number, row in enumerate(rows)}
    level: dict[Set, Bits] = {(number,): row for number, row in enumerate(rows)}
    for _ in range(longest - 1):
        level = _next_level(level, rows, counts, least)
        if not level:
            break
    return items, counts


def _bits_of(baskets: Sequence[Iterable[Hashable]], least: float) -> tuple[list[Hashable], list[Bits]]:
    """Only of items that are frequent, in the order of their names."""
    held: dict[Hashable, list[int]] = {}
    for number, basket in enumerate(baskets):
        for item in set(basket):
            held.setdefault(item, []).append(number)
    items = sorted((item for item, where in held.items() if len(where) >= least), key=str)
    rows = []
    for item in items:
        there = np.zeros(len(baskets), dtype=np.bool_)
        there[held[item]] = True
        rows.append(np.packbits(there))
    return items, rows


def _next_level(level: dict[Set, Bits], rows: list[Bits], counts: dict[Set, int], least: float) -> dict[Set, Bits]:
    """Sets of one more: two that differ in their last item, if every other part is frequent as well."""
    longer: dict[Set, Bits] = {}
    by_start: dict[Set, list[int]] = {}
    for each in level:
        by_start.setdefault(each[:-1], []).append(each[-1])
    for start, lasts in by_start.items():
        for one, other in combinations(sorted(lasts), 2):
            together = (*start, one, other)
            if any((*together[:n], *together[n + 1 :]) not in counts for n in range(len(start))):
                continue
            both = level[*start, one] & rows[other]
            count = int(_count(both))
            if count >= least:
                longer[together], counts[together] = both, count
                if len(counts) > SETS_MAX:
                    raise TooMany(f"more than {SETS_MAX} sets have this support")
    return longer


def _count(row: Bits) -> int:
    return int(np.bitwise_count(row).sum())


def _splits(together: Set) -> Iterable[tuple[Set, Set]]:
    for size in range(1, len(together)):
        for first in combinations(together, size):
            yield first, tuple(item for item in together if item not in first)


def _named(items: list[Hashable], numbers: Set) -> tuple[Hashable, ...]:
    return tuple(items[number] for number in numbers)


def _corrected(found: list[Rule]) -> list[Rule]:
    """With p values; of m rules the k-th smallest times m / k, never smaller than that of a better one."""
    if not found:
        return []
    table = np.array([(rule.count, rule.baskets, rule.count_if, rule.count_then) for rule in found])
    raw = hypergeom.sf(table[:, 0] - 1, table[:, 1], table[:, 2], table[:, 3])
    order = np.argsort(raw)[::-1]
    ranks = np.arange(len(raw), 0, -1)
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum.accumulate(np.minimum(raw[order] * len(raw) / ranks, 1))
    return [
        Rule(rule.if_, rule.then, rule.count, rule.count_if, rule.count_then, rule.baskets, float(p))
        for rule, p in zip(found, adjusted, strict=True)
    ]
