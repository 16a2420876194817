"""What do colleagues tell each other about a contact? Private notes, and who shall read them."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from app.api.access import Access, Caller
from app.api.acts import Act, acting, new_id
from app.api.contacts_seen import require_contact
from app.api.fields import Given, Id, PathId, Shown, sure_ms
from app.api.messages import OwnId
from app.api.problems import not_found
from app.problems import Problem
from app.rights import Forbidden, Right, companies_of
from app.store import notes
from contacts.words import Channel

router = APIRouter(prefix="/v1", tags=["notes"])

TEXT_CHARACTERS_MAX = 4_000
MENTIONS_MAX = 10  # of one note
AS_AGENT = Right("company", frozenset({"agent"}))

_CONTROLS = r"\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f"  # all but tabs and the ends of lines
NoteText = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=TEXT_CHARACTERS_MAX, pattern=f"^[^{_CONTROLS}]*[^{_CONTROLS}\\s][^{_CONTROLS}]*$"
    ),
    Field(description="Plain text with line breaks; customers never see it"),
]


class NewNote(Given):
    """`agent_ids`: colleagues who shall read it; they may see the contact from then on."""

    id: OwnId = Field(description="Made by the page: a repeat is kept once, and answered the same")
    text: NoteText
    agent_ids: list[Id] = Field([], max_length=MENTIONS_MAX)


class MentionedShown(Shown):
    agent_id: Id
    name: str


class NoteShown(Shown):
    """`author` null: a program of the company's wrote it."""

    note_id: Id
    author: str | None
    at_ms: int
    text: str
    mentioned: list[MentionedShown]


class NotesShown(Shown):
    """The oldest first."""

    items: list[NoteShown] = Field(max_length=notes.NOTES_MAX)


class NoteMade(Shown):
    note_id: Id


class MentionShown(Shown):
    note_id: Id
    contact_id: Id
    channel: Channel
    customer: str | None
    author: str | None
    at_ms: int
    text: str
    seen: bool


class MentionsShown(Shown):
    """The newest first."""

    items: list[MentionShown] = Field(max_length=notes.MENTIONS_SHOWN_MAX)


class MentionsSeen(Given):
    """Without `contact_id` all of the asker's are seen."""

    contact_id: Id | None = None


@router.get("/contacts/{contact_id}/notes")
async def list_notes(contact_id: PathId, access: Caller) -> NotesShown:
    """For supervisors, agents who have or had the contact, and those who are mentioned there."""
    async with access.reading() as conn:
        await require_contact(conn, access, contact_id)
        found = await notes.of_contact(conn, contact_id)
        people = await notes.mentioned(conn, contact_id)
    return NotesShown(items=[_shown(row, people.get(row["id"], [])) for row in found])


@router.post("/contacts/{contact_id}/notes", status_code=201)
async def write_note(contact_id: PathId, body: NewNote, access: Caller) -> NoteMade:
    """At any time, also when the contact is over: by whoever may see it."""
    agent_ids = list(dict.fromkeys(body.agent_ids))
    async with acting(access) as act:
        contact = await require_contact(act.conn, access, contact_id)
        await _require_writable(act, contact)
        await _require_people(act, contact["company_id"], agent_ids)
        user_id = access.principal.id if access.principal.kind == "user" else None
        row = {"id": new_id(), "company_id": contact["company_id"], "contact_id": contact_id, "author_id": user_id}
        row |= {"client_id": body.id, "text": body.text.strip()}
        if await notes.add(act.conn, row):
            await notes.mention(act.conn, row, agent_ids)
            await _tell(act, contact, row["id"], agent_ids)
            return NoteMade(note_id=str(row["id"]))
        act.recorded = True  # a repeat changes nothing
        before = await notes.written(act.conn, contact_id, body.id)
    assert before is not None
    return NoteMade(note_id=before["id"])


@router.get("/mentions")
async def list_mentions(access: Caller) -> MentionsShown:
    """What colleagues wrote for the agent who asks."""
    agent_id, company_ids = _agent(access)
    async with access.reading() as conn:
        found = await notes.for_agent(conn, agent_id, company_ids)
    return MentionsShown(items=[_mention(row) for row in found])


@router.post("/mentions/seen", status_code=204)
async def see_mentions(body: MentionsSeen, access: Caller) -> None:
    agent_id, _ = _agent(access)
    async with acting(access) as act:
        act.recorded = True  # reading what was written for oneself is no act upon anybody
        new = await notes.see(act.conn, agent_id, body.contact_id)
        if new is not None:
            act.row_changed("note_mention", new["note_id"], 1, new["company_id"])


def _shown(row: Mapping[str, Any], people: Sequence[Mapping[str, Any]]) -> NoteShown:
    named = [MentionedShown(agent_id=each["agent_id"], name=each["name"]) for each in people]
    at_ms = sure_ms(row["at"])
    return NoteShown(note_id=row["id"], author=row["author"], at_ms=at_ms, text=row["text"], mentioned=named)


def _mention(row: Mapping[str, Any]) -> MentionShown:
    names = ("note_id", "contact_id", "channel", "author", "text")
    told = {name: row[name] for name in names}
    seen = row["seen_at"] is not None
    return MentionShown(**told, customer=row["customer"] or None, at_ms=sure_ms(row["at"]), seen=seen)


def _agent(access: Access) -> tuple[str, frozenset[str] | None]:
    """Raises Forbidden for whoever is no agent."""
    if access.principal.agent_id is None:
        raise Forbidden
    return access.principal.agent_id, companies_of(access.principal, AS_AGENT)


async def _require_writable(act: Act, contact: Mapping[str, Any]) -> None:
    """Raises Problem 409."""
    if await notes.is_of_erased(act.conn, contact["customer_id"]):
        raise Problem(409, "note.erased", "This customer was erased: nothing more is written about them")
    if await notes.count(act.conn, contact["id"]) >= notes.NOTES_MAX:
        raise Problem(409, "note.too_many", f"A contact has at most {notes.NOTES_MAX} notes")


async def _require_people(act: Act, company_id: str, agent_ids: Sequence[str]) -> None:
    """Raises Problem 404 for the first who does not serve the company."""
    there = await notes.may_be_mentioned(act.conn, company_id, agent_ids)
    for n, agent_id in enumerate(agent_ids):
        if agent_id not in there:
            raise not_found("agent", f"/agent_ids/{n}")


async def _tell(act: Act, contact: Mapping[str, Any], note_id: str, agent_ids: Sequence[str]) -> None:
    more = {"contact_id": contact["id"], "mentions": list(agent_ids)}
    await act.record("note.written", "note", note_id, company_id=contact["company_id"], more=more)
    n = await notes.count(act.conn, contact["id"])
    act.row_changed("note", note_id, n, contact["company_id"], contact_id=contact["id"])
