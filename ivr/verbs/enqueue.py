"""The caller waits for an agent; what they hear meanwhile is the queue's own."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from ivr.node import Ask, Call, End, Node, Out, PromptName, Step
from ivr.words import Answered, Done, Enqueue, Input, Returned, Say

PRIORITY_MAX = 9


class EnqueueNode(Node):
    """`priority`: steps of head start, 0 to 9. Out by `closed` or `limit` when the queue gives the caller back."""

    ends: ClassVar[bool] = True

    enqueue: Annotated[str, StringConstraints(min_length=1, max_length=100)]  # name of a queue of the company
    say: PromptName | None = None
    requirement: Annotated[str, StringConstraints(max_length=1000)] = ""
    priority: Annotated[int, Field(ge=0, le=PRIORITY_MAX)] = 0

    def enter(self, call: Call) -> Step:
        said = call.say(self.say)
        return Ask(Say(said), phase="told") if said else self._wait()

    def _wait(self) -> Ask:
        return Ask(Enqueue(self.enqueue, self.requirement, self.priority), phase="waits")

    def hear(self, call: Call, said: Input) -> Step:
        match said:
            case Done() if call.phase == "told":
                return self._wait()
            case Answered() if call.phase == "waits":
                return End()
            case Returned(reason) if call.phase == "waits":
                return Out(reason)
            case _:
                return Out("failure")

    def prompts(self) -> Iterator[str]:
        if self.say:
            yield self.say
