"""The caller may hang up and keep their place: called back at this number, or at one they key in."""

from collections.abc import Iterator

from ivr.node import Ask, Asking, Call, GoTo, NodeName, Out, PromptName, Step
from ivr.words import CallBack, Collect, Done, Failed, Input, Keys, Silence

NUMBER_MIN, NUMBER_MAX = 5, 20


class OfferCallbackNode(Asking):
    """1: this number; 2: another one, ended by #, read back and confirmed by 1; any other key: `declined`."""

    offer_callback: PromptName
    ask_number: PromptName
    confirm_number: PromptName  # `{number}` in it is read digit by digit
    next: NodeName  # it is promised
    declined: NodeName

    def question(self, call: Call, again: str | None = None) -> Ask:
        match call.phase:
            case "number":
                prompts = call.say(again, self.ask_number)
                return Ask(Collect(prompts, NUMBER_MIN, NUMBER_MAX, "#", self.first_s, self.between_s), "number")
            case "confirm":
                prompts = call.say(again, self.confirm_number)
                return Ask(Collect(prompts, 1, 1, "", self.first_s, self.between_s), "confirm")
            case _:
                prompts = call.say(again, self.offer_callback)
                return Ask(Collect(prompts, 1, 1, "", self.first_s, self.between_s), "offer")

    def hear(self, call: Call, said: Input) -> Step:
        match said:
            case Done() if call.phase == "promise":
                return GoTo(self.next)
            case Failed() if call.phase == "promise":
                return Out("failure")
            case Keys() | Silence() if call.phase == "promise":
                return Out("failure")
            case _:
                return super().hear(call, said)

    def pressed(self, call: Call, keys: str) -> Step:
        match call.phase, keys:
            case "offer", "1" if call.values.get("caller"):
                return self._promise(call.values["caller"])
            case "offer", "1" | "2":
                return self._in_phase(call, "number")
            case "number", number if number.isdigit() and len(number) >= NUMBER_MIN:
                call.keep("number", number)
                return self._in_phase(call, "confirm", call.tries)
            case "number", _:
                return self.ask_again(call, "wrong")
            case "confirm", "1":
                return self._promise(call.values["number"])
            case "confirm", _:
                return self._in_phase(call, "number", tries=call.tries + 1)
            case _:
                return GoTo(self.declined)

    def _in_phase(self, call: Call, phase: str, tries: int = 0) -> Step:
        call.phase, call.tries = phase, tries
        if tries >= self.tries:
            return Out("wrong")
        ask = self.question(call)
        return Ask(ask.action, ask.phase, again=tries > 0)

    def _promise(self, number: str) -> Ask:
        return Ask(CallBack(number), "promise")

    def exits(self) -> Iterator[tuple[str, str]]:
        yield from super().exits()
        yield "declined", self.declined

    def prompts(self) -> Iterator[str]:
        yield from (self.offer_callback, self.ask_number, self.confirm_number)
