"""A message is recorded; it becomes a contact of its own."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from ivr.node import Ask, Call, GoTo, Node, NodeName, Out, PromptName, Step
from ivr.words import Input, Record, Recorded

MESSAGE_MIN_S = 1.0  # shorter is a caller who thought better of it
SILENCE_S = 5.0


class VoicemailNode(Node):
    hears: ClassVar[bool] = True

    voicemail: PromptName
    next: NodeName
    max_s: Annotated[float, Field(ge=5, le=600)] = 120.0
    end_key: Annotated[str, Field(pattern=r"^[*#]?$")] = "#"

    def enter(self, call: Call) -> Step:
        return Ask(Record(call.say(self.voicemail), self.max_s, self.end_key, SILENCE_S))

    def hear(self, call: Call, said: Input) -> Step:
        match said:
            case Recorded(seconds) if seconds >= MESSAGE_MIN_S:
                return GoTo(self.next)
            case Recorded():
                return Out("silence")
            case _:
                return Out("failure")

    def prompts(self) -> Iterator[str]:
        yield self.voicemail
