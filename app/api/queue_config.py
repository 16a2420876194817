"""What can a queue be told? Everything in a version of its configuration, each with its bound."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.api.fields import NO_CONTROLS, Given, Id, Language
from contacts import hours, requirement
from contacts.words import CHANNELS, Channel
from routing.messages import AgentOrder, LastStepKind

DAY_S = 86_400
RATES_MAX = 8  # distinct ones in a domain (semantics.md, Order)
STEPS_MAX = 16
WHISPER_LANGUAGES_MAX = 16


def _requirement(text: str) -> str:
    try:
        requirement.parse(text)
    except requirement.RequirementError as wrong:
        raise PydanticCustomError(
            "requirement",
            "column {column}: expected {expected}",
            {"column": wrong.column, "expected": wrong.expected, "text_key": wrong.text_key},
        ) from None
    return text


RequirementText = Annotated[
    str,
    StringConstraints(max_length=requirement.MAX_LENGTH),
    AfterValidator(_requirement),
    Field(description="'' = anybody; `billing >= 3 and (zh >= 5 or en >= 5)`"),
]
Seconds = Annotated[int, Field(ge=0, le=DAY_S)]
Promise = Annotated[int, Field(ge=1, le=30 * DAY_S)]
Span = Annotated[str, StringConstraints(pattern="^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$")]
Day = Annotated[list[Span], Field(max_length=hours.MAX_SPANS)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DateText = Annotated[str, StringConstraints(pattern="^[0-9]{4}-[01][0-9]-[0-3][0-9]$")]


class HoursConfig(Given):
    """Wall-clock spans of the zone's local days. `exceptions` replace single days, `holidays` (DE, DE-BY) close."""

    zone: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    weekly: dict[Weekday, Day] = Field({})
    exceptions: dict[DateText, Day] = Field({}, max_length=hours.MAX_EXCEPTIONS)
    holidays: Annotated[str, StringConstraints(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$")] | None = None

    @model_validator(mode="after")
    def _readable(self) -> "HoursConfig":
        try:
            hours.read_hours(self.model_dump())
        except hours.HoursError as wrong:
            raise PydanticCustomError(
                "hours",
                "{at}: expected {expected}",
                {"at": wrong.field_name, "expected": wrong.expected, "text_key": "hours.invalid"},
            ) from None
        return self


class Step(Given):
    """What happens to a stay at its limit, or to one nobody takes. An overflow names the queue it goes to."""

    kind: LastStepKind
    queue_id: Id | None = None

    @model_validator(mode="after")
    def _overflow_leads_somewhere(self) -> "Step":
        if (self.kind == "overflow") != (self.queue_id is not None):
            raise PydanticCustomError(
                "step", "queue_id stands beside overflow and only there", {"text_key": "queue.step_queue"}
            )
        return self


class Widen(Given):
    """After so long in the queue the requirement becomes this one; the place stays."""

    after_s: Annotated[int, Field(ge=1, le=30 * DAY_S)]
    requirement: RequirementText


class HeadStart(Given):
    """A customer of at least this value starts so many points ahead."""

    value: Annotated[int, Field(ge=0, le=100)]
    points: Annotated[int, Field(ge=0, le=1_000_000)]


class Announce(Given):
    """What callers by an Asterisk hear while they wait: how long it will probably take, after `first_s`, then every
    `every_s`. `callback`: they may press 1 and keep their place. `language`: where the flow has not chosen one.
    """

    first_s: Annotated[int, Field(ge=1, le=600)] = 20
    every_s: Annotated[int, Field(ge=10, le=600)] = 60
    callback: bool = False
    language: Language = "en"


WhisperText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=NO_CONTROLS)]
WhisperTexts = Annotated[dict[Language, WhisperText], Field(min_length=1, max_length=WHISPER_LANGUAGES_MAX)]


class QueueConfig(Given):
    requirement: RequirementText = ""
    rate: Annotated[int, Field(ge=1, le=1000, description="Points per second of waiting")] = 1
    head_start: list[HeadStart] = Field([], max_length=STEPS_MAX)
    promise_s: Promise = 120
    limit_s: Promise = 1800
    last_step: Step = Step(kind="message")
    unwanted_step: Step = Step(kind="message")
    widen: list[Widen] = Field([], max_length=STEPS_MAX)
    offer_timeout_s: Annotated[int, Field(ge=2, le=3600)] = 20
    reoffer_pause_s: Annotated[int, Field(ge=0, le=3600)] = 30
    max_offers: Annotated[int, Field(ge=1, le=100)] = 5
    wrap_up_s: Annotated[int, Field(ge=0, le=3600)] | None = 30
    offers_at_once: Annotated[int, Field(ge=1, le=10)] = 1
    agent_order: AgentOrder = "least_surplus"
    interrupted_by: list[Channel] = Field(
        [],
        max_length=len(CHANNELS),
        description="Contacts on these channels may interrupt a mail, chat, fax or task of this queue where nobody has "
        "room: it is parked, and returns by itself before anything new is given",
    )
    ring: Annotated[
        Literal["at_accept", "with_offer"],
        Field(description="When an agent's phone on an Asterisk rings; picking it up with the offer accepts"),
    ] = "at_accept"
    recording: Annotated[
        Literal["off", "always"],
        Field(
            description="Of calls by an Asterisk; the company's `recording_notice` says who is told or asked before it"
        ),
    ] = "off"
    recording_channels: Annotated[
        Literal["mono", "stereo"],
        Field(description="Stereo: on the left what the customer says, on the right what they hear"),
    ] = "mono"
    announce: Announce | None = None
    whisper: Annotated[
        bool | WhisperTexts,
        Field(
            description="What agents on an Asterisk hear in their language, before they have the caller: the queue's "
            "name, and of a callback that it is one; or a text by language, in which {queue} is the name"
        ),
    ] = False
    when_lost: Annotated[
        Literal["nothing", "callback"],
        Field(description="What a caller gets whose line broke with the telephone system: their place, called back"),
    ] = "nothing"
    hours: HoursConfig | None = None
    service_level_s: Annotated[int, Field(ge=1, le=DAY_S)] = 20
    target_bp: Annotated[int, Field(ge=0, le=10_000, description="Service level promised, in basis points")] = 8000
    short_abandon_s: Annotated[int, Field(ge=0, le=600)] = 5
    reopen_days: Annotated[int, Field(ge=0, le=365)] = 7

    @model_validator(mode="after")
    def _ordered(self) -> "QueueConfig":
        for name, values in (
            ("head_start", [each.value for each in self.head_start]),
            ("widen", [each.after_s for each in self.widen]),
        ):
            if values != sorted(set(values)):
                raise PydanticCustomError(
                    "order", "{name}: expected ascending steps", {"name": name, "text_key": "queue.order"}
                )
        if self.promise_s > self.limit_s:
            raise PydanticCustomError(
                "promise", "promise_s: expected at most limit_s", {"text_key": "queue.promise_beyond_limit"}
            )
        return self

    def values(self) -> dict[str, Any]:
        """As it is stored: the names of routing.messages.QueuePolicy, pairs for the table of head starts."""
        return {**self.model_dump(), "head_start": [[each.value, each.points] for each in self.head_start]}

    def queue_ids(self) -> Iterator[tuple[str, str]]:
        """(pointer, queue id) of every other queue that is named."""
        for name in ("last_step", "unwanted_step"):
            step: Step = getattr(self, name)
            if step.queue_id is not None:
                yield f"/config/{name}/queue_id", step.queue_id


def shown(values: dict[str, Any]) -> dict[str, Any]:
    """Stored values in the form in which they are given."""
    return {**values, "head_start": [{"value": value, "points": points} for value, points in values["head_start"]]}
