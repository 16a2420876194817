"""Something is said."""

from collections.abc import Iterator

from ivr.node import Call, GoTo, NodeName, PromptName, Step, Telling


class SayNode(Telling):
    say: PromptName
    next: NodeName

    def enter(self, call: Call) -> Step:
        return self.tell(call, self.say)

    def after(self, call: Call) -> Step:
        return GoTo(self.next)

    def prompts(self) -> Iterator[str]:
        yield self.say
