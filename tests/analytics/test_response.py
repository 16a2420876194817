"""Does the model tell who will say yes, from what is known before the call alone?"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analytics.response import (
    Feature,
    Leakage,
    Model,
    Outcomes,
    Table,
    TooFew,
    area,
    area_above,
    calibration,
    fit,
    is_of_the_time,
    lift,
    suspects,
)

REPOSITORY = Path(__file__).parents[2]
BANK = REPOSITORY.parent / "shared/data/campaign/bank-additional-full.csv"
needs_bank = pytest.mark.skipif(not BANK.exists(), reason=f"needs {BANK.name} in shared/data/campaign")
NUMBERS = {
    "age", "campaign", "pdays", "previous", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m",
    "nr.employed",
}  # fmt: skip
LEARNED_SHARE = 0.7


class Campaign:
    """The calls in the order in which they were made; the last 30 % are not learned from."""

    def __init__(self) -> None:
        with BANK.open(encoding="utf-8") as lines:
            calls = list(csv.DictReader(lines, delimiter=";"))
        self.success = np.array([call["y"] == "yes" for call in calls])
        known = [name for name in calls[0] if name not in ("y", "duration")]
        self.features = [Feature(name, "number" if name in NUMBERS else "category") for name in known]
        self.table = {each.name: self._column(calls, each.name, each.kind) for each in self.features}
        self.duration = self._column(calls, "duration", "number")
        self.cut = int(len(calls) * LEARNED_SHARE)

    @staticmethod
    def _column(calls: Sequence[dict[str, str]], name: str, kind: str) -> np.ndarray[Any, Any]:
        return np.array([float(call[name]) if kind == "number" else call[name] for call in calls])

    def learned(self) -> tuple[Table, Outcomes]:
        return {name: values[: self.cut] for name, values in self.table.items()}, self.success[: self.cut]

    def held_out(self) -> tuple[Table, Outcomes]:
        return {name: values[self.cut :] for name, values in self.table.items()}, self.success[self.cut :]


@pytest.fixture(scope="module")
def campaign() -> Campaign:
    return Campaign()


@pytest.fixture(scope="module")
def model(campaign: Campaign) -> Model:
    return fit(*campaign.learned(), campaign.features, seed=0)


@needs_bank
def test_the_last_calls_of_a_real_campaign_are_ranked_by_the_first(campaign: Campaign, model: Model) -> None:
    """Time-ordered, without the length of the call. What is found is in build/response.json."""
    table, success = campaign.held_out()
    found = area(success, model.raw(table), seed=1)
    above = area_above(success, model.raw(table), model.logistic.scores(table), seed=1)
    best_fifth = lift(success, model.raw(table), 0.2)
    told = {
        "calls": len(success),
        "auc": vars_of(found),
        "above_logistic": vars_of(above),
        "lift_of_best_fifth": best_fifth,
        "calibration": calibration(success, model.scores(table)),
    }
    (REPOSITORY / "build").mkdir(exist_ok=True)
    (REPOSITORY / "build/response.json").write_text(json.dumps(told, indent=1) + "\n")

    assert found.value >= 0.669
    assert above.low > 0
    assert best_fifth > 1.5


def vars_of(of: Any) -> dict[str, float]:
    return {name: round(getattr(of, name), 4) for name in ("value", "low", "high")}


@needs_bank
def test_numbers_of_the_time_are_found_and_left_to_the_regression(model: Model) -> None:
    assert set(model.left_out) == {"emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed"}


@needs_bank
def test_the_length_of_the_call_is_the_one_suspect(campaign: Campaign) -> None:
    table, success = campaign.learned()
    with_duration = {**table, "duration": campaign.duration[: campaign.cut]}
    features = [*campaign.features, Feature("duration", "number")]

    assert [name for name, _ in suspects(with_duration, success, features)] == ["duration"]


def calls(count: int = 2000, seed: int = 3) -> tuple[dict[str, np.ndarray[Any, Any]], Outcomes]:
    """Of the young in the town of Ulm more say yes."""
    chance = np.random.default_rng(seed)
    age, town = chance.uniform(18, 80, count), chance.choice(["Ulm", "Bonn", "Kiel"], count)
    odds = np.exp(-3 + (60 - age) / 20 + 1.0 * (town == "Ulm"))
    return {"age": age, "town": town}, chance.random(count) < odds / (1 + odds)


FEATURES = [Feature("age", "number"), Feature("town", "category")]


def test_what_is_known_only_after_the_call_is_refused() -> None:
    table, success = calls()
    with pytest.raises(Leakage, match="duration"):
        fit({**table, "duration": table["age"]}, success, [*FEATURES, Feature("duration", "number", "after")], 0)


def test_probabilities_are_those_that_come_true() -> None:
    model = fit(*calls(6000), FEATURES, 0)
    table, success = calls(4000, seed=4)

    for expected, happened, count in calibration(success, model.scores(table), 5):
        assert happened == pytest.approx(expected, abs=4 * (0.25 / count) ** 0.5)


def test_the_same_seed_is_the_same_model() -> None:
    table, success = calls()
    one, other = fit(table, success, FEATURES, 5), fit(table, success, FEATURES, 5)

    assert np.array_equal(one.scores(table), other.scores(table))


def test_a_town_that_was_never_seen_has_a_score_too() -> None:
    model = fit(*calls(), FEATURES, 0)
    found = model.scores({"age": np.array([30.0, np.float64(30)]), "town": np.array(["Jena", "Ulm"])})

    assert np.all((found > 0) & (found < 1))
    assert found[1] > found[0]


def test_of_too_few_calls_and_of_calls_without_a_success_nothing_is_learned() -> None:
    table, success = calls(100)
    with pytest.raises(TooFew):
        fit(table, success, FEATURES, 0)
    table, success = calls()
    with pytest.raises(TooFew):
        fit(table, np.zeros_like(success), FEATURES, 0)


def test_a_price_index_is_of_the_time_and_an_age_is_not() -> None:
    chance = np.random.default_rng(1)

    assert is_of_the_time(np.repeat(np.linspace(90, 95, 20), 100))
    assert not is_of_the_time(chance.uniform(18, 80, 2000))
    assert not is_of_the_time(np.full(2000, 7.0))


def test_the_area_is_the_share_of_pairs_in_their_order() -> None:
    success, score = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.5, 0.5])

    assert area(success, score, 0, 50).value == (1 + 1 + 0 + 0.5) / 4
    assert lift(success, score, 0.25) == 2.0
