"""Variables are given values: `{name}` in a value is the value of another."""

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from ivr.node import VALUE_LENGTH_MAX, Call, GoTo, Node, NodeName, Step, Variable
from ivr.spoken import fill, names_in

Value = Annotated[str, Field(max_length=VALUE_LENGTH_MAX)]


class SetNode(Node):
    on_the_line: ClassVar[bool] = False

    set: Annotated[Mapping[Variable, Value], Field(min_length=1, max_length=20)]
    next: NodeName

    def enter(self, call: Call) -> Step:
        for name, value in self.set.items():
            call.keep(name, fill(value, call.values))
        return GoTo(self.next)

    def used(self) -> Iterator[str]:
        for value in self.set.values():
            yield from names_in(value)
