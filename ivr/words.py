"""What passes between a flow and the world? What was heard of the caller goes in, what shall happen comes out.

One question is open at a time. It has a number; what answers another question than the open one changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# Ways out of a step besides its own. The first four can happen at every step.
Exit = Literal[
    "silence", "wrong", "failure", "hang_up",
    "none", "closed", "limit", "declined", "busy", "no_answer",
]  # fmt: skip

# --- what comes out ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spoken:
    """A recording, or a text to be spoken; never both."""

    language: str
    text: str = ""
    file: str = ""
    personal: bool = False  # a value of the call stands in the text


@dataclass(frozen=True, slots=True)
class Say:
    """Answered by Done when it was said to the end."""

    prompts: tuple[Spoken, ...]


@dataclass(frozen=True, slots=True)
class Collect:
    """Keys while or after the prompts are said; the first key ends them. Answered by Keys or Silence."""

    prompts: tuple[Spoken, ...]
    keys_min: int
    keys_max: int
    end_key: str  # '' = none
    first_s: float  # after the prompts, until the first key
    between_s: float  # from one key to the next
    secret: bool = False  # what is pressed must be found nowhere: no event, no log, no recording


@dataclass(frozen=True, slots=True)
class LookUp:
    """Answered by Found, NotFound or Failed, within the limit. Secrets are named, and stand not in `by`."""

    kind: str  # 'customer', 'order', 'case', 'faq', 'http'
    by: Mapping[str, str]
    within_s: float
    endpoint: str = ""  # of kind 'http': the name of one that the company has allowed
    secrets: Mapping[str, str] = field(default_factory=dict)  # further fields -> the variable that holds each


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Answered by Answered, or by Returned when the queue gives the caller back."""

    queue: str
    requirement: str = ""
    priority: int = 0


@dataclass(frozen=True, slots=True)
class CallBack:
    """The caller may hang up and keeps their place. Answered by Done or Failed (a number that may not be called)."""

    number: str


@dataclass(frozen=True, slots=True)
class Record:
    """Answered by Recorded."""

    prompts: tuple[Spoken, ...]
    max_s: float
    end_key: str
    silence_s: float  # so much silence ends it


@dataclass(frozen=True, slots=True)
class Transfer:
    """To a number outside. Answered by Done (they talk) or Failed ('busy', 'no_answer', 'failure')."""

    to: str
    within_s: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """The last word: nothing answers it."""


Action = Say | Collect | LookUp | Enqueue | CallBack | Record | Transfer | HangUp

# --- what goes in -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    pass


@dataclass(frozen=True, slots=True)
class Keys:
    pressed: str = field(repr=False)  # may be secret


@dataclass(frozen=True, slots=True)
class Silence:
    pass


@dataclass(frozen=True, slots=True)
class Found:
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NotFound:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    reason: Literal["failure", "busy", "no_answer"] = "failure"


@dataclass(frozen=True, slots=True)
class Recorded:
    seconds: float


@dataclass(frozen=True, slots=True)
class Answered:
    """An agent has the caller now."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The queue is closed, or its limit is reached."""

    reason: Literal["closed", "limit"]


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone."""


Input = Done | Keys | Silence | Found | NotFound | Failed | Recorded | Answered | Returned | HungUp

# What can answer what. A key pressed while something is said to the end is no answer to it.
ANSWERS: Mapping[str, tuple[type[Input], ...]] = {
    "Say": (Done, Failed),
    "Collect": (Keys, Silence, Failed),
    "LookUp": (Found, NotFound, Failed),
    "Enqueue": (Answered, Returned, Failed),
    "CallBack": (Done, Failed),
    "Record": (Recorded, Failed),
    "Transfer": (Done, Failed),
    "HangUp": (),
}
