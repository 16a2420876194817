"""What does an exchange need of us? Only the writer's process has it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.channels.asterisk.faxes import OurFiles
from app.channels.asterisk.listening import Speak
from app.channels.asterisk.parts import Keep
from app.channels.asterisk.reports import Deliver, LookUp
from contacts.effect import Effect
from contacts.leg import Leg


@dataclass(frozen=True, slots=True)
class Ours:
    deliver: Deliver
    look_up: LookUp
    addresses: Callable[[set[str]], Awaitable[dict[str, str]]]  # of agents' phones
    phones: Callable[[], Awaitable[dict[str, str]]]  # address -> agent, of everybody
    called: Callable[[str], Awaitable[tuple[str, str] | None]]  # contact -> whom we call, and the number they see
    speak: Speak
    keep: Keep
    faxes: OurFiles
    known: Callable[[], tuple[list[Leg], list[Effect]]]  # live legs and open effects of this exchange
    may_send: Callable[[], bool]
    now_us: Callable[[], int]
