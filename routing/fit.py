"""Which agents fit which requirement, and how far are they above it?

Agents of one profile form a group; a group is a bit. For each skill and level there is a mask of the groups that have
exactly this level, so that a requirement is evaluated for all groups at once by `&`, `|` and `~`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol, assert_never

from contacts.requirement import AllOf, AnyOf, AtLeast, Node, Not, Requirement, parse

Classes = dict[int, int]  # surplus -> mask of groups

_EACH_MAX = 8  # up to so many new groups are put to each fit one by one; for more the fit is evaluated anew


class Profiled(Protocol):
    """What is asked of a group here."""

    flag: int

    @property
    def skills(self) -> Mapping[str, int]: ...

    @property
    def company_ids(self) -> frozenset[str]: ...


class Fit:
    """The groups that meet a requirement and are granted the company, by ascending surplus."""

    __slots__ = ("able", "able_count", "classes", "company_id", "needs", "requirement")

    def __init__(self, requirement: Requirement, company_id: str) -> None:
        self.requirement = requirement
        self.company_id = company_id
        root = requirement.root
        parts = root.parts if isinstance(root, AllOf) else (root,)
        self.needs = [part for part in parts if isinstance(part, AtLeast)]  # without any of these nobody is able
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

    def takes(self, group: Profiled) -> None:
        skills = group.skills
        for need in self.needs:
            if skills.get(need.skill, 0) < need.level:
                return
        if self.company_id not in group.company_ids or not self.requirement.holds(skills):
            return
        classes = dict(self.classes)
        surplus = self.requirement.surplus(skills)
        classes[surplus] = classes.get(surplus, 0) | group.flag
        self.set_classes(classes)

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

    def add(self, groups: list[Profiled]) -> None:
        for group in groups:
            self.everybody |= group.flag
            for skill, level in group.skills.items():
                levels = self._levels.setdefault(skill, {})
                levels[level] = levels.get(level, 0) | group.flag
            for company_id in group.company_ids:
                self._granted[company_id] = self._granted.get(company_id, 0) | group.flag
        for fit in self._fits.values():
            if len(groups) > _EACH_MAX:
                self._evaluate(fit)
            else:
                for group in groups:
                    fit.takes(group)

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
