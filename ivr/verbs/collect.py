"""Digits are asked for: an order number, a PIN. A secret is found in no event, log or recording."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from ivr.node import Ask, Asking, Call, GoTo, NodeName, PromptName, Step, Variable
from ivr.words import Collect

DIGITS_MAX = 40


class CollectNode(Asking):
    collect: Variable
    ask: PromptName
    next: NodeName
    digits_min: Annotated[int, Field(ge=1, le=DIGITS_MAX)] = 1
    digits_max: Annotated[int, Field(ge=1, le=DIGITS_MAX)] = 20
    end_key: Annotated[str, Field(pattern=r"^[*#]?$")] = "#"
    secret: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.digits_min > self.digits_max:
            raise PydanticCustomError("digits_order", "digits_min is not above digits_max")
        return self

    def question(self, call: Call, again: str | None = None) -> Ask:
        prompts = call.say(again, self.ask)
        collect = Collect(
            prompts, self.digits_min, self.digits_max, self.end_key, self.first_s, self.between_s, self.secret
        )
        return Ask(collect)

    def pressed(self, call: Call, keys: str) -> Step:
        fits = keys.isascii() and keys.isdigit() and self.digits_min <= len(keys) <= self.digits_max
        if not fits:
            return self.ask_again(call, "wrong")
        if self.secret:
            call.secrets[self.collect] = keys
        else:
            call.keep(self.collect, keys)
        return GoTo(self.next)

    def prompts(self) -> Iterator[str]:
        yield self.ask
