"""Are the rules exactly those of another implementation, and does chance alone make none?"""

import csv
import gzip
from pathlib import Path
from random import Random

import pytest
from efficient_apriori import apriori
from hypothesis import given
from hypothesis import strategies as st

from analytics.affinity import Rule, TooMany, rules

RETAIL = Path(__file__).parents[3] / "shared/data/purchases/online_retail.csv.gz"
needs_retail = pytest.mark.skipif(not RETAIL.exists(), reason=f"needs {RETAIL.name} in shared/data/purchases")
Baskets = list[tuple[str, ...]]


def as_told(found: list[Rule]) -> set[tuple[object, ...]]:
    return {
        (tuple(sorted(map(str, r.if_))), tuple(sorted(map(str, r.then))), r.count, r.count_if, r.count_then)
        for r in found
    }


def as_others_tell(baskets: Baskets, support: float, confidence: float, longest: int) -> set[tuple[object, ...]]:
    _, found = apriori(baskets, min_support=support, min_confidence=confidence, max_length=longest)
    return {(tuple(sorted(r.lhs)), tuple(sorted(r.rhs)), r.count_full, r.count_lhs, r.count_rhs) for r in found}


@needs_retail
def test_the_rules_of_a_real_shop_are_those_of_efficient_apriori() -> None:
    held: dict[str, set[str]] = {}
    with gzip.open(RETAIL, "rt", encoding="utf-8", errors="replace") as lines:
        for line in csv.DictReader(lines):
            if float(line["Quantity"]) > 0 and not line["InvoiceNo"].startswith("C"):
                held.setdefault(line["InvoiceNo"], set()).add(line["StockCode"])
    baskets = [tuple(each) for each in held.values()]
    found = rules(baskets, 0.01, 0.5)

    assert len(baskets) > 20_000
    assert len(found) > 500
    assert as_told(found) == as_others_tell(baskets, 0.01, 0.5, 3)


@given(
    baskets=st.lists(st.lists(st.sampled_from("abcdef"), max_size=6).map(tuple), min_size=1, max_size=30),
    support=st.sampled_from([0.05, 0.2, 0.5]),
    confidence=st.sampled_from([0.0, 0.3, 0.8]),
    longest=st.sampled_from([2, 3, 4]),
)
def test_any_baskets_have_the_rules_of_efficient_apriori(
    baskets: Baskets, support: float, confidence: float, longest: int
) -> None:
    found = as_told(rules(baskets, support, confidence, longest))

    assert found == as_others_tell(baskets, support, confidence, longest)


def test_the_measures_are_those_computed_by_hand() -> None:
    """10 baskets; tea in 4, milk in 5, both in 3."""
    baskets = [("tea", "milk")] * 3 + [("tea",)] + [("milk",)] * 2 + [("bread",)] * 4
    rule = next(rule for rule in rules(baskets, 0.1, 0.5) if rule.if_ == ("tea",))

    assert rule.then == ("milk",)
    assert (rule.support, rule.confidence, rule.lift) == (0.3, 0.75, 1.5)
    assert rule.leverage == pytest.approx(0.3 - 0.2)
    assert rule.conviction == pytest.approx(0.5 / 0.25)
    # Of 10 over 4 with 5: (C(5,3)·5 + C(5,4)) / C(10,4) = 55 / 210; two rules, of which this p is both.
    assert rule.p == pytest.approx(55 / 210)


def test_chance_alone_makes_no_rule_that_stands() -> None:
    chance = Random(1)
    items = [f"item {n}" for n in range(30)]
    baskets = [tuple(item for item in items if chance.random() < 0.2) for _ in range(1500)]
    found = rules(baskets, 0.02, 0.0, 2)

    assert len(found) > 500
    assert sum(rule.p <= 0.05 for rule in found) <= 0.01 * len(found)


def test_whoever_always_has_the_second_has_no_conviction() -> None:
    rule = next(rule for rule in rules([("a", "b"), ("b",), ("c",)], 0.1, 0.9) if rule.if_ == ("a",))

    assert rule.confidence == 1
    assert rule.conviction is None


@pytest.mark.parametrize(
    ("support", "confidence", "longest"), [(0, 0.5, 2), (1.1, 0.5, 2), (0.1, -1, 2), (0.1, 0.5, 9)]
)
def test_bounds_that_are_none_are_refused(support: float, confidence: float, longest: int) -> None:
    with pytest.raises(ValueError, match="a support"):
        rules([("a",)], support, confidence, longest)


def test_more_sets_than_anybody_reads_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.affinity.SETS_MAX", 50)
    with pytest.raises(TooMany):
        rules([tuple("abcdefghij")] * 5, 0.5, 0.5)


def test_no_baskets_have_no_rules() -> None:
    assert rules([], 0.1, 0.1) == []
