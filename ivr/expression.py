"""Does a condition hold: `value >= 60 and language == "en" and not order.paid`?

Python's own grammar, and of it only: names, texts, numbers, and/or/not, == != < <= > >=, in, parentheses. No calls, no
arithmetic, nothing that could take long. Variables are texts; beside a number they are read as numbers.
"""

import ast
import re
from collections.abc import Iterator, Mapping

LENGTH_MAX = 500
NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")

Values = Mapping[str, str]


class ExpressionError(ValueError):
    """`column` counts from 1; `expected` says what may stand there."""

    def __init__(self, column: int, expected: str) -> None:
        super().__init__(f"column {column}: expected {expected}")
        self.column, self.expected = column, expected


class Expression:
    """Read once, asked often. A variable that nobody has set is empty, and empty does not hold."""

    def __init__(self, text: str) -> None:
        """Raises ExpressionError."""
        self.text = text
        if len(text) > LENGTH_MAX:
            raise ExpressionError(LENGTH_MAX + 1, f"at most {LENGTH_MAX} characters")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            column = getattr(error, "offset", None) or len(text) + 1
            raise ExpressionError(column, 'a condition such as: value >= 60 and language == "en"') from None
        _allow(self._tree)

    def names(self) -> Iterator[str]:
        yield from _names(self._tree)

    def holds(self, values: Values) -> bool:
        return bool(_truth(self._tree, values))


_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_COMPARED = (ast.Eq, ast.NotEq, *_ORDER, ast.In, ast.NotIn)


def _allow(tree: ast.expr) -> None:
    match tree:
        case ast.BoolOp():
            for part in tree.values:
                _allow(part)
        case ast.UnaryOp(op=ast.Not()):
            _allow(tree.operand)
        case ast.Compare():
            _allow_operand(tree.left)
            for op, right in zip(tree.ops, tree.comparators, strict=True):
                if not isinstance(op, _COMPARED):
                    raise ExpressionError(right.col_offset + 1, "one of == != < <= > >= in")
                if isinstance(op, (ast.In, ast.NotIn)):
                    _allow_list(right)
                else:
                    _allow_operand(right)
        case ast.Name() | ast.Attribute():
            _dotted(tree)
        case _:
            raise ExpressionError(tree.col_offset + 1, "a name, a comparison, and, or, not")


def _allow_operand(tree: ast.expr) -> None:
    if isinstance(tree, (ast.Name, ast.Attribute)):
        _dotted(tree)
    elif _literal(tree) is None:
        raise ExpressionError(tree.col_offset + 1, "a name, a text or a number")


def _allow_list(tree: ast.expr) -> None:
    if not isinstance(tree, (ast.Tuple, ast.List)) or any(_literal(each) is None for each in tree.elts):
        raise ExpressionError(tree.col_offset + 1, 'a list of texts or numbers such as ("gold", "silver")')


def _literal(tree: ast.expr) -> str | float | None:
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        inner = _literal(tree.operand)
        return -inner if isinstance(inner, float) else None
    if not isinstance(tree, ast.Constant) or isinstance(tree.value, bool):
        return None
    if isinstance(tree.value, str):
        return tree.value
    return float(tree.value) if isinstance(tree.value, (int, float)) else None


def _dotted(tree: ast.expr) -> str:
    if isinstance(tree, ast.Name):
        return tree.id
    if isinstance(tree, ast.Attribute):
        return f"{_dotted(tree.value)}.{tree.attr}"
    raise ExpressionError(tree.col_offset + 1, "a name such as order.state")


def _names(tree: ast.expr) -> Iterator[str]:
    if isinstance(tree, (ast.Name, ast.Attribute)):
        yield _dotted(tree)
        return
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.expr):
            yield from _names(child)


def _truth(tree: ast.expr, values: Values) -> bool:
    match tree:
        case ast.BoolOp(op=ast.And()):
            return all(_truth(part, values) for part in tree.values)
        case ast.BoolOp():
            return any(_truth(part, values) for part in tree.values)
        case ast.UnaryOp():
            return not _truth(tree.operand, values)
        case ast.Compare():
            lefts = [tree.left, *tree.comparators]
            return all(
                _compare(op, left, right, values)
                for op, left, right in zip(tree.ops, lefts, tree.comparators, strict=False)
            )
        case _:
            return values.get(_dotted(tree), "") not in ("", "false", "0")


def _compare(op: ast.cmpop, left: ast.expr, right: ast.expr, values: Values) -> bool:
    if isinstance(op, (ast.In, ast.NotIn)):
        assert isinstance(right, (ast.Tuple, ast.List))
        found = any(_equal(_value(left, values), _value(each, values)) for each in right.elts)
        return found is isinstance(op, ast.In)
    one, other = _value(left, values), _value(right, values)
    if isinstance(op, (ast.Eq, ast.NotEq)):
        return _equal(one, other) is isinstance(op, ast.Eq)
    return _ordered(op, _number(one), _number(other))


def _ordered(op: ast.cmpop, one: float | None, other: float | None) -> bool:
    """What is no number is neither more nor less than anything."""
    if one is None or other is None:
        return False
    match op:
        case ast.Lt():
            return one < other
        case ast.LtE():
            return one <= other
        case ast.Gt():
            return one > other
        case _:
            return one >= other


def _value(tree: ast.expr, values: Values) -> str | float:
    literal = _literal(tree)
    return values.get(_dotted(tree), "") if literal is None else literal


def _equal(one: str | float, other: str | float) -> bool:
    """Two texts as texts: an order number 007 is not 7. Beside a number as numbers."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    return _number(one) is not None and _number(one) == _number(other)


def _number(value: str | float) -> float | None:
    if isinstance(value, float):
        return value
    return float(value) if NUMBER.fullmatch(value) else None
