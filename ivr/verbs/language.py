"""The caller chooses the language of everything that follows."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from ivr.node import Ask, Asking, Call, GoTo, Key, Language, NodeName, PromptName, Step
from ivr.words import Collect


class LanguageNode(Asking):
    """The prompt is said in every language of the flow, one after the other: nobody has chosen yet."""

    language: PromptName
    keys: Annotated[Mapping[Key, Language], Field(min_length=1, max_length=12)]
    next: NodeName

    def question(self, call: Call, again: str | None = None) -> Ask:
        spoken = [call.prompt(self.language, language) for language in dict.fromkeys(self.keys.values())]
        return Ask(Collect((*call.say(again), *spoken), 1, 1, "", self.first_s, self.between_s))

    def pressed(self, call: Call, keys: str) -> Step:
        chosen = self.keys.get(keys)
        if chosen is None:
            return self.ask_again(call, "wrong")
        call.language = chosen
        return GoTo(self.next)

    def prompts(self) -> Iterator[str]:
        yield self.language
