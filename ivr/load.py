"""What does a flow's text say, and in which line is it wrong?

YAML, read so that nothing is guessed: every scalar is a text (`on`, `no` and `007` stay what was written), a key stands
once, and there are no anchors (a short text could stand for a very long one).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from ivr.flow import Flow

BYTES_MAX = 256 * 1024
DEPTH_MAX = 12

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """`text_key` is for people's language. What is not serious is told, and can be published."""

    line: int  # from 1
    text_key: str
    detail: str
    serious: bool = True


@dataclass(frozen=True, slots=True)
class Loaded:
    """`flow` is None when the text could not be read as one; `problems` say why."""

    flow: Flow | None
    problems: tuple[Problem, ...]
    lines: dict[Path, int]

    def line_of(self, *path: str) -> int:
        """Of the deepest part of the path that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(text: str) -> Loaded:
    """Never raises: what is wrong with the text is among the problems."""
    if len(text.encode("utf-8", "replace")) > BYTES_MAX:
        return _unread(1, "flow.too_large", f"at most {BYTES_MAX // 1024} KiB")
    reader = _Reader()
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.BaseLoader)):
            return _unread(1, "flow.anchor", "anchors and aliases are not read")
        tree = yaml.compose(text, Loader=yaml.BaseLoader)
        values = reader.read(tree, ()) if tree is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _unread(mark.line + 1 if mark else 1, "flow.yaml", str(error.problem or error.context))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return _unread(1, "flow.yaml", str(error).splitlines()[0][:200])
    if not isinstance(values, dict):
        return _unread(1, "flow.yaml", "a flow is a mapping that begins with flow: NAME")
    try:
        flow = Flow.model_validate(values)
    except ValidationError as error:
        loaded = Loaded(None, (), reader.lines)
        found = [_problem(loaded, wrong["loc"], wrong["type"], wrong["msg"]) for wrong in error.errors()]
        return Loaded(None, (*reader.problems, *sorted(found, key=lambda each: each.line)), reader.lines)
    return Loaded(flow, tuple(reader.problems), reader.lines)


def _unread(line: int, text_key: str, detail: str) -> Loaded:
    return Loaded(None, (Problem(line, text_key, detail),), {})


def _problem(loaded: Loaded, loc: Sequence[int | str], kind: str, message: str) -> Problem:
    """pydantic names the kind of a step in its path, where the text has nothing of that name."""
    path: Path = ()
    for step in loc:
        if (*path, str(step)) in loaded.lines:
            path = (*path, str(step))
    where = ".".join(path[1:] if path[:1] == ("nodes",) else path)
    left = ".".join(str(step) for step in loc[-1:]) if loc and str(loc[-1]) not in path else ""
    told = ": ".join(part for part in (where, left, message) if part)
    return Problem(loaded.line_of(*path), f"flow.{kind}", told)


class _Reader:
    """The tree as plain values, and the line in which each begins."""

    def __init__(self) -> None:
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []

    def read(self, node: yaml.Node, path: Path) -> Any:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if len(path) > DEPTH_MAX:
            raise ValueError(f"nested more than {DEPTH_MAX} deep")
        match node:
            case yaml.MappingNode():
                return self._mapping(node, path)
            case yaml.SequenceNode():
                return [self.read(each, (*path, str(number))) for number, each in enumerate(node.value)]
            case _:
                return node.value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(None, None, "a key is a word", key.start_mark)
            if key.value in values:
                self.problems.append(Problem(line, "flow.twice", f"{key.value} stands here twice"))
                continue
            self.lines[(*path, key.value)] = line
            values[key.value] = self.read(value, (*path, key.value))
        return values
