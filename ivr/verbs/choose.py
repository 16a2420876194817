"""The first condition that holds says where it goes on."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from ivr.expression import Expression, ExpressionError
from ivr.node import Call, GoTo, Node, NodeName, Step

CHOICES_MAX = 20


def _condition(text: str) -> str:
    try:
        Expression(text)
    except ExpressionError as error:
        where = {"column": error.column, "expected": error.expected}
        raise PydanticCustomError("condition", "column {column}: expected {expected}", where) from None
    return text


class Choice(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    when: Annotated[str, AfterValidator(_condition)]
    next: NodeName

    @cached_property
    def condition(self) -> Expression:
        return Expression(self.when)


class ChooseNode(Node):
    on_the_line: ClassVar[bool] = False

    choose: Annotated[Sequence[Choice], Field(min_length=1, max_length=CHOICES_MAX)]
    otherwise: NodeName

    def enter(self, call: Call) -> Step:
        known = {**call.values, "language": call.language}
        for choice in self.choose:
            if choice.condition.holds(known):
                return GoTo(choice.next)
        return GoTo(self.otherwise)

    def exits(self) -> Iterator[tuple[str, str]]:
        for choice in self.choose:
            yield choice.when, choice.next
        yield "otherwise", self.otherwise
        yield from super().exits()
