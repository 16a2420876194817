"""The caller is put through to a number outside."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from ivr.node import Ask, Call, End, Node, Out, PromptName, Step
from ivr.words import Done, Failed, Input, Say, Transfer


class TransferNode(Node):
    ends: ClassVar[bool] = True

    transfer: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{4,14}$")]  # E.164
    say: PromptName | None = None
    within_s: Annotated[float, Field(ge=5, le=120)] = 30.0

    def enter(self, call: Call) -> Step:
        said = call.say(self.say)
        return Ask(Say(said), phase="told") if said else self._ring()

    def _ring(self) -> Ask:
        return Ask(Transfer(self.transfer, self.within_s), phase="rings")

    def hear(self, call: Call, said: Input) -> Step:
        match said:
            case Done() if call.phase == "told":
                return self._ring()
            case Done():
                return End()
            case Failed(reason):
                return Out(reason)
            case _:
                return Out("failure")

    def prompts(self) -> Iterator[str]:
        if self.say:
            yield self.say
