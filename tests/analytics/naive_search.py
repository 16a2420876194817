"""The readable twin of the search in the database: every entry is looked at, and the sums stand as they are meant."""

from collections.abc import Mapping, Sequence
from math import log, sqrt

from analytics.asked import Slot, Way

Index = Mapping[str, Mapping[str, float]]  # entry -> term -> weight


def search(index: Index, slots: Sequence[Slot]) -> list[tuple[str, float]]:
    """(entry, how well it answers), the best first. Measured by all that was asked for, in any size of a collection."""
    scores = dict.fromkeys(index, 0.0)
    asked_for = 0.0
    for slot in slots:
        fills = {entry: filled(slot, terms) for entry, terms in index.items()}
        rare = slot.weight * rareness(len(index), sum(fills.values()))
        asked_for += rare
        for entry, fill in fills.items():
            scores[entry] += rare * fill
    most = sqrt(asked_for * rareness(len(index), 0))
    found = [(entry, score / most) for entry, score in scores.items() if score > 0]
    return sorted(found, key=lambda each: (-each[1], each[0]))


def rareness(many: int, having: float) -> float:
    """`having`: the entries that fill it, each as far as it does (idf as in BM25, Robertson 2004)."""
    return log(1 + (many - having + 0.5) / (having + 0.5))


def filled(slot: Slot, terms: Mapping[str, float]) -> float:
    """How well an entry fills a slot, between 0 and 1: the best way counts."""
    return max((gone(way, terms) for way in slot.ways), default=0.0)


def gone(way: Way, terms: Mapping[str, float]) -> float:
    there = [terms[term] for term in way.terms if term in terms]
    return way.share * sum(there) / len(way.terms) if len(there) >= way.need else 0.0
