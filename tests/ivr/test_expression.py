"""Does a condition hold when one would say that it holds, and can it do nothing else?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.expression import LENGTH_MAX, Expression, ExpressionError

KNOWN = {"value": "72", "language": "en", "order.state": "open", "code": "007", "vip": "true", "off": "false"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("value >= 60", True),
        ("value > 72", False),
        ("60 <= value < 80", True),
        ("value >= 60 and language == 'en'", True),
        ("value >= 90 or not (language == 'zh-CN')", True),
        ("language in ('de', 'en')", True),
        ("language not in ['de', 'en']", False),
        ("order.state == 'open'", True),
        ("vip", True),
        ("off", False),
        ("not off", True),
        ("nobody_set_this", False),
        ("nobody_set_this == ''", True),
        ("nobody_set_this > 1", False),
        ("nobody_set_this < 1", False),
        ("code == '7'", False),
        ("code == 7", True),
        ("language > 3", False),
        ("value != 72", False),
        ("value == -72", False),
    ],
)
def test_a_condition_holds_as_one_would_say(text: str, holds: bool) -> None:
    assert Expression(text).holds(KNOWN) is holds


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1), ("value >=", 9), ("open('x')", 1), ("value + 1 > 2", 1), ("__import__('os').system", 1),
        ("[x for x in y]", 1), ("lambda: 1", 1), ("value == f'{x}'", 10), ("a if b else c", 1), ("x := 3", 3),
        ("value is None", 10), ("True", 1), ("x in y", 6), ("x == {1: 2}", 6), ("value == (1)(2)", 10),
        ("x" * (LENGTH_MAX + 1), LENGTH_MAX + 1),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_column(text: str, column: int) -> None:
    with pytest.raises(ExpressionError) as refused:
        Expression(text)

    assert refused.value.column == column


def test_it_says_which_variables_it_needs() -> None:
    assert set(Expression("value >= 60 and order.state in ('a', 'b') or not vip").names()) == {
        "value",
        "order.state",
        "vip",
    }


@given(st.text(max_size=60))
def test_any_text_is_either_a_condition_or_refused(text: str) -> None:
    try:
        expression = Expression(text)
    except ExpressionError:
        return

    assert expression.holds({}) in (True, False)
