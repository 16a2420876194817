"""Where does a contact go that came in over REST, and who may it be? Looked up before the command is submitted."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access
from app.api.acts import new_id
from app.api.fields import Given, Id, Language
from app.api.problems import not_found
from app.api.queue_config import RequirementText
from app.commands import Entry
from app.problems import FieldError, Problem
from app.rights import Forbidden
from app.store import agents, companies, customers, numbers, queues
from contacts.customer import AddressKind
from contacts.hours import read_hours
from contacts.identify import canonical, identify
from contacts.stay import Wishes
from contacts.words import Channel

COLLECTED_DEPTH_MAX = 8
COLLECTED_VALUES_MAX = 500
COLLECTED_CHARACTERS_MAX = 12_000
EXCLUDED_MAX = 8

# By which kind of number of ours is a channel reached, and by which kind of address do we know who wrote?
_NUMBER_KINDS: dict[Channel, tuple[str, ...]] = {
    "phone": ("phone",),
    "fax": ("fax", "phone"),
    "email": ("email",),
    "chat": ("widget",),
    "message": ("phone", "widget"),
    "task": (),
}
_ADDRESS_KINDS: dict[Channel, AddressKind] = {
    "phone": "phone",
    "fax": "phone",
    "email": "email",
    "chat": "visitor",
    "message": "phone",
    "task": "email",
}


def _bounded(collected: dict[str, Any]) -> dict[str, Any]:
    """Small enough for its row, and without what JSON does not know (NaN, Infinity)."""
    values, characters = 0, 0
    waiting: list[tuple[int, Any]] = [(0, collected)]
    while waiting:
        depth, value = waiting.pop()
        values += 1
        if depth > COLLECTED_DEPTH_MAX or values > COLLECTED_VALUES_MAX:
            raise PydanticCustomError("collected", "too deep, or too many values", {"text_key": "collected.too_large"})
        match value:
            case dict():
                characters += sum(map(len, value))
                waiting.extend((depth + 1, inside) for inside in value.values())
            case list():
                waiting.extend((depth + 1, inside) for inside in value)
            case str():
                characters += len(value)
            case bool() | None:
                pass
            case int():
                if abs(value) >= 2**53:
                    raise PydanticCustomError("collected", "a number beyond 2^53", {"text_key": "collected.number"})
            case float():
                raise PydanticCustomError("collected", "numbers must be whole", {"text_key": "collected.number"})
    if characters > COLLECTED_CHARACTERS_MAX:
        raise PydanticCustomError("collected", "too much text", {"text_key": "collected.too_large"})
    return collected


Address = Annotated[str, StringConstraints(min_length=1, max_length=254, pattern="^[^\\u0000-\\u001f\\u007f]+$")]
Collected = Annotated[dict[str, Any], AfterValidator(_bounded), Field(description="What is known already; no floats")]


class WishesGiven(Given):
    """What stands beside the line for this one contact."""

    preferred_agent_id: Id | None = None
    excluded_agent_ids: list[Id] = Field([], max_length=EXCLUDED_MAX)
    only_agent_id: Id | None = None


class NewContact(Given):
    """Either `to`, an address of the company's, or `queue_id` says where it goes.

    `source_id` is the sender's own id of this try: the same one is never two contacts. Default: the Idempotency-Key.
    """

    company_id: Id
    channel: Channel
    to: Address | None = None
    queue_id: Id | None = None
    from_: Address | None = Field(None, alias="from")
    customer_id: Id | None = None
    source_id: Annotated[str, StringConstraints(pattern="^[!-~]{1,128}$")] | None = None
    language: Language | None = None
    requirement: RequirementText | None = None
    wishes: WishesGiven = WishesGiven()
    collected: Collected = Field({})

    @model_validator(mode="after")
    def _goes_somewhere(self) -> "NewContact":
        if (self.to is None) == (self.queue_id is None):
            raise PydanticCustomError("destination", "expected one of to and queue_id", {"text_key": "contact.where"})
        return self


async def entry_of(access: Access, body: NewContact, idempotency_key: str) -> Entry:
    """Raises Problem 404 and 409, and Forbidden for an agent who does not serve the company."""
    access.require_company(body.company_id)
    async with access.reading() as conn:
        company = await companies.read(conn, body.company_id)
        if company is None:
            raise not_found("company", "/company_id")
        number, queue_id, language = await _destination(conn, body, company["region"])
        is_open = await _is_open(conn, queue_id, body, access.doors.now_us())
        customer_id, value = await _customer(conn, body, company["region"])
        await check_wishes(conn, {body.company_id}, body.wishes, "/wishes")
    collected = dict(body.collected)
    if body.from_ is not None:
        # In the one spelling by which its owner is known, so that an erasure finds it again.
        kind = _ADDRESS_KINDS[body.channel]
        collected["from"] = canonical(kind, body.from_, company["region"]) or body.from_
    return Entry(
        contact_id=new_id(),
        company_id=body.company_id,
        channel=body.channel,
        queue_id=queue_id if is_open else None,
        source=f"api:{access.principal.id}",
        source_id=body.source_id or idempotency_key,
        number=number,
        customer_id=customer_id,
        value=value,
        language=body.language or language,
        requirement=body.requirement,
        wishes=Wishes(body.wishes.preferred_agent_id, tuple(body.wishes.excluded_agent_ids), body.wishes.only_agent_id),
        closed_outcome=None if is_open else "closed_hours",
        collected=collected,
    )


async def _destination(
    conn: AsyncConnection, body: NewContact, region: str | None
) -> tuple[str | None, str, str | None]:
    """(our address, queue, language)."""
    if body.queue_id is not None:
        return None, body.queue_id, None
    address = body.to or ""
    if body.channel in ("phone", "fax", "message", "email"):
        address = canonical("email" if body.channel == "email" else "phone", address, region) or address
    row = await numbers.reached(conn, _NUMBER_KINDS[body.channel], address, {body.company_id})
    if row is None:
        raise not_found("number", "/to")
    if row["queue_id"] is None:
        raise Problem(
            409,
            "number.no_queue",
            "This number leads to no queue",
            [FieldError("/to", "a number that leads to a queue", "number.no_queue")],
        )
    return row["address"], row["queue_id"], row["language"]


async def _is_open(conn: AsyncConnection, queue_id: str, body: NewContact, now_us: int) -> bool:
    queue = await queues.current(conn, queue_id, {body.company_id})
    pointer = "/queue_id" if body.queue_id else "/to"
    if queue is None:
        raise not_found("queue", pointer)
    if queue["config"] is None:
        error = FieldError(pointer, "a queue with a published version", "queue.unpublished")
        raise Problem(409, "queue.unpublished", "No version of this queue is published", [error])
    hours = queue["config"].get("hours")
    return hours is None or read_hours(hours).is_open(now_us)


async def _customer(conn: AsyncConnection, body: NewContact, region: str | None) -> tuple[str | None, int]:
    """(customer, value): the one that was named, or the only one known by the address. Never a guess."""
    if body.customer_id is not None:
        row = await customers.read(conn, body.customer_id, {body.company_id})
        if row is None:
            raise not_found("customer", "/customer_id")
        return row["id"], row["value"]
    kind = _ADDRESS_KINDS[body.channel]
    address = canonical(kind, body.from_, region) if body.from_ else None
    if address is None:
        return None, 0
    known = await customers.known_by(conn, body.company_id, kind, address)
    unique = identify(address, [found for found, _ in known.values()]).unique
    return (unique.customer_id, known[unique.customer_id][1]) if unique else (None, 0)


async def check_wishes(conn: AsyncConnection, company_ids: set[str], wishes: WishesGiven, pointer: str) -> None:
    """Raises Problem 404, and Forbidden: that agent does not serve the company. `pointer`: where they stand."""
    named = [("preferred_agent_id", wishes.preferred_agent_id), ("only_agent_id", wishes.only_agent_id)]
    named += [(f"excluded_agent_ids/{n}", agent_id) for n, agent_id in enumerate(wishes.excluded_agent_ids)]
    for name, agent_id in named:
        if agent_id is None:
            continue
        if await agents.read(conn, agent_id) is None:
            raise not_found("agent", f"{pointer}/{name}")
        if not await agents.serves(conn, agent_id, company_ids):
            raise Forbidden
