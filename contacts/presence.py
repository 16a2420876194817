"""Is an agent there? Three facts that are never mixed (chosen, reachable, load) and one flag beside them."""

from typing import Literal

from contacts.record import record
from contacts.words import WRITTEN, Channel

Chosen = Literal["ready", "away", "offline"]
Device = Literal["desk", "phone"]


@record(frozen=True, slots=True)
class AgentState:
    """Load is not here: it follows from the agent's segments."""

    agent_id: str
    domain_id: int
    chosen: Chosen = "offline"
    reason: str | None = None  # of away
    next_chosen: str | None = None  # 'ready', 'offline' or 'away:<reason>': taken when nothing is held any more
    not_responding: bool = False
    set_by: str | None = None  # user who chose; None = never chosen
    since_us: int = 0  # of the chosen state
    last_ended_us: int | None = None  # end of the last wrap-up; None = never served
    desk_reachable: bool = False
    desk_silent_us: int | None = None  # since when the desk has been silent
    phone_reachable: bool = False


def is_reachable(state: AgentState, channel: Channel) -> bool:
    """Offers are shown on the desk, so every channel needs it; a call needs the phone as well."""
    return state.desk_reachable and (channel in WRITTEN or state.phone_reachable)


def is_logged_in(state: AgentState, channel: Channel) -> bool:
    """Chosen ready and reachable; the flag is ignored (semantics.md, 'An agent is three facts')."""
    return state.chosen == "ready" and is_reachable(state, channel)


def is_routable(state: AgentState, channel: Channel) -> bool:
    """Logged in and without the flag. Room and grant are asked elsewhere: they need load and profile."""
    return is_logged_in(state, channel) and not state.not_responding
