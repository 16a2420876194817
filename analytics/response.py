"""Who will say yes if we call? A model of responses to campaigns, learned from earlier calls in the order of time.

Two models that fail differently, averaged in the logit: a logistic regression and gradient boosted trees. Both are
learned from what was known before the call. What a feature may be is declared (`known`), since nothing in the numbers
says it: the length of a call tells its outcome best of all, and nobody has it before. Numbers that all customers share
at a time (a price index, a rate of interest) tell one month from another and no customer from another; where they go on
to values that were never seen, trees have nothing to say. The trees do without them; the logistic regression keeps them
for the level. Which these are is found in what is learned from alone.

A score is a probability, calibrated on the last part of what was learned (Platt 1999).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

Numbers = NDArray[np.float64]
Outcomes = NDArray[np.bool_]
Table = Mapping[str, NDArray[Any]]  # columns of one length, the oldest call first

CASES_MIN = 200  # calls that are learned from
YES_MIN = 30  # of these, that were successful
CALIBRATED_SHARE = 0.2  # the last part of what is learned
TOGETHER = 100  # calls one after the other that are taken for one time
SHARED_MAX = 0.1  # of a number's variance is among calls of one time, or less: it is the same for all of them
SUSPECT_AUC = 0.8  # a single feature that tells so much is probably known only afterwards
CATEGORIES_MAX = 100
_EDGE = 1e-6


class Leakage(ValueError):
    """A feature that nobody has before the call."""


class TooFew(ValueError):
    """Too few calls, or too few that were successful, for anything to be learned."""


@dataclass(frozen=True, slots=True)
class Feature:
    name: str
    kind: Literal["number", "category"]
    known: Literal["before", "after"] = "before"


@dataclass(frozen=True, slots=True)
class Model:
    """`left_out`: numbers of the time, which the trees do without."""

    features: tuple[Feature, ...]
    left_out: tuple[str, ...]
    logistic: "_Logistic"
    trees: "_Trees"
    calibration: tuple[float, float]  # slope and level of the logit

    def raw(self, table: Table) -> Numbers:
        """A ranking; the probability is `scores`."""
        return (_logit(self.logistic.scores(table)) + _logit(self.trees.scores(table))) / 2

    def scores(self, table: Table) -> Numbers:
        """The probability of a success for each row."""
        slope, level = self.calibration
        return np.asarray(expit(slope * self.raw(table) + level), dtype=np.float64)


def fit(table: Table, success: Outcomes, features: Sequence[Feature], seed: int) -> Model:
    """Raises Leakage and TooFew. `seed` decides how trees break ties."""
    if after := [each.name for each in features if each.known == "after"]:
        raise Leakage(f"known only after the call: {', '.join(after)}")
    if len(success) < CASES_MIN or int(success.sum()) < YES_MIN or bool(success.all()):
        raise TooFew(f"{len(success)} calls with {int(success.sum())} successes; {CASES_MIN} with {YES_MIN} are needed")
    left = tuple(each.name for each in features if each.kind == "number" and is_of_the_time(table[each.name]))
    steady = tuple(each for each in features if each.name not in left)
    cut = int(len(success) * (1 - CALIBRATED_SHARE))
    earlier, later = _rows(table, slice(None, cut)), _rows(table, slice(cut, None))
    if not 0 < int(success[:cut].sum()) < cut:
        raise TooFew("the earlier part has one outcome only")
    parts = _Logistic(earlier, success[:cut], features), _Trees(earlier, success[:cut], steady, seed)
    trial = Model(tuple(features), left, *parts, calibration=(1.0, 0.0))
    calibration = _calibrated(trial.raw(later), success[cut:])
    whole = _Logistic(table, success, features), _Trees(table, success, steady, seed)
    return Model(tuple(features), left, *whole, calibration)


def _calibrated(raw: Numbers, success: Outcomes) -> tuple[float, float]:
    """Where the last part has one outcome, or says the contrary of the ranking, its level alone is taken."""
    if 0 < int(success.sum()) < len(success):
        line = LogisticRegression().fit(raw.reshape(-1, 1), success)
        slope, level = float(line.coef_[0, 0]), float(line.intercept_[0])
        if slope > 0:
            return slope, level
    rate = (success.sum() + 1) / (len(success) + 2)
    return 1.0, float(_logit(np.array([rate]))[0] - raw.mean())


def suspects(table: Table, success: Outcomes, features: Sequence[Feature]) -> list[tuple[str, float]]:
    """Features that tell the outcome almost alone, with their AUC, the worst first: are they known before the call?"""
    found = [(each.name, _alone(table[each.name], success, each.kind)) for each in features]
    return sorted([each for each in found if each[1] >= SUSPECT_AUC], key=lambda each: -each[1])


def is_of_the_time(values: NDArray[Any]) -> bool:
    """Whether a number says when a call was rather than who was called."""
    whole = float(np.var(values))
    count = len(values) // TOGETHER
    if not whole or not count:
        return False
    together = np.asarray(values[: count * TOGETHER], dtype=np.float64).reshape(count, TOGETHER)
    return bool(float(together.var(axis=1).mean()) / whole < SHARED_MAX)


def _alone(values: NDArray[Any], success: Outcomes, kind: str) -> float:
    if kind == "category":
        rates = {each: float(success[values == each].mean()) for each in np.unique(values)}
        values = np.array([rates[each] for each in values])
    area = float(roc_auc_score(success, values))
    return max(area, 1 - area)


def _rows(table: Table, which: slice) -> Table:
    return {name: values[which] for name, values in table.items()}


def _logit(p: Numbers) -> Numbers:
    p = np.clip(p, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(p / (1 - p)), dtype=np.float64)


def _columns(table: Table, features: Sequence[Feature], kind: str) -> NDArray[Any]:
    of = [table[each.name] for each in features if each.kind == kind]
    return np.column_stack(of) if of else np.empty((len(next(iter(table.values()))), 0))


class _Logistic:
    def __init__(self, table: Table, success: Outcomes, features: Sequence[Feature]) -> None:
        self.features = features
        self.scale = StandardScaler()
        self.split = OneHotEncoder(handle_unknown="ignore", sparse_output=False, max_categories=CATEGORIES_MAX)
        numbers, categories = _columns(table, features, "number"), _columns(table, features, "category")
        self.numbers, self.categories = numbers.shape[1] > 0, categories.shape[1] > 0
        parts = [self.scale.fit_transform(numbers)] if self.numbers else []
        parts += [self.split.fit_transform(categories)] if self.categories else []
        self.model = LogisticRegression(max_iter=3000).fit(np.hstack(parts), success)

    def scores(self, table: Table) -> Numbers:
        parts = [self.scale.transform(_columns(table, self.features, "number"))] if self.numbers else []
        parts += [self.split.transform(_columns(table, self.features, "category"))] if self.categories else []
        return np.asarray(self.model.predict_proba(np.hstack(parts))[:, 1], dtype=np.float64)


class _Trees:
    def __init__(self, table: Table, success: Outcomes, features: Sequence[Feature], seed: int) -> None:
        self.features = features
        self.code = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=CATEGORIES_MAX
        )
        categories = _columns(table, features, "category")
        self.categories = categories.shape[1]
        if self.categories:
            self.code.fit(categories)
        is_category = [True] * self.categories + [False] * (len(features) - self.categories)
        self.model = HistGradientBoostingClassifier(
            categorical_features=is_category, learning_rate=0.03, max_iter=200, max_leaf_nodes=8, min_samples_leaf=100,
            early_stopping=False, random_state=seed,
        )  # fmt: skip
        self.model.fit(self._matrix(table), success)

    def _matrix(self, table: Table) -> NDArray[Any]:
        numbers = _columns(table, self.features, "number").astype(np.float64)
        if not self.categories:
            return numbers
        return np.hstack([self.code.transform(_columns(table, self.features, "category")), numbers])

    def scores(self, table: Table) -> Numbers:
        return np.asarray(self.model.predict_proba(self._matrix(table))[:, 1], dtype=np.float64)


# --- how good it is ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Area:
    """Under the ROC curve, with a 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def area(success: Outcomes, score: Numbers, seed: int, samples: int = 1000) -> Area:
    found = [_area_of(success[rows], score[rows]) for rows in _resampled(len(success), seed, samples)]
    low, high = np.nanquantile(found, [0.025, 0.975])
    return Area(_area_of(success, score), float(low), float(high))


def area_above(success: Outcomes, score: Numbers, other: Numbers, seed: int, samples: int = 1000) -> Area:
    """By how much the first is larger than the second, over the same calls (paired)."""
    found = [
        _area_of(success[rows], score[rows]) - _area_of(success[rows], other[rows])
        for rows in _resampled(len(success), seed, samples)
    ]
    low, high = np.nanquantile(found, [0.025, 0.975])
    return Area(_area_of(success, score) - _area_of(success, other), float(low), float(high))


def _area_of(success: Outcomes, score: Numbers) -> float:
    """By ranks (Mann, Whitney 1947). NaN where all had one outcome."""
    yes = int(success.sum())
    no = len(success) - yes
    if not yes or not no:
        return float("nan")
    _, at, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[at]
    return float((ranks[success].sum() - yes * (yes + 1) / 2) / (yes * no))


def _resampled(count: int, seed: int, samples: int) -> "list[NDArray[np.int64]]":
    chance = np.random.default_rng(seed)
    return [chance.integers(0, count, count) for _ in range(samples)]


def lift(success: Outcomes, score: Numbers, share: float) -> float:
    """Successes among the best so large a part, compared with anybody's."""
    count = max(1, int(len(score) * share))
    best = np.argsort(-score, kind="stable")[:count]
    return float(success[best].mean() / success.mean())


def calibration(success: Outcomes, score: Numbers, parts: int = 10) -> list[tuple[float, float, int]]:
    """Of each tenth by score: (what was expected, what happened, how many)."""
    order = np.array_split(np.argsort(score, kind="stable"), parts)
    return [(float(score[rows].mean()), float(success[rows].mean()), len(rows)) for rows in order if len(rows)]
