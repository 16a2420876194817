"""Does a requirement say who is able, by how much too able, and where its text is wrong?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.requirement import AllOf, AnyOf, AtLeast, Node, Not, Requirement, RequirementError, parse


@pytest.mark.parametrize(
    ("text", "skills", "able"),
    [
        ("", {}, True),
        ("  \n", {}, True),
        ("billing", {"billing": 1}, True),
        ("billing", {}, False),
        ("billing >= 3", {"billing": 3}, True),
        ("billing >= 3", {"billing": 2}, False),
        ("billing>=3 and zh", {"billing": 3}, False),
        ("billing >= 3 and (zh >= 5 or en >= 5)", {"billing": 3, "en": 5}, True),
        ("billing >= 3 and (zh >= 5 or en >= 5)", {"billing": 3, "zh": 4, "en": 4}, False),
        ("not trainee", {}, True),
        ("not trainee >= 2", {"trainee": 1}, True),
        ("not trainee >= 2", {"trainee": 2}, False),
        ("not not a", {"a": 1}, True),
        # `and` binds closer than `or`, `not` closest.
        ("a or b and c", {"a": 1}, True),
        ("(a or b) and c", {"a": 1}, False),
        ("not a or b", {"b": 1, "a": 1}, True),
        ("not (a or b)", {"b": 1}, False),
    ],
)
def test_a_requirement_is_met_by_exactly_those_who_are_able(text: str, skills: dict[str, int], able: bool) -> None:
    assert parse(text).holds(skills) is able


@pytest.mark.parametrize(
    ("text", "skills", "surplus"),
    [
        ("", {"a": 9}, 0),
        ("a", {"a": 4}, 3),  # 4 - 1
        ("a >= 3", {"a": 3}, 0),
        ("a >= 3 and b >= 2", {"a": 5, "b": 4}, 4),  # 2 + 2
        ("a >= 3 or b >= 2", {"a": 8, "b": 4}, 2),  # the smaller of 5 and 2
        ("a >= 3 or b >= 2", {"a": 8, "b": 1}, 5),  # b is not satisfied: it cannot make the surplus smaller
        ("a and not b", {"a": 4, "c": 7}, 3),  # `not` adds nothing, skills not asked for add nothing
        ("a and (b or c >= 2)", {"a": 2, "b": 10, "c": 5}, 4),  # 1 + min(9, 3)
    ],
)
def test_the_surplus_counts_only_levels_that_the_requirement_did_not_need(
    text: str, skills: dict[str, int], surplus: int
) -> None:
    assert parse(text).surplus(skills) == surplus


@pytest.mark.parametrize(
    ("text", "column", "expected", "text_key"),
    [
        ("billing >= 3 and", 17, "a skill", "requirement.skill_expected"),
        ("billing > 3", 9, "'and', 'or' or the end", "requirement.operator_expected"),
        ("billing >= 11", 12, "a level from 1 to 10", "requirement.level_expected"),
        ("billing >= 0", 12, "a level from 1 to 10", "requirement.level_expected"),
        ("billing >= zh", 12, "a level from 1 to 10", "requirement.level_expected"),
        ("billing >=", 11, "a level from 1 to 10", "requirement.level_expected"),
        ("a b", 3, "'and', 'or' or the end", "requirement.operator_expected"),
        ("Billing", 1, "a skill", "requirement.skill_expected"),
        ("a AND b", 3, "'and', 'or' or the end", "requirement.operator_expected"),
        ("(a or b", 8, "')'", "requirement.closing_expected"),
        ("(a or b))", 9, "'and', 'or' or the end", "requirement.operator_expected"),
        ("()", 2, "a skill", "requirement.skill_expected"),
        ("a and or b", 7, "a skill", "requirement.skill_expected"),
        ("not", 4, "a skill", "requirement.skill_expected"),
        ("3 >= a", 1, "a skill", "requirement.skill_expected"),
        ("a\u00a0and b", 2, "'and', 'or' or the end", "requirement.operator_expected"),
        ("a >= ٣", 6, "a level", "requirement.level_expected"),
        ("\x00", 1, "a skill", "requirement.skill_expected"),
        ("a\n  and ?", 9, "a skill", "requirement.skill_expected"),
    ],
)
def test_a_wrong_text_is_answered_with_its_column_and_what_was_expected(
    text: str, column: int, expected: str, text_key: str
) -> None:
    with pytest.raises(RequirementError) as caught:
        parse(text)

    assert caught.value.column == column
    assert caught.value.expected.startswith(expected)
    assert caught.value.text_key == text_key
    assert str(caught.value).startswith(f"column {column}: expected ")


def test_length_depth_and_number_of_skills_are_bounded() -> None:
    assert parse("a" * 1000).skills() == {"a" * 1000}
    with pytest.raises(RequirementError) as too_long:
        parse("a" * 1001)
    assert (too_long.value.column, too_long.value.text_key) == (1001, "requirement.too_long")

    assert parse("(" * 16 + "a" + ")" * 16) == parse("a")
    with pytest.raises(RequirementError) as too_deep:
        parse("(" * 17 + "a" + ")" * 17)
    assert (too_deep.value.column, too_deep.value.text_key) == (18, "requirement.too_deep")
    with pytest.raises(RequirementError):
        parse("not " * 17 + "a")

    assert len(parse(" or ".join(["a"] * 64)).comparisons()) == 64
    with pytest.raises(RequirementError) as too_many:
        parse(" or ".join(["a"] * 65))
    assert (too_many.value.column, too_many.value.text_key) == (64 * 5 + 1, "requirement.too_many_terms")


def test_the_tree_is_flat_and_tells_its_comparisons_in_order() -> None:
    requirement = parse("a >= 2 and (b and (c or (d or not a)))")

    assert requirement.root == AllOf(
        (AtLeast("a", 2), AtLeast("b", 1), AnyOf((AtLeast("c", 1), AtLeast("d", 1), Not(AtLeast("a", 1)))))
    )
    assert requirement.comparisons() == (
        AtLeast("a", 2), AtLeast("b", 1), AtLeast("c", 1), AtLeast("d", 1), AtLeast("a", 1),
    )  # fmt: skip
    assert requirement.skills() == {"a", "b", "c", "d"}


def test_the_canonical_text_has_no_superfluous_parentheses() -> None:
    assert parse("( billing>=3 )and((zh or(en>=5)))").text == "billing >= 3 and (zh >= 1 or en >= 5)"
    assert parse("not(a and b)or not(not c)").text == "not (a >= 1 and b >= 1) or not not c >= 1"
    assert parse("").text == ""


_names = st.sampled_from(["a", "b", "zh", "en_2", "order", "nothing"])
_nodes: st.SearchStrategy[Node] = st.recursive(
    st.builds(AtLeast, _names, st.integers(1, 10)),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda parts: AllOf(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda parts: AnyOf(tuple(parts)), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)


@given(_nodes, st.dictionaries(_names, st.integers(1, 10)))
def test_the_canonical_text_means_the_same_and_is_stable(root: Node, skills: dict[str, int]) -> None:
    written = Requirement(root)

    read = parse(written.text)

    assert read.text == parse(read.text).text
    assert read.holds(skills) == written.holds(skills)
    if read.holds(skills):
        assert read.surplus(skills) == written.surplus(skills)
        assert read.surplus(skills) >= 0


@given(st.text(alphabet="ab01>=() andornt\n", max_size=40))
def test_any_text_is_read_or_refused_inside_itself(text: str) -> None:
    try:
        parse(text)
    except RequirementError as error:
        assert 1 <= error.column <= len(text) + 1
