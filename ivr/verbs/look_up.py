"""The company's own knowledge is asked: a customer, an order, a case, or its own HTTP endpoint."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from ivr.node import Ask, Call, GoTo, Node, NodeName, Out, Step, Variable
from ivr.words import Found, Input, LookUp, NotFound

VALUES_MAX = 30
WITHIN_S_MAX = 10.0  # longer no caller is left in silence


class LookUpNode(Node):
    """What is found is kept as `into.<name>`. Secrets are forgotten when it was answered."""

    look_up: Literal["customer", "order", "case", "http"]
    by: Annotated[Mapping[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")], Variable], Field(
        min_length=1, max_length=8
    )]  # name of the question's field -> variable  # fmt: skip
    into: Variable
    next: NodeName
    none: NodeName  # there is no such thing
    endpoint: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = ""
    within_s: Annotated[float, Field(gt=0, le=WITHIN_S_MAX)] = 3.0

    @model_validator(mode="after")
    def _endpoint_of_http(self) -> Self:
        if (self.look_up == "http") != bool(self.endpoint):
            raise PydanticCustomError("look_up_endpoint", "endpoint stands beside look_up: http and only there")
        return self

    def enter(self, call: Call) -> Step:
        by = {name: call.values.get(variable, "") for name, variable in self.by.items() if variable not in call.secrets}
        secrets = {name: variable for name, variable in self.by.items() if name not in by}
        return Ask(LookUp(self.look_up, by, self.within_s, self.endpoint, secrets))

    def hear(self, call: Call, said: Input) -> Step:
        call.secrets.clear()
        match said:
            case Found(values):
                for name, value in list(values.items())[:VALUES_MAX]:
                    call.keep(f"{self.into}.{name}", value)
                return GoTo(self.next)
            case NotFound():
                return GoTo(self.none)
            case _:
                return Out("failure")

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "none", self.none
