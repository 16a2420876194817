"""To which thread does a mail belong, and as whom does its sender join it? Never by its subject.

| it refers to | signed by us | its sender | it goes to | and joins as |
|---|---|---|---|---|
| a mail that we sent | yes | takes part already | that mail's thread | participant |
| a mail that we sent | yes | anybody else | that mail's thread | unverified: no customer is changed by it |
| a mail that we sent | no | takes part already | that mail's thread | participant |
| any other mail that we know | | | a new thread | possibly belongs to that mail's |
| nothing that we know | | | a new thread | |

Several references: signed ones first, then the nearest.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from contacts.record import record

MailKind = Literal["message", "automatic", "bounce", "acknowledgement"]
MailState = Literal["kept", "delivered", "sending", "sent", "failed", "unknown", "bounced"]
JoinsAs = Literal["participant", "unverified"]


@record(frozen=True, slots=True)
class Reference:
    """A mail that we know, to which one refers."""

    thread_id: str
    ours: bool  # we sent it
    signed: bool = False


@record(frozen=True, slots=True)
class Placement:
    thread_id: str | None  # None: a new one
    joins_as: JoinsAs = "participant"
    possibly_thread_id: str | None = None


def place(sender: str, references: Sequence[Reference], participants: Mapping[str, frozenset[str]]) -> Placement:
    """`references`: the nearest first; `participants`: canonical addresses by thread."""
    for each in (known for known in references if known.ours and known.signed):
        takes_part = sender in participants.get(each.thread_id, ())
        return Placement(each.thread_id, "participant" if takes_part else "unverified")
    for each in references:
        if each.ours and sender in participants.get(each.thread_id, ()):
            return Placement(each.thread_id)
    return Placement(None, possibly_thread_id=references[0].thread_id if references else None)
