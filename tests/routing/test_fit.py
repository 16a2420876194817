"""Does the engine find by bits the agents that a requirement finds by itself?"""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contacts.requirement import parse
from routing.fit import Fits

SKILLS = ("zh", "en", "fr")


@dataclass
class Profile:
    flag: int
    skills: dict[str, int] = field(default_factory=dict)
    company_ids: frozenset[str] = frozenset({"acme"})


requirements = st.recursive(
    st.builds(lambda skill, level: f"{skill} >= {level}", st.sampled_from(SKILLS), st.integers(1, 4)),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: f"({' or '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' and '.join(parts)})"),
        inner.map(lambda part: f"not ({part})"),
    ),
    max_leaves=8,
)
profiles = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5)),
        st.sampled_from([frozenset({"acme"}), frozenset({"acme", "bolt"}), frozenset({"bolt"}), frozenset()]),
    ),
    max_size=20,
)


def expected(requirement: str, groups: list[Profile]) -> list[tuple[int, int]]:
    """(surplus, mask of groups), ascending: asking each group."""
    asked, found = parse(requirement), dict[int, int]()
    for group in groups:
        if "acme" in group.company_ids and asked.holds(group.skills):
            surplus = asked.surplus(group.skills)
            found[surplus] = found.get(surplus, 0) | group.flag
    return sorted(found.items())


@settings(max_examples=150, derandomize=True, deadline=None)
@given(asked=st.lists(requirements, min_size=1, max_size=3), before=profiles, after=profiles, gone=st.integers(0, 3))
def test_a_fit_is_what_asking_everybody_finds(
    asked: list[str], before: list[object], after: list[object], gone: int
) -> None:
    """Whether the requirement was known before the profiles came, or after, or after some went."""
    fits, groups = Fits(), [Profile(1 << at, *profile) for at, profile in enumerate([*before, *after])]  # type: ignore[misc]
    early = fits.fit(asked[0], "acme")
    fits.add(list(groups[: len(before)]))
    fits.add(list(groups[len(before) :]))
    for group in groups[:gone]:
        fits.drop(group)

    for requirement in asked:
        fit = fits.fit(requirement, "acme")
        classes = expected(requirement, groups[gone:])
        assert fit.classes == classes
        assert fit.able == sum(mask for _, mask in classes)
        assert fit.able_count == sum(mask.bit_count() for _, mask in classes)
        for surplus, mask in classes:
            assert fit.surplus_of(mask & -mask) == surplus
    assert fits.fit(asked[0], "acme") is early
    assert fits.everybody == sum(group.flag for group in groups[gone:])


@pytest.mark.parametrize("number", [1, 30])
def test_many_new_profiles_at_once_are_as_good_as_one_after_the_other(number: int) -> None:
    fits = Fits()
    fit = fits.fit("zh >= 2", "acme")
    groups = [Profile(1 << at, {"zh": at % 4}) for at in range(number + 3)]

    fits.add(list(groups[:3]))
    fits.add(list(groups[3:]))

    assert fit.classes == expected("zh >= 2", groups)


def test_what_is_not_used_is_forgotten_and_found_again() -> None:
    fits = Fits()
    kept, dropped = fits.fit("zh", "acme"), fits.fit("en", "acme")
    fits.keep_only({("zh", "acme")})
    fits.add([Profile(1, {"zh": 1, "en": 3})])

    assert fits.fit("zh", "acme") is kept
    assert fits.fit("en", "acme") is not dropped
    assert fits.fit("en", "acme").classes == [(2, 1)]


def test_who_is_not_able_has_no_surplus() -> None:
    fits = Fits()
    fits.add([Profile(1, {"zh": 3}), Profile(2, {"en": 3})])

    assert fits.fit("zh", "acme").surplus_of(1) == 2
    assert fits.fit("zh", "acme").surplus_of(2) == 0
