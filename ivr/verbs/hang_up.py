"""A last word, and the call is over."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from ivr.node import Call, End, PromptName, Step, Telling
from ivr.words import HangUp


class HangUpNode(Telling):
    """`hang_up: goodbye`, or `hang_up: ""` to say nothing."""

    ends: ClassVar[bool] = True

    hang_up: PromptName | Literal[""]

    def enter(self, call: Call) -> Step:
        return self.tell(call, self.hang_up)

    def after(self, call: Call) -> Step:
        return End(HangUp())

    def prompts(self) -> Iterator[str]:
        if self.hang_up:
            yield self.hang_up
