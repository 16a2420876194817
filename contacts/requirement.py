"""What must an agent be able to do: `billing >= 3 and (zh >= 5 or en >= 5) and not trainee`?

requirement := '' | any          '' is met by everybody
any         := all ('or' all)*
all         := one ('and' one)*
one         := 'not' one | '(' any ')' | skill ['>=' level]
skill       := [a-z][a-z0-9_]*   and not one of the three words
level       := 1 .. 10           a bare skill means level 1
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

MAX_LENGTH = 1000
MAX_DEPTH = 16
MAX_TERMS = 64
MAX_LEVEL = 10

Skills = Mapping[str, int]


class RequirementError(ValueError):
    """The text cannot be read. `column` counts from 1; `expected` is for a developer, `text_key` for people."""

    def __init__(self, column: int, expected: str, text_key: str) -> None:
        super().__init__(f"column {column}: expected {expected}")
        self.column, self.expected, self.text_key = column, expected, text_key


# --- the tree: public, so that others may evaluate it in their own way ------------------------------------------------


@dataclass(frozen=True, slots=True)
class AtLeast:
    skill: str
    level: int

    def holds(self, skills: Skills) -> bool:
        return skills.get(self.skill, 0) >= self.level

    def surplus(self, skills: Skills) -> int:
        return skills[self.skill] - self.level

    def __str__(self) -> str:
        return f"{self.skill} >= {self.level}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Two parts or more; none of them is itself an AllOf. Without parts: everybody."""

    parts: tuple["Node", ...]

    def holds(self, skills: Skills) -> bool:
        return all(part.holds(skills) for part in self.parts)

    def surplus(self, skills: Skills) -> int:
        return sum(part.surplus(skills) for part in self.parts)

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, AnyOf) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Two parts or more; none of them is itself an AnyOf."""

    parts: tuple["Node", ...]

    def holds(self, skills: Skills) -> bool:
        return any(part.holds(skills) for part in self.parts)

    def surplus(self, skills: Skills) -> int:
        """Of the satisfied branches the smallest: an agent is not overqualified by a way that is not needed."""
        return min(part.surplus(skills) for part in self.parts if part.holds(skills))

    def __str__(self) -> str:
        return " or ".join(str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    part: "Node"

    def holds(self, skills: Skills) -> bool:
        return not self.part.holds(skills)

    def surplus(self, skills: Skills) -> int:
        return 0

    def __str__(self) -> str:
        return f"not ({self.part})" if isinstance(self.part, (AllOf, AnyOf)) else f"not {self.part}"


Node = AtLeast | AllOf | AnyOf | Not
EVERYBODY = AllOf(())


@dataclass(frozen=True, slots=True)
class Requirement:
    root: Node

    @property
    def text(self) -> str:
        """The canonical form: parsing it gives an equal requirement."""
        return str(self.root)

    def holds(self, skills: Skills) -> bool:
        return self.root.holds(skills)

    def surplus(self, skills: Skills) -> int:
        """The sum of levels above what is asked. Only for skills that meet the requirement."""
        return self.root.surplus(skills)

    def comparisons(self) -> tuple[AtLeast, ...]:
        """Every comparison from left to right, repetitions included."""
        return tuple(_comparisons(self.root))

    def skills(self) -> frozenset[str]:
        return frozenset(comparison.skill for comparison in self.comparisons())


def _comparisons(node: Node) -> Iterator[AtLeast]:
    match node:
        case AtLeast():
            yield node
        case Not(part):
            yield from _comparisons(part)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _comparisons(part)


# --- reading ----------------------------------------------------------------------------------------------------------

_WORDS = frozenset({"and", "or", "not"})
_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<name>[a-z][a-z0-9_]*)|(?P<number>[0-9]+)|(?P<sign>>=|[()])|(?P<other>[^ \t\r\n]))"
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # 'word', 'skill', 'number', '>=', '(', ')', 'other' or 'end'
    text: str
    column: int


@lru_cache(maxsize=16_384)
def parse(text: str) -> Requirement:
    """Raises RequirementError. The same text gives the same object again while it is in use."""
    if len(text) > MAX_LENGTH:
        raise RequirementError(MAX_LENGTH + 1, f"at most {MAX_LENGTH} characters", "requirement.too_long")
    reader = _Reader(list(_tokens(text)))
    if reader.next.kind == "end":
        return Requirement(EVERYBODY)
    root = reader.read_any(depth=0)
    if reader.next.kind != "end":
        raise reader.error("'and', 'or' or the end", "requirement.operator_expected")
    return Requirement(root)


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        kind, value = str(found.lastgroup), found[str(found.lastgroup)]
        if kind == "name":
            kind = "word" if value in _WORDS else "skill"
        yield _Token(value if kind == "sign" else kind, value, found.end() - len(value) + 1)
    yield _Token("end", "", len(text) + 1)


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens, self.at, self.terms = tokens, 0, 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def error(self, expected: str, text_key: str) -> RequirementError:
        return RequirementError(self.next.column, expected, text_key)

    def took(self, kind: str, text: str | None = None) -> _Token | None:
        token = self.next
        if token.kind != kind or (text is not None and token.text != text):
            return None
        self.at += 1
        return token

    def read_any(self, depth: int) -> Node:
        parts = [self.read_all(depth)]
        while self.took("word", "or"):
            parts.append(self.read_all(depth))
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, AnyOf) else (part,))]
        return flat[0] if len(flat) == 1 else AnyOf(tuple(flat))

    def read_all(self, depth: int) -> Node:
        parts = [self.read_one(depth)]
        while self.took("word", "and"):
            parts.append(self.read_one(depth))
        flat = [inner for part in parts for inner in (part.parts if isinstance(part, AllOf) else (part,))]
        return flat[0] if len(flat) == 1 else AllOf(tuple(flat))

    def read_one(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.error(f"at most {MAX_DEPTH} nested 'not' and parentheses", "requirement.too_deep")
        if self.took("word", "not"):
            return Not(self.read_one(depth + 1))
        if self.took("("):
            inside = self.read_any(depth + 1)
            if not self.took(")"):
                raise self.error("')'", "requirement.closing_expected")
            return inside
        return self.read_comparison()

    def read_comparison(self) -> AtLeast:
        if self.terms == MAX_TERMS:
            raise self.error(f"at most {MAX_TERMS} skills", "requirement.too_many_terms")
        skill = self.took("skill")
        if skill is None:
            raise self.error(
                "a skill (a-z, 0-9 and _, beginning with a letter), 'not' or '('", "requirement.skill_expected"
            )
        self.terms += 1
        if not self.took(">="):
            return AtLeast(skill.text, 1)
        level = self.next
        if level.kind != "number" or not 1 <= int(level.text) <= MAX_LEVEL:
            raise self.error(f"a level from 1 to {MAX_LEVEL}", "requirement.level_expected")
        self.at += 1
        return AtLeast(skill.text, int(level.text))
