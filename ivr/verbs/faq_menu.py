"""Questions that are often asked are offered by their keys; the chosen one is answered, as often as one likes."""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from ivr.node import Ask, Asking, Call, GoTo, Key, NodeName, Out, PromptName, Step
from ivr.spoken import built_in, fill
from ivr.verbs.faq import ANSWER, WITHIN_S
from ivr.words import Collect, Found, Input, Keys, LookUp, NotFound, Silence, Spoken

MOST, MOST_MAX = 5, 9  # one key each
QUESTION_SAID_MAX = 200  # characters

Choices = list[tuple[str, str]]  # (id, question) in the order of their keys


class FaqMenuNode(Asking):
    """`next`: answered. What was found stands in the phase: the caller hears the same keys until the step is left."""

    faq_menu: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x20,|]{1,40}$")]  # tag of the entries
    say: PromptName | None = None
    most: Annotated[int, Field(ge=1, le=MOST_MAX)] = MOST
    again: Key = "*"
    next: NodeName
    none: NodeName

    def enter(self, call: Call) -> Step:
        by = {"tag": self.faq_menu, "language": call.language, "most": str(self.most)}
        return Ask(LookUp("faq", by, WITHIN_S))

    def hear(self, call: Call, said: Input) -> Step:
        stage, _, kept = call.phase.partition(" ")
        match stage, said:
            case "", Found(values) if choices := _choices(values):
                call.phase = f"menu {json.dumps(choices, ensure_ascii=False)}"
                return self.question(call)
            case "look", Found(values) if values.get(ANSWER):
                return self._told(call, values[ANSWER], kept)
            case "" | "look", Found() | NotFound():
                return GoTo(self.none)
            case "menu", _:
                return super().hear(call, said)
            case "told", _:
                return self._after(call, said, kept)
            case _:
                return Out("failure")

    def question(self, call: Call, again: str | None = None) -> Ask:
        choices: Choices = json.loads(call.phase.partition(" ")[2])
        offered = (_offer(call.language, question, n) for n, (_, question) in enumerate(choices, 1))
        prompts = (*call.say(again, self.say), *(Spoken(call.language, text) for text in offered))
        return Ask(Collect(prompts, 1, 1, "", self.first_s, self.between_s), call.phase)

    def pressed(self, call: Call, keys: str) -> Step:
        choices: Choices = json.loads(call.phase.partition(" ")[2])
        chosen = dict(enumerate(choices, 1)).get(int(keys) if keys.isdigit() else 0)
        return self.ask_again(call, "wrong") if chosen is None else self._look(call, chosen[0])

    def _look(self, call: Call, entry_id: str) -> Ask:
        return Ask(LookUp("faq", {"id": entry_id, "language": call.language}, WITHIN_S), f"look {entry_id}")

    def _told(self, call: Call, answer: str, entry_id: str) -> Ask:
        repeat = fill(built_in("faq_again", call.language), {"key": _spoken_key(call.language, self.again)})
        said = (Spoken(call.language, answer), Spoken(call.language, repeat))
        return Ask(Collect(said, 1, 1, "", self.first_s, self.between_s), f"told {entry_id}")

    def _after(self, call: Call, said: Input, entry_id: str) -> Step:
        """Whoever is silent has heard enough; any other key says so, too."""
        match said:
            case Keys(pressed) if pressed == self.again:
                return self._look(call, entry_id)
            case Keys() | Silence():
                return GoTo(self.next)
            case _:
                return Out("failure")

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "none", self.none

    def silent_exits(self) -> Iterator[str]:
        yield self.none
        yield from super().silent_exits()

    def prompts(self) -> Iterator[str]:
        if self.say:
            yield self.say


def _choices(values: Mapping[str, str]) -> Choices:
    found: Choices = []
    while (entry_id := values.get(f"id.{len(found) + 1}")) and len(found) < MOST_MAX:
        found.append((entry_id, values.get(f"question.{len(found) + 1}", "")[:QUESTION_SAID_MAX]))
    return found


def _offer(language: str, question: str, n: int) -> str:
    return fill(built_in("faq_offer", language), {"question": question, "key": str(n)})


def _spoken_key(language: str, key: str) -> str:
    return built_in({"*": "key_star", "#": "key_hash"}[key], language) if key in "*#" else key
