"""A caller who walks through a flow: what they hear, what they press, where they come."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.flow import Flow
from ivr.interpreter import Moved, begin, hear
from ivr.load import load
from ivr.words import Action, Collect, Input, Record, Say

OPEN_US = 1_795_663_800_000_000  # Thursday 2026-11-26 11:30 in Shanghai


def flow_of(text: str) -> Flow:
    loaded = load(text)
    assert loaded.flow is not None, loaded.problems
    return loaded.flow


def nodes(text: str, prompts: str = "", more: str = "") -> Flow:
    """A flow in English that begins at its first step."""
    first = text.strip().split(":")[0]
    body = "\n".join("  " + line for line in text.strip("\n").splitlines())
    return flow_of(f"flow: small\nlanguages: [en]\nstart: {first}\n{more}\nprompts: {{{prompts}}}\nnodes:\n{body}\n")


@dataclass
class Caller:
    flow: Flow
    facts: Mapping[str, str] = field(default_factory=lambda: {"caller": "+4930123456"})
    now_us: int = OPEN_US
    language: str | None = None

    def __post_init__(self) -> None:
        self.last: Moved = begin(self.flow, self.facts, self.now_us, self.language)
        self.path = list(self.last.path)

    def does(self, *inputs: Input) -> "Caller":
        for said in inputs:
            self.last = hear(self.flow, self.last.place, said, self.now_us)
            self.path += self.last.path
        return self

    @property
    def action(self) -> Action | None:
        return self.last.action

    @property
    def hears(self) -> list[str]:
        """Texts of what is said now."""
        assert isinstance(self.action, Say | Collect | Record), self.action
        return [prompt.text or prompt.file for prompt in self.action.prompts]

    @property
    def values(self) -> Mapping[str, str]:
        return self.last.place.values

    @property
    def is_over(self) -> bool:
        return self.last.place.is_over
