"""A standard question is answered from the company's collection, in the caller's language."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import StringConstraints

from ivr.node import Ask, Call, GoTo, NodeName, Out, Step, Telling
from ivr.words import Done, Found, Input, LookUp, NotFound, Say, Spoken

WITHIN_S = 2.0
ANSWER = "text"  # what a found answer is called


class FaqNode(Telling):
    faq: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]  # key of the question
    next: NodeName
    none: NodeName

    def enter(self, call: Call) -> Step:
        return Ask(LookUp("faq", {"key": self.faq, "language": call.language}, WITHIN_S))

    def after(self, call: Call) -> Step:
        return GoTo(self.next)

    def hear(self, call: Call, said: Input) -> Step:
        match said:
            case Found(values) if call.phase == "" and values.get(ANSWER):
                return Ask(Say((Spoken(call.language, values[ANSWER]),)), phase="told")
            case Found() | NotFound():
                return GoTo(self.none)
            case Done() if call.phase == "told":
                return self.after(call)
            case _:
                return Out("failure")

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "none", self.none
