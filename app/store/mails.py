"""Which mails are there, what hangs on them, and where does one that comes belong?"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, Uuid, and_, cast, delete, exists, func, not_, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import Companies, within
from app.store.tables import blob, contact, contact_link, effect, mail, mail_attachment, segment

THREAD_MAILS_MAX = 200  # of one answer: the newest
REFERENCED_MAX = 50
PARTICIPANTS_LOOKED_AT_MAX = 2_000  # mails of the threads, the newest
DAY = text("interval '1 day'")
DRAFT_FILE_KEPT_DAYS = 30  # of a draft that nobody sends
THREADS_MAX = 20  # of which one may be chosen
THREADS_LOOKED_AT_MAX = 100  # contacts of the customer, the newest
SENDS_MAX = 2  # once, and once more where nobody knows what came of it


async def read(conn: AsyncConnection, mail_id: str, companies: Companies) -> Row | None:
    return await rows.first(conn, select(mail).where(mail.c.id == mail_id, within(companies, mail)))


async def known(conn: AsyncConnection, company_id: str, key: str) -> Row | None:
    """The one that came with these bytes."""
    return await rows.first(conn, select(mail).where(mail.c.company_id == company_id, mail.c.key == key))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> None:
    await conn.execute(insert(mail).values(**values))


async def attach(conn: AsyncConnection, company_id: str, mail_id: str, blob_ids: Sequence[str]) -> None:
    """From now on the files stay as long as the mail does."""
    if blob_ids:
        about = {"mail_id": mail_id, "company_id": company_id}
        values = [{**about, "n": n, "blob_id": blob_id} for n, blob_id in enumerate(blob_ids, 1)]
        await conn.execute(insert(mail_attachment).values(values))
        await conn.execute(update(blob).where(blob.c.id.in_(list(blob_ids))).values(delete_after=None))


async def forget(conn: AsyncConnection, mail_id: str) -> None:
    """One of ours that was not to be sent. Files that hang on no other mail are a draft's again."""
    kept = (mail.c.id == mail_id, mail.c.direction == "out", mail.c.state == "kept")
    mine = select(mail.c.id).where(*kept)
    hung = delete(mail_attachment).where(mail_attachment.c.mail_id.in_(mine)).returning(mail_attachment.c.blob_id)
    blob_ids = list((await conn.execute(hung)).scalars())
    await conn.execute(delete(mail).where(*kept))
    if blob_ids:
        until = func.clock_timestamp() + text(f"interval '{DRAFT_FILE_KEPT_DAYS} days'")
        loose = update(blob).where(blob.c.id.in_(blob_ids), hangs_on_none())
        await conn.execute(loose.values(delete_after=until))


def hangs_on_none() -> ColumnElement[bool]:
    """A blob of a contact that no mail of the contact has."""
    hung = select(mail.c.id).join(mail_attachment, mail_attachment.c.mail_id == mail.c.id)
    theirs = hung.where(mail.c.contact_id == blob.c.contact_id, mail_attachment.c.blob_id == blob.c.id)
    return and_(blob.c.contact_id.is_not(None), not_(theirs.exists()))


# --- where one that comes belongs -------------------------------------------------------------------------------------


async def named(conn: AsyncConnection, company_id: str, message_ids: Sequence[str]) -> list[Row]:
    """Those that have one of these ids."""
    names = (mail.c.id, mail.c.thread_id, mail.c.direction, mail.c.message_id, mail.c.contact_id)
    wanted = select(*names).where(mail.c.company_id == company_id, mail.c.message_id.in_(list(message_ids)))
    return await rows.every(conn, wanted.order_by(mail.c.id).limit(REFERENCED_MAX))


async def participants(conn: AsyncConnection, company_id: str, thread_ids: Sequence[str]) -> dict[str, frozenset[str]]:
    """By thread: who wrote in it, and to whom we did."""
    found: dict[str, set[str]] = {}
    names = (mail.c.thread_id, mail.c.direction, mail.c.from_address, mail.c.recipients)
    wanted = select(*names).where(mail.c.company_id == company_id, mail.c.thread_id.in_(list(thread_ids)))
    for thread_id, direction, sender, recipients in (
        await conn.execute(wanted.order_by(mail.c.id.desc()).limit(PARTICIPANTS_LOOKED_AT_MAX))
    ).all():
        people = found.setdefault(thread_id, set())
        people.update([sender] if direction == "in" else [*recipients.get("to", ()), *recipients.get("cc", ())])
    return {thread_id: frozenset(people) for thread_id, people in found.items()}


async def last_contact(conn: AsyncConnection, company_id: str, thread_id: str) -> Row | None:
    """{"id", "state", "closed_at", "agent_id"}: the thread's latest, and who served it last."""
    served = (
        select(segment.c.agent_id)
        .where(segment.c.contact_id == contact.c.id, segment.c.role == "primary", segment.c.connected_at.is_not(None))
        .order_by(segment.c.connected_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    wanted = (
        select(contact.c.id, contact.c.state, contact.c.closed_at, served.label("agent_id"))
        .join(mail, mail.c.contact_id == contact.c.id)
        .where(mail.c.company_id == company_id, mail.c.thread_id == thread_id)
        .order_by(contact.c.id.desc())
    )
    return await rows.first(conn, wanted.limit(1))


async def is_acknowledged(conn: AsyncConnection, company_id: str, address: str) -> bool:
    """Whether this sender got an automatic answer within a day."""
    wanted = exists().where(
        mail.c.company_id == company_id,
        mail.c.kind == "acknowledgement",
        mail.c.at > func.clock_timestamp() - DAY,
        mail.c.recipients.contains(cast({"to": [address]}, JSONB)),
    )
    return bool((await conn.execute(select(wanted))).scalar())


async def acknowledgement_of(conn: AsyncConnection, mail_id: str) -> str | None:
    """The id of our automatic answer to this one."""
    wanted = select(mail.c.id).where(mail.c.answers_id == mail_id, mail.c.kind == "acknowledgement")
    found = (await conn.execute(wanted)).scalar()
    return None if found is None else str(found)


async def delivered(
    conn: AsyncConnection, mail_id: str, contact_id: str | None, blob_ids: Sequence[str], acknowledgement_id: str | None
) -> None:
    """Its command was answered: it belongs to this contact, and what hangs on it does as well."""
    values = {"contact_id": contact_id, "state": "delivered"}
    await conn.execute(update(mail).where(mail.c.id == mail_id).values(**values))
    if blob_ids:
        await conn.execute(update(blob).where(blob.c.id.in_(list(blob_ids))).values(contact_id=contact_id))
    if acknowledgement_id is not None:
        mine = update(mail).where(mail.c.id == acknowledgement_id, mail.c.state != "bounced")
        await conn.execute(mine.values(contact_id=contact_id))


async def refused(conn: AsyncConnection, company_id: str, key: str) -> None:
    """The writer could not take it."""
    mine = update(mail).where(mail.c.company_id == company_id, mail.c.key == key)
    await conn.execute(mine.values(state="failed"))


async def bounced(conn: AsyncConnection, mail_id: str) -> None:
    await conn.execute(update(mail).where(mail.c.id == mail_id, mail.c.direction == "out").values(state="bounced"))


# --- on their way out -------------------------------------------------------------------------------------------------


async def begin_sending(conn: AsyncConnection, mail_id: str) -> Row | None:
    """Before the first word to a server. None: it was begun as often as it may be, or is over."""
    is_open = and_(mail.c.state.in_(("kept", "sending")), mail.c.sends < SENDS_MAX)
    begun = update(mail).where(mail.c.id == mail_id, mail.c.direction == "out", is_open)
    return await rows.first(conn, begun.values(state="sending", sends=mail.c.sends + 1).returning(mail))


async def surely_not_sent(conn: AsyncConnection, mail_id: str, said: str) -> None:
    """It may be tried as if nothing had been."""
    mine = update(mail).where(mail.c.id == mail_id, mail.c.state == "sending")
    await conn.execute(mine.values(sends=func.greatest(mail.c.sends - 1, 0), said=said or None))


async def over(conn: AsyncConnection, mail_id: str, state: str, said: str = "") -> None:
    mine = update(mail).where(mail.c.id == mail_id, mail.c.state.in_(("kept", "sending")))
    await conn.execute(mine.values(state=state, said=said or None))


async def thread_ids_before(conn: AsyncConnection, thread_id: str, mail_id: str) -> list[Row]:
    """{"id", "message_id", "subject"} of the thread's mails before this one, the oldest first."""
    names = (mail.c.id, mail.c.message_id, mail.c.subject)
    wanted = select(*names).where(mail.c.thread_id == thread_id, mail.c.id < mail_id, mail.c.message_id != "")
    return (await rows.every(conn, wanted.order_by(mail.c.id.desc()).limit(REFERENCED_MAX)))[::-1]


# --- what is shown ----------------------------------------------------------------------------------------------------


_IS_ASKED = exists().where(
    effect.c.contact_id == mail.c.contact_id,
    effect.c.kind == "mail.send",
    effect.c.args["mail"].astext == cast(mail.c.id, Text),
)


async def never_asked_for(conn: AsyncConnection, mail_id: str) -> Row | None:
    """One of ours whose command nobody took: somebody died before."""
    mine = select(mail).where(mail.c.id == mail_id, mail.c.direction == "out", mail.c.state == "kept")
    return await rows.first(conn, mine.where(not_(_IS_ASKED)))


async def of_contact(conn: AsyncConnection, contact_id: str, companies: Companies) -> list[Row]:
    """All of the threads that the contact's mails belong to, the oldest first; of ours those that are to be sent."""
    mine = select(mail.c.thread_id).where(mail.c.contact_id == contact_id)
    not_to_be = and_(mail.c.direction == "out", mail.c.state == "kept", not_(_IS_ASKED))
    wanted = select(mail).where(mail.c.thread_id.in_(mine), within(companies, mail), not_(not_to_be))
    return (await rows.every(conn, wanted.order_by(mail.c.id.desc()).limit(THREAD_MAILS_MAX)))[::-1]


async def attachments(conn: AsyncConnection, mail_ids: Sequence[str]) -> dict[str, list[Row]]:
    """By mail, in their order: the blobs' columns and `n`."""
    found: dict[str, list[Row]] = {mail_id: [] for mail_id in mail_ids}
    wanted = (
        select(blob, mail_attachment.c.n, mail_attachment.c.mail_id)
        .join(mail_attachment, mail_attachment.c.blob_id == blob.c.id)
        .where(mail_attachment.c.mail_id.in_(list(mail_ids)))
        .order_by(mail_attachment.c.mail_id, mail_attachment.c.n)
    )
    for row in await rows.every(conn, wanted):
        found[row["mail_id"]].append(row)
    return found


async def latest_in(conn: AsyncConnection, contact_id: str, companies: Companies) -> Row | None:
    """The customer's last mail of this contact; of several threads the last of them."""
    wanted = select(mail).where(mail.c.contact_id == contact_id, mail.c.direction == "in", within(companies, mail))
    people = wanted.where(mail.c.kind != "bounce", mail.c.from_address != "")
    return await rows.first(conn, people.order_by(mail.c.id.desc()).limit(1))


async def has_served(conn: AsyncConnection, contact_id: str, agent_id: str) -> bool:
    """Whether the agent is offered the contact, has it, or had it."""
    lost = segment.c.state.in_(("declined", "expired", "withdrawn", "failed"))
    mine = exists().where(segment.c.contact_id == contact_id, segment.c.agent_id == agent_id, not_(lost))
    return bool((await conn.execute(select(mine))).scalar())


async def has_it(conn: AsyncConnection, contact_id: str, agent_id: str) -> bool:
    """Whether the agent has the open contact, also while they wrap up."""
    mine = select(segment.c.id).join(contact, contact.c.id == segment.c.contact_id)
    mine = mine.where(contact.c.id == contact_id, contact.c.state == "open", segment.c.agent_id == agent_id)
    own = mine.where(segment.c.role == "primary", segment.c.state.in_(("talking", "parked", "wrap_up")))
    return (await conn.execute(own.limit(1))).first() is not None


async def is_of_contact(conn: AsyncConnection, contact_id: str, mail_id: str) -> bool:
    """Of one of its threads."""
    mine = select(mail.c.thread_id).where(mail.c.contact_id == contact_id)
    wanted = select(mail.c.id).where(mail.c.id == mail_id, mail.c.thread_id.in_(mine))
    return (await conn.execute(wanted)).first() is not None


async def has_served_thread(conn: AsyncConnection, thread_id: str, agent_id: str) -> bool:
    """The same of any contact to which a mail of the thread belongs."""
    lost = segment.c.state.in_(("declined", "expired", "withdrawn", "failed"))
    mine = (
        select(segment.c.id)
        .join(mail, mail.c.contact_id == segment.c.contact_id)
        .where(mail.c.thread_id == thread_id, segment.c.agent_id == agent_id, not_(lost))
    )
    return (await conn.execute(mine.limit(1))).first() is not None


# --- threads that were one, or are two --------------------------------------------------------------------------------

_MERGEABLE = text(f"""
SELECT DISTINCT ON (t.thread_id) t.thread_id::text, t.subject, t.from_address,
    (extract(epoch FROM t.at) * 1000000)::bigint AS at,
    CASE WHEN t.thread_id = ANY(p.possibly) THEN 'possibly' ELSE 'customer' END AS why
FROM (
    SELECT array_agg(m.thread_id) AS mine, array_remove(array_agg(m.possibly_thread_id), NULL) AS possibly
    FROM mail m WHERE m.company_id = CAST(:company AS uuid) AND m.contact_id = CAST(:contact AS uuid)
) p
JOIN mail t ON t.company_id = CAST(:company AS uuid) AND t.thread_id <> ALL(p.mine) AND (
    t.thread_id = ANY(p.possibly) OR t.contact_id IN (
        SELECT c.id FROM contact c WHERE c.company_id = CAST(:company AS uuid)
          AND c.customer_id = CAST(:customer AS uuid) AND c.channel = 'email'
        ORDER BY c.arrived_at DESC LIMIT {THREADS_LOOKED_AT_MAX}))
ORDER BY t.thread_id DESC, t.id DESC
LIMIT {THREADS_MAX}
""")


async def mergeable(conn: AsyncConnection, contact: Row) -> list[Row]:
    """The last mail of each thread of which the contact's may become part."""
    about = {"company": contact["company_id"], "contact": contact["id"], "customer": contact["customer_id"]}
    return await rows.every(conn, _MERGEABLE.bindparams(**about))


async def is_in_thread(conn: AsyncConnection, contact_id: str, thread_id: str) -> bool:
    wanted = select(mail.c.id).where(mail.c.contact_id == contact_id, mail.c.thread_id == thread_id)
    return (await conn.execute(wanted.limit(1))).first() is not None


async def merge(conn: AsyncConnection, contact: Row, thread_id: str) -> None:
    """All threads of the contact's mails are this one."""
    mine = mail.alias("mine")
    theirs = select(mine.c.thread_id).where(mine.c.contact_id == contact["id"])
    moved = update(mail).where(mail.c.company_id == contact["company_id"], mail.c.thread_id.in_(theirs))
    possibly = func.nullif(mail.c.possibly_thread_id, cast(thread_id, Uuid(as_uuid=False)))
    await conn.execute(moved.values(thread_id=thread_id, possibly_thread_id=possibly))


_SPLIT = "split:"


def split_source(mail_id: str) -> str:
    """The `source_id` of a contact that a mail becomes."""
    return f"{_SPLIT}{mail_id}"


async def left_behind(conn: AsyncConnection, contact: Mapping[str, Any]) -> str | None:
    """The mail that became this contact, and is not part of it: somebody died in between."""
    if not (contact["source"].startswith("mail:") and contact["source_id"].startswith(_SPLIT)):
        return None
    mail_id = contact["source_id"].removeprefix(_SPLIT)
    mine = mail.c.company_id == contact["company_id"], mail.c.id == mail_id
    elsewhere = mail.c.contact_id.is_distinct_from(contact["id"])
    found: str | None = (await conn.execute(select(mail.c.id).where(*mine, elsewhere))).scalar()
    return found


async def split_off(conn: AsyncConnection, contact_id: str, mail_id: str) -> str | None:
    """The contact that a mail of this one became before."""
    wanted = (
        select(contact.c.id)
        .join(contact_link, contact_link.c.from_id == contact.c.id)
        .where(contact_link.c.to_id == contact_id, contact.c.source_id == split_source(mail_id))
        .where(exists().where(mail.c.id == mail_id, mail.c.contact_id == contact.c.id))
    )
    found: str | None = (await conn.execute(wanted)).scalar()
    return found


async def split(conn: AsyncConnection, mail_id: str, contact_id: str) -> None:
    """The mail is a thread of its own, and so are its files the other contact's."""
    await conn.execute(update(mail).where(mail.c.id == mail_id).values(thread_id=mail_id, contact_id=contact_id))
    hung = select(mail_attachment.c.blob_id).where(mail_attachment.c.mail_id == mail_id)
    raw = select(mail.c.raw_blob_id).where(mail.c.id == mail_id)
    files = or_(blob.c.id.in_(hung), blob.c.id.in_(raw))
    await conn.execute(update(blob).where(files).values(contact_id=contact_id))


# --- erasure ----------------------------------------------------------------------------------------------------------

# Their addresses, but for those that somebody else has as well: nobody knows which of the two wrote.
_ADDRESSES = """
    SELECT a.address FROM customer_address a
    WHERE a.company_id = :company AND a.customer_id = :customer AND a.kind = 'email' AND NOT EXISTS (
        SELECT 1 FROM customer_address b JOIN customer o ON o.company_id = b.company_id AND o.id = b.customer_id
        WHERE b.company_id = a.company_id AND b.kind = a.kind AND b.address = a.address
          AND b.customer_id <> a.customer_id AND o.erased_at IS NULL)
"""
_ANOTHERS = "EXISTS (SELECT 1 FROM contact c WHERE c.id = mail.contact_id AND c.customer_id <> :customer)"
# What others wrote stays theirs in a thread in which the customer wrote as well.
OF_CUSTOMER = f"""
    mail.company_id = :company AND (
        mail.contact_id IN (SELECT id FROM contact WHERE company_id = :company AND customer_id = :customer)
        OR mail.from_address IN ({_ADDRESSES})
        OR NOT {_ANOTHERS} AND mail.thread_id IN (
            SELECT m.thread_id FROM mail m WHERE m.company_id = :company AND m.from_address IN ({_ADDRESSES})))
"""
CONTACTS_OF_CUSTOMER = f"SELECT mail.contact_id FROM mail WHERE {OF_CUSTOMER} AND NOT {_ANOTHERS}"
# The key stays: a mailbox that is read anew from its beginning brings nothing back.
BLANKED = """message_id = '', from_address = '', from_name = '', recipients = '{}', subject = '', reply = '',
    body = '', html = NULL, said = NULL"""
BLANK = f"""
UPDATE mail SET {BLANKED}
WHERE {OF_CUSTOMER} AND (from_address <> '' OR body <> '' OR subject <> '')
"""
# Without a trace, not with an empty address: whoever is none would be one who takes part.
FORGET_RECIPIENT = tuple(
    f"""
    UPDATE {table} SET recipients = (
        SELECT jsonb_object_agg(kind, (
            SELECT coalesce(jsonb_agg(address), '[]') FROM jsonb_array_elements_text(addresses) AS address
            WHERE address NOT IN ({_ADDRESSES})))
        FROM jsonb_each(recipients) AS told (kind, addresses))
    WHERE company_id = :company AND EXISTS (
        SELECT 1 FROM ({_ADDRESSES}) AS theirs
        WHERE recipients -> 'to' ? address OR recipients -> 'cc' ? address OR recipients -> 'bcc' ? address)
    """
    for table in ("mail", "mail_draft")
)
_FILES = text(f"""
SELECT mail.raw_blob_id FROM mail WHERE {OF_CUSTOMER} AND mail.raw_blob_id IS NOT NULL
UNION
SELECT t.blob_id FROM mail JOIN mail_attachment t ON t.mail_id = mail.id WHERE {OF_CUSTOMER}
UNION
SELECT f.blob_id FROM mail_draft_file f WHERE f.contact_id IN ({CONTACTS_OF_CUSTOMER})
""")


async def files_of(conn: AsyncConnection, about: Mapping[str, str]) -> list[str]:
    """Blobs of all mails of the company's customer, those under a legal hold excepted."""
    ids = [str(blob_id) for blob_id in (await conn.execute(_FILES, about)).scalars()]
    wanted = select(blob.c.id).where(
        blob.c.id.in_(ids),
        blob.c.legal_hold.is_(False),
        or_(blob.c.state != "erased", blob.c.filename.is_not(None)),
    )
    return list((await conn.execute(wanted)).scalars())
