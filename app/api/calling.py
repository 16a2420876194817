"""How does an agent call somebody? (What a customer asks for: callbacks.py.)

Where may be called, how often and at which cost, the writer decides (app/reaching.py); a refusal says why.
"""

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from app.api.access import Access, Caller
from app.api.acts import new_id
from app.api.commanding import IdempotencyKey, command
from app.api.fields import Given, Id, Shown
from app.api.problems import invalid, not_found
from app.commands import CallColleague, Dial, Entry
from app.rights import Forbidden, Right, companies_of
from app.store import companies, customers, queues
from contacts.identify import canonical_phone, identify

router = APIRouter(prefix="/v1", tags=["calling"])

AS_AGENT = Right("company", frozenset({"agent"}))

Number = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern="^[^\\u0000-\\u001f\\u007f]+$"),
    Field(description="E.164, or as it is dialled in the company's region", examples=["+4930777001"]),
]


class NewDial(Given):
    """A number, or a colleague. The queue says for which company they call, under which work the call counts and how it
    is wrapped up.
    """

    queue_id: Id
    number: Number | None = None
    agent_id: Id | None = None


class DialMade(Shown):
    contact_id: Id


@router.post("/dial", status_code=201)
async def dial(body: NewDial, request: Request, access: Caller, key: IdempotencyKey = None) -> DialMade:
    """The agent's own phone rings first, then the other's; a colleague is offered the call."""
    mine = access.principal.agent_id
    if mine is None:
        raise Forbidden
    if (body.number is None) == (body.agent_id is None):
        raise invalid("/number", "name a number or a colleague, and one of them alone", "dial.one_of")
    entry = await entry_of_call(
        access, body.queue_id, body.number, companies_of(access.principal, AS_AGENT), key or new_id()
    )
    wish = Dial(entry, mine, body.number or "") if body.agent_id is None else CallColleague(entry, mine, body.agent_id)
    reply = await command(access, wish, key, await request.body())
    return DialMade(contact_id=reply.body["contact_id"])


async def entry_of_call(
    access: Access, queue_id: str, said: str | None, company_ids: Collection[str] | None, key: str, **about: Any
) -> Entry:
    """For the company of the queue, which is one of these; None: of all. `said`: a number. Raises Problem 404."""
    async with access.reading() as conn:
        queue = await queues.current(conn, queue_id, company_ids)
        company = await companies.read(conn, queue["company_id"]) if queue is not None else None
        if queue is None or company is None:
            raise not_found("queue", "/queue_id")
        number = canonical_phone(said, company["region"]) if said is not None else None
        known = await customers.known_by(conn, company["id"], "phone", number) if number else {}
    unique = identify(number, [found for found, _ in known.values()]).unique
    return Entry(
        contact_id=new_id(),
        company_id=company["id"],
        channel="phone",
        direction="out" if said is not None else "internal",
        queue_id=queue_id,
        source=f"api:{access.principal.id}",
        source_id=key,
        customer_id=unique.customer_id if unique else None,
        value=known[unique.customer_id][1] if unique else 0,
        **about,
    )
