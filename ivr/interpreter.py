"""What happens next in a call? A place in a flow and what was heard make the next place and what shall be done.

Pure and deterministic; no input leaves it without something to do or an end:
- One question is open at a time. What does not answer it is ignored, and said to be.
- A caller who hung up is not asked any more; steps that need nobody (set, choose, hours) go on from `hang_up`.
- A way out that neither the step nor the flow names becomes `failure`; without that the caller is told so, and it ends.
- Steps in a row without a question, and questions in a call, are bounded; beyond, the call ends in the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ivr.flow import Flow
from ivr.node import Ask, Call, End, GoTo, Node, Out, Step
from ivr.spoken import BUILT_IN, built_in, spoken
from ivr.words import ANSWERS, Action, Exit, HangUp, HungUp, Input, Say, Spoken

STEPS_MAX = 64  # without a question between them
QUESTIONS_MAX = 500  # of one call

CLOSING = ""  # the node of a place where only the last word is still said


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call is in its flow. `node` None: the flow is over. `secrets` are kept apart: sealed, or not at all."""

    node: str | None
    language: str
    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    phase: str = ""
    tries: int = 0
    asked: int = 0  # the number of the open question
    awaits: str = ""  # the name of the action that asked it
    gone: bool = False

    @property
    def is_over(self) -> bool:
        return self.node is None


@dataclass(frozen=True, slots=True)
class Moved:
    """`action` answers to the number `place.asked`; without one nothing changes, or the flow is over."""

    place: Place
    action: Action | None = None
    ignored: bool = False
    path: tuple[str, ...] = ()  # nodes that were entered, for whoever explains the call later


def begin(flow: Flow, facts: Mapping[str, str], now_us: int, language: str | None = None) -> Moved:
    """`facts` are the variables to begin with: caller, called, known, value, …"""
    chosen = language if language is not None and language in flow.languages else flow.languages[0]
    place = Place(flow.start, chosen, dict(facts))
    return _Run(flow, place, now_us).enter(flow.start)


def hear(flow: Flow, place: Place, said: Input, now_us: int, number: int | None = None) -> Moved:
    """`number`: of the question that is answered; a late answer to another one is ignored. None: the open one."""
    if place.node is None:
        return Moved(place, ignored=True)
    run = _Run(flow, place, now_us)
    if isinstance(said, HungUp):
        return run.hung_up()
    if number not in (None, place.asked) or not isinstance(said, ANSWERS[place.awaits]):
        return Moved(place, ignored=True)
    if place.node == CLOSING or place.node not in flow.nodes:
        return run.end(HangUp())
    return run.take(flow.nodes[place.node].hear(run.call, said))


class _Run:
    """One input's worth of steps."""

    def __init__(self, flow: Flow, place: Place, now_us: int) -> None:
        self.flow, self.place = flow, place
        self.node: str | None = place.node
        self.path: list[str] = []
        self.call = Call(
            place.language, now_us, self._prompt, dict(place.values), dict(place.secrets),
            place.phase, place.tries, place.gone,
        )  # fmt: skip

    # --- what is said -------------------------------------------------------------------------------------------------

    def _prompt(self, name: str, language: str | None = None) -> Spoken:
        """In the language that is asked for, or the flow's usual one, or as we would say it."""
        wanted = language or self.call.language
        texts = self.flow.prompts.get(name, {})
        for each in (wanted, *self.flow.languages):
            if each in texts:
                return spoken(texts[each], each, self.call.values)
        return Spoken(wanted, built_in(name if name in BUILT_IN else "failure", wanted))

    # --- where it goes ------------------------------------------------------------------------------------------------

    def enter(self, name: str) -> Moved:
        self._at(name)
        return self.take(GoTo(name))

    def hung_up(self) -> Moved:
        if self.call.gone:
            return Moved(self.place, ignored=True)
        self.call.gone = True
        return self.take(Out("hang_up"))

    def take(self, step: Step) -> Moved:
        """Until something is asked, or it is over."""
        for _ in range(STEPS_MAX):
            match step:
                case Ask(action, phase, again):
                    return self._ask(action, phase, again)
                case End(action):
                    return self.end(None if self.call.gone else action)
                case Out(exit_):
                    target = self._leads(exit_)
                    if target is None:
                        return self._close()
                case GoTo(to):
                    target = to
            self._at(target)
            node = self.flow.nodes.get(target)
            if node is None or (self.call.gone and node.on_the_line):
                return self._close()
            self.path.append(target)
            step = node.enter(self.call)
        return self._close()

    def _at(self, name: str) -> None:
        self.node, self.call.phase, self.call.tries = name, "", 0

    def _leads(self, exit_: Exit) -> str | None:
        node: Node | None = self.flow.nodes.get(self.node or "")
        for way in dict.fromkeys((exit_, "hang_up" if self.call.gone else "failure")):
            target = (node.on.get(way) if node is not None else None) or self.flow.on.get(way)
            if target is not None and target != self.node:
                return target
        return None

    def _ask(self, action: Action, phase: str, again: bool) -> Moved:
        if self.call.gone:
            return self.end(None)
        if self.place.asked >= QUESTIONS_MAX:
            return self._close()
        if not again and phase != self.call.phase:
            self.call.tries = 0
        return self._moved(action, phase)

    def _close(self) -> Moved:
        """A last word, so that nobody is left in silence; then the end."""
        if self.call.gone or self.place.node == CLOSING:
            return self.end(None if self.call.gone else HangUp())
        self.node = CLOSING
        return self._moved(Say((self._prompt("failure"),)), "")

    def end(self, action: Action | None) -> Moved:
        self.node = None
        self.call.secrets.clear()
        return self._moved(action, "")

    def _moved(self, action: Action | None, phase: str) -> Moved:
        place = replace(
            self.place, node=self.node, language=self.call.language, values=self.call.values, secrets=self.call.secrets,
            phase=phase, tries=self.call.tries, asked=self.place.asked + 1,
            awaits=type(action).__name__ if action is not None else "", gone=self.call.gone,
        )  # fmt: skip
        return Moved(place, action, path=tuple(self.path))
