"""Is the company open now?"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from contacts.hours import HoursError, read_hours
from ivr.node import Call, GoTo, Node, NodeName, Step


def _readable(values: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        read_hours(values)
    except HoursError as error:
        where = {"field": error.field_name, "expected": error.expected}
        raise PydanticCustomError("hours", "{field}: expected {expected}", where) from None
    return values


class HoursNode(Node):
    on_the_line: ClassVar[bool] = False

    hours: Annotated[Mapping[str, Any], AfterValidator(_readable)]
    open: NodeName
    closed: NodeName

    def enter(self, call: Call) -> Step:
        return GoTo(self.open if read_hours(self.hours).is_open(call.now_us) else self.closed)

    def exits(self) -> Iterator[tuple[str, str]]:
        yield "open", self.open
        yield "closed", self.closed
        yield from super().exits()
