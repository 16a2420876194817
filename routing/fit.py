"""Which agents fit which requirement, and how far are they above it?

Agents of one profile form a group; a group is a bit. For each skill and level there is a mask of the groups that have
exactly this level, so that a requirement is evaluated for all groups at once by `&`, `|` and `~`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, assert_never

from contacts.requirement import AllOf, AnyOf, AtLeast, Node, Not, Requirement, Skills, parse

if TYPE_CHECKING:
    from routing.line import Line

Classes = dict[int, int]  # surplus -> mask of groups

_EACH_MAX = 8  # up to so many new groups are put to each fit one by one; for more the fit is evaluated anew


class Profiled(Protocol):
    """What is asked of a group here."""

    flag: int

    @property
    def skills(self) -> Skills: ...

    @property
    def company_ids(self) -> frozenset[str]: ...


class Fit:
    """The groups that meet a requirement and are granted the company, by ascending surplus."""

    __slots__ = ("able", "able_count", "classes", "company_id", "lines", "needs", "requirement")

    def __init__(self, requirement: Requirement, company_id: str) -> None:
        self.requirement = requirement
        self.company_id = company_id
        root = requirement.root
        parts = root.parts if isinstance(root, AllOf) else (root,)
        self.needs = [part for part in parts if isinstance(part, AtLeast)]  # without any of these nobody is able
        self.lines: list[Line] = []  # that ask for it
        self.set_classes({})

    def set_classes(self, classes: Classes) -> None:
        self.classes = sorted(classes.items())
        self.able = _union(classes)
        self.able_count = self.able.bit_count()

    def surplus_of(self, flag: int) -> int:
        """Of a group; 0 if it is not able."""
        for surplus, mask in self.classes:
            if mask & flag:
                return surplus
        return 0

    def takes(self, group: Profiled, skills: Skills) -> bool:
        """Whether a new group meets the requirement; then it is among the able."""
        for need in self.needs:
            if skills.get(need.skill, 0) < need.level:
                return False
        if self.company_id not in group.company_ids or not self.requirement.holds(skills):
            return False
        classes = dict(self.classes)
        surplus = self.requirement.surplus(skills)
        classes[surplus] = classes.get(surplus, 0) | group.flag
        self.set_classes(classes)
        return True

    def drops(self, flag: int) -> None:
        if self.able & flag:
            self.set_classes({surplus: mask & ~flag for surplus, mask in self.classes if mask & ~flag})


class Fits:
    """All profiles by skill and level, and the fit of every requirement in use."""

    def __init__(self) -> None:
        self.everybody = 0
        self._levels: dict[str, dict[int, int]] = {}  # skill -> level -> groups of exactly this level
        self._granted: dict[str, int] = {}  # company -> groups
        self._fits: dict[tuple[str, str], Fit] = {}

    def fit(self, requirement: str, company_id: str) -> Fit:
        """Raises contacts.requirement.RequirementError."""
        key = (requirement, company_id)
        if key not in self._fits:
            self._fits[key] = self._evaluate(Fit(parse(requirement), company_id))
        return self._fits[key]

    def keep_only(self, used: set[tuple[str, str]]) -> None:
        """Forget the fits of all other requirements and companies."""
        self._fits = {key: fit for key, fit in self._fits.items() if key in used}

    def add(self, groups: Sequence[Profiled]) -> list[Fit]:
        """Returns the fits for which a new group is able."""
        for group in groups:
            self.everybody |= group.flag
            for skill, level in group.skills.items():
                levels = self._levels.setdefault(skill, {})
                levels[level] = levels.get(level, 0) | group.flag
            for company_id in group.company_ids:
                self._granted[company_id] = self._granted.get(company_id, 0) | group.flag
        if len(groups) > _EACH_MAX:
            new = sum(group.flag for group in groups)
            return [fit for fit in self._fits.values() if self._evaluate(fit).able & new]
        changed: dict[int, Fit] = {}
        for group in groups:
            skills = group.skills
            changed |= {id(fit): fit for fit in self._fits.values() if fit.takes(group, skills)}
        return list(changed.values())

    def drop(self, group: Profiled) -> None:
        """The group has lost its last agent; its bit will be another's."""
        self.everybody &= ~group.flag
        for skill, level in group.skills.items():
            self._levels[skill][level] &= ~group.flag
        for company_id in group.company_ids:
            self._granted[company_id] &= ~group.flag
        for fit in self._fits.values():
            fit.drops(group.flag)

    def _evaluate(self, fit: Fit) -> Fit:
        granted = self._granted.get(fit.company_id, 0)
        classes = self._classes(fit.requirement.root)
        fit.set_classes({surplus: mask & granted for surplus, mask in classes.items() if mask & granted})
        return fit

    def _classes(self, node: Node) -> Classes:
        match node:
            case AtLeast(skill, level):
                levels = self._levels.get(skill, {})
                return {has - level: mask for has, mask in levels.items() if has >= level and mask}
            case AllOf(parts):
                return self._all(self._classes(part) for part in parts)
            case AnyOf(parts):
                return _any([self._classes(part) for part in parts])
            case Not(part):
                return {0: self.everybody & ~_union(self._classes(part))}
            case _:
                assert_never(node)

    def _all(self, parts: Iterable[Classes]) -> Classes:
        """Surpluses of all parts add up."""
        found: Classes = {0: self.everybody}
        for part in parts:
            both: Classes = {}
            for surplus, mask in found.items():
                for more, other in part.items():
                    if common := mask & other:
                        both[surplus + more] = both.get(surplus + more, 0) | common
            found = both
        return found


def _any(parts: list[Classes]) -> Classes:
    """Of the branches that hold, the smallest surplus counts."""
    found: Classes = {}
    taken = 0
    for surplus, mask in sorted(_pairs(parts)):
        if new := mask & ~taken:
            found[surplus] = found.get(surplus, 0) | new
            taken |= new
    return found


def _pairs(parts: list[Classes]) -> Iterator[tuple[int, int]]:
    for part in parts:
        yield from part.items()


def _union(classes: Classes) -> int:
    together = 0
    for mask in classes.values():
        together |= mask
    return together
