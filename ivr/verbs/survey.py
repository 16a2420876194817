"""Questions with an answer of one key each; what was answered is kept even if the caller leaves in the middle."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from ivr.node import TRIES_MAX, Ask, Asking, Call, GoTo, Key, NodeName, PromptName, Step, Variable
from ivr.words import Collect, Exit

QUESTIONS_MAX = 10
# A list of keys is written as numbers; a flow's text is read as texts, an editor reads it as it is written.
Listed = Annotated[
    Key, WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 9}, {"enum": ["*", "#"]}]})
]


class Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    ask: PromptName
    into: Variable
    keys: Annotated[Sequence[Listed], Field(min_length=2, max_length=12)]


class SurveyNode(Asking):
    """A question without an answer is left out, and the next one asked."""

    tries: Annotated[int, Field(ge=1, le=TRIES_MAX)] = 2

    survey: Annotated[Sequence[Question], Field(min_length=1, max_length=QUESTIONS_MAX)]
    next: NodeName

    def question(self, call: Call, again: str | None = None) -> Ask:
        number = int(call.phase or 0)
        prompts = call.say(again, self.survey[number].ask)
        return Ask(Collect(prompts, 1, 1, "", self.first_s, self.between_s), str(number))

    def pressed(self, call: Call, keys: str) -> Step:
        question = self.survey[int(call.phase)]
        if keys not in question.keys:
            return self.ask_again(call, "wrong")
        call.keep(question.into, keys)
        return self._following(call)

    def ask_again(self, call: Call, exit_: Exit) -> Step:
        if call.tries + 1 < self.tries:
            return super().ask_again(call, exit_)
        return self._following(call)

    def _following(self, call: Call) -> Step:
        number = int(call.phase) + 1
        call.phase, call.tries = str(number), 0
        return self.question(call) if number < len(self.survey) else GoTo(self.next)

    def silent_exits(self) -> Iterator[str]:
        yield self.next
        yield from super().silent_exits()

    def prompts(self) -> Iterator[str]:
        for question in self.survey:
            yield question.ask
