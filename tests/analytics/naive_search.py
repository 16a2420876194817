"""The readable twin of the search in the database: every entry is looked at, and the sums stand as they are meant."""

from collections.abc import Mapping, Sequence
from math import log

from analytics.asked import Slot, Way

Index = Mapping[str, Mapping[str, float]]  # entry -> term -> weight


def rareness(many: int, having: float) -> float:
    return log(1 + (many - having + 0.5) / (having + 0.5))


def filled(slot: Slot, terms: Mapping[str, float]) -> float:
    """How well an entry fills a slot, between 0 and 1."""
    return max((_gone(way, terms) for way in slot.ways), default=0.0)


def _gone(way: Way, terms: Mapping[str, float]) -> float:
    there = [terms[term] for term in way.terms if term in terms]
    return way.share * sum(there) / len(way.terms) if len(there) >= way.need else 0.0


def search(index: Index, slots: Sequence[Slot], unknown: float) -> list[tuple[str, float, float]]:
    """(entry, score, share of what was asked for that it has), the best first. `unknown`: what a word counts in that
    share of which no entry says anything."""
    scores = dict.fromkeys(index, 0.0)
    whole = 0.0
    for slot in slots:
        fills = {entry: filled(slot, terms) for entry, terms in index.items()}
        rare = slot.weight * rareness(len(index), sum(fills.values()))
        whole += rare * (1 if any(fills.values()) else unknown)
        for entry, fill in fills.items():
            scores[entry] += rare * fill
    found = [(entry, score, score / whole) for entry, score in scores.items() if score > 0]
    return sorted(found, key=lambda each: (-each[1], each[0]))
