"""What do the metrics need to know? Facts of ended stays and of segments that are over; rates as fractions.

Instants and spans are integers of microseconds. Nothing is rounded before it is shown.
"""

from dataclasses import dataclass

from contacts.hours import Hours
from contacts.segment import Role
from contacts.stay import StayEnd, Told
from contacts.words import Channel

IN_BUSINESS_TIME: tuple[Channel, ...] = ("email", "fax")


@dataclass(frozen=True, slots=True)
class StayFact:
    """One stay. A stay is booked in the interval of its arrival, once it has ended."""

    queue_id: str
    queued_us: int
    ended_us: int | None = None  # None: it still waits
    end: StayEnd | None = None
    connected_us: int | None = None  # Established; of answered stays
    talk_ended_us: int | None = None  # end of the first agent's conversation; None: it goes on
    in_hours: bool = True
    told: Told | None = None  # how long it would take, as it was said first


@dataclass(frozen=True, slots=True)
class SegmentFact:
    """One agent's work on one contact, from Established to the end of the wrap-up. Booked with its stay, once done."""

    queue_id: str
    contact_id: str
    role: Role
    connected_us: int
    ended_us: int  # the end of the conversation
    done_us: int  # the end of the wrap-up
    parked_us: int = 0  # of the conversation; parked work costs nothing

    @property
    def handling_us(self) -> int:
        """Talk, hold and wrap-up."""
        return max(self.ended_us, self.done_us) - self.connected_us - self.parked_us


@dataclass(frozen=True, slots=True)
class AskFact:
    """A visitor who asked the FAQ before they came to an agent. Booked in the interval in which they asked first."""

    queue_id: str  # in which they would have waited
    asked_us: int
    found: bool  # an answer to any of it
    helped: bool  # they said so
    reached_agent: bool  # by a chat or a message, whatever they said before


@dataclass(frozen=True, slots=True)
class ReplyFact:
    """The first reply that a person gave to one stay. An automatic acknowledgement is none."""

    queue_id: str
    stay_id: str
    queued_us: int
    replied_us: int
    channel: Channel


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`hours`: in which the queue is open; None: always."""

    service_level_s: int = 20
    short_abandon_s: int = 5
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """`part` of `whole`; of nothing there is no rate. Parts of several queues can be added up."""

    part: int
    whole: int

    @property
    def ppm(self) -> int | None:
        """Parts per million, rounded down."""
        return self.part * 1_000_000 // self.whole if self.whole else None

    @property
    def bp(self) -> int | None:
        """Basis points, rounded down: 10 000 = all."""
        return self.part * 10_000 // self.whole if self.whole else None


def reply_us(fact: ReplyFact, hours: Hours | None) -> int:
    """queued_at until the first human reply; of mail and fax in business time, which is the queue's hours."""
    if hours is None or fact.channel not in IN_BUSINESS_TIME:
        return fact.replied_us - fact.queued_us
    return hours.open_us_between(fact.queued_us, fact.replied_us)


def wait_us(fact: StayFact) -> int:
    """queued_at until Established, ringing included; of a stay nobody answered until its end."""
    until = fact.connected_us if fact.end == "answered" and fact.connected_us is not None else fact.ended_us
    return (until if until is not None else fact.queued_us) - fact.queued_us
