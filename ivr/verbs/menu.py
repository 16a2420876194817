"""One key chooses where it goes on."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from ivr.node import Ask, Asking, Call, GoTo, Key, NodeName, PromptName, Step
from ivr.words import Collect


class MenuNode(Asking):
    menu: PromptName
    keys: Annotated[Mapping[Key, NodeName], Field(min_length=1, max_length=12)]

    def question(self, call: Call, again: str | None = None) -> Ask:
        return Ask(Collect(call.say(again, self.menu), 1, 1, "", self.first_s, self.between_s))

    def pressed(self, call: Call, keys: str) -> Step:
        target = self.keys.get(keys)
        return GoTo(target) if target else self.ask_again(call, "wrong")

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from self.keys.items()
        yield from super().exits()

    def prompts(self) -> Iterator[str]:
        yield self.menu
