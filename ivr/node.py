"""What do all steps of a flow have in common?

A step is entered, says or asks something of the world, and hears what came of it; each time it says where to go on.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ivr.words import Action, Done, Exit, Input, Keys, Say, Silence, Spoken

NodeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
PromptName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,2}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]

VALUE_LENGTH_MAX = 500
TRIES, TRIES_MAX = 3, 10
WAIT_S_MIN, WAIT_S_MAX = 0.5, 60.0  # for a key; longer nobody is left in silence
WaitS = Annotated[float, Field(ge=WAIT_S_MIN, le=WAIT_S_MAX)]


@dataclass(frozen=True, slots=True)
class GoTo:
    node: str


@dataclass(frozen=True, slots=True)
class Out:
    """Where it leads, the step says, or else the flow."""

    exit: Exit


@dataclass(frozen=True, slots=True)
class Ask:
    """Go on when this is answered. `again`: the caller was asked already and gave no answer that fits."""

    action: Action
    phase: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """The flow has nothing more to do; an agent or nobody has the caller."""

    action: Action | None = None


Step = GoTo | Out | Ask | End


@dataclass(slots=True)
class Call:
    """What a step knows of the call, and may change. Secrets are kept apart from everything that is shown."""

    language: str
    now_us: int
    prompt: Callable[..., Spoken]  # (name, language = the caller's)
    values: dict[str, str]
    secrets: dict[str, str] = field(repr=False)
    phase: str = ""
    tries: int = 0  # of this step, answered by silence or by what does not fit
    gone: bool = False

    def keep(self, name: str, value: str) -> None:
        self.values[name] = value[:VALUE_LENGTH_MAX]

    def say(self, *names: str | None) -> tuple[Spoken, ...]:
        return tuple(self.prompt(name) for name in names if name)


class Node(BaseModel, ABC):
    """`on` leads out of it in cases that its own fields do not name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hears: ClassVar[bool] = False  # the caller can do something here, so a loop through it is one they walk
    on_the_line: ClassVar[bool] = True  # there is nobody to do it for once the caller is gone
    ends: ClassVar[bool] = False  # somebody else may have the caller after it

    on: Mapping[Exit, NodeName] = {}

    @abstractmethod
    def enter(self, call: Call) -> Step: ...

    def hear(self, call: Call, said: Input) -> Step:
        """Of a step that asks nothing, nothing is heard."""
        return Out("failure")

    def exits(self) -> Iterator[tuple[str, str]]:
        """(label, node) of every way out that the flow names for this step."""
        if following := getattr(self, "next", None):
            yield "", following
        yield from self.on.items()

    def silent_exits(self) -> Iterator[str]:
        """Where a caller comes who does nothing."""
        return (node for label, node in self.exits() if not self.hears or label in ("silence", "failure"))

    def prompts(self) -> Iterator[str]:
        """Names of what may be said here."""
        return iter(())


class Asking(Node):
    """A step that asks for keys, again when nothing comes or what comes does not fit."""

    hears: ClassVar[bool] = True

    tries: Annotated[int, Field(ge=1, le=TRIES_MAX)] = TRIES
    first_s: WaitS = 5.0
    between_s: WaitS = 3.0

    @abstractmethod
    def question(self, call: Call, again: str | None = None) -> Ask: ...

    def enter(self, call: Call) -> Step:
        return self.question(call)

    def ask_again(self, call: Call, exit_: Exit) -> Step:
        """Says what was wrong, and asks again; out by `exit_` when that was often enough."""
        call.tries += 1
        if call.tries >= self.tries:
            return Out(exit_)
        ask = self.question(call, "nothing_heard" if exit_ == "silence" else "not_understood")
        return Ask(ask.action, ask.phase, again=True)

    def hear(self, call: Call, said: Input) -> Step:
        match said:
            case Keys(pressed):
                return self.pressed(call, pressed)
            case Silence():
                return self.ask_again(call, "silence")
            case _:
                return Out("failure")

    @abstractmethod
    def pressed(self, call: Call, keys: str) -> Step: ...


class Telling(Node):
    """A step that says something and goes on."""

    @abstractmethod
    def after(self, call: Call) -> Step: ...

    def tell(self, call: Call, *names: str | None) -> Step:
        said = call.say(*names)
        return Ask(Say(said)) if said else self.after(call)

    def hear(self, call: Call, said: Input) -> Step:
        match said:
            case Done():
                return self.after(call)
            case _:
                return Out("failure")
