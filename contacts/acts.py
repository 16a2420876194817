"""What may an agent do now with what they hold?

One rule for two readers: the turn refuses everything else, and the page lights its buttons by it. On a wire the
customer is held while a colleague is asked; who is asked, who is in conference and who has the contact differ by role.
Of the customer and a colleague who talks, one waits while the agent is with the other (ECMA-269: alternate call). Of
somebody outside the same is true, only that nobody has a role: who waits says whether they are asked or in conference.
"""

from collections.abc import Iterable
from typing import Literal

from contacts.contact import OutsideState, Recording
from contacts.segment import UNDERWAY, Segment
from contacts.words import WRITTEN, Channel

Act = Literal[
    "accept", "decline", "hold", "retrieve", "park", "unpark", "end", "finish",
    "transfer", "consult", "swap", "complete", "return", "conference", "leave", "pause_recording", "resume_recording",
]  # fmt: skip

Together = Literal["swap", "complete", "return", "conference"]  # with whom was asked

_IN_ANY_ROLE: dict[str, frozenset[Act]] = {
    "offered": frozenset({"accept", "decline"}),
    "preview": frozenset({"accept", "decline"}),
    "parked": frozenset({"unpark", "end"}),
    "wrap_up": frozenset({"finish"}),
}
_WRITTEN_TALK: frozenset[Act] = frozenset({"end", "park", "transfer"})
_OF_BOTH: frozenset[Act] = frozenset({"complete", "conference", "return"})
_ONE_WAITS = frozenset({("held", "talking"), ("talking", "held")})  # (I am as the customer is, the colleague)
_NOTHING: frozenset[Act] = frozenset()


def possible(
    own: Segment,
    others: Iterable[Segment],
    channel: Channel,
    recording: Recording | None = None,
    outside: OutsideState | None = None,
) -> frozenset[Act]:
    """`others`: the other live segments of the contact; `recording`: whether it is recorded now; `outside`: how
    somebody stands whom an agent called beside the customer.
    """
    if own.state not in ("talking", "held"):
        return _IN_ANY_ROLE.get(own.state, _NOTHING)
    if channel in WRITTEN:
        return _WRITTEN_TALK
    match own.role:
        case "primary":
            return _with_the_customer(own, list(others), outside) | _on_the_recording(own, recording)
        case "consult" | "conference":
            return frozenset({"leave"})
        case _:
            return _NOTHING


def _with_the_customer(own: Segment, others: list[Segment], outside: OutsideState | None) -> frozenset[Act]:
    wire: Act = "hold" if own.state == "talking" else "retrieve"
    if (own.state, outside) == ("talking", "talking"):
        return frozenset({wire, "end", "leave"})
    asked: set[str] = {other.state for other in others if other.role == "consult" and other.state != "wrap_up"}
    if outside in ("dialling", "talking", "held"):
        asked = {outside}
    there = {(own.state, state) for state in asked}
    if there & _ONE_WAITS:
        return _OF_BOTH | {"swap"}
    if ("held", "held") in there:  # on the way from one to the other
        return _OF_BOTH
    if asked:  # on its way; the customer is held, or will be as soon as the provider says so
        return frozenset({"return", "hold"} if own.state == "talking" else {"return"})
    if any(other.role == "conference" and other.state in UNDERWAY for other in others):
        return frozenset({wire, "end", "leave"})
    return frozenset({wire, "end", "transfer", "consult"})


def _on_the_recording(own: Segment, recording: Recording | None) -> frozenset[Act]:
    if own.state != "talking" or recording is None:
        return _NOTHING
    return frozenset({"pause_recording"} if recording == "on" else {"resume_recording"})
