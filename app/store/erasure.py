"""What is blanked when a customer is erased? Ids and figures stay, so that yesterday's report stays the same.

The turn blanks what the writer owns, a worker everything else and the files. The log and the audit hold ids, enums and
numbers only. A contact still open is blanked when it has closed: a sweep comes back until nothing is left.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import asyncpg
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.ports import BlobStore
from app.store import blobs, chat_files, mails
from app.store.tables import contact, customer

ERASED_AT_ONCE = 20
_PATIENCE = text("SET LOCAL statement_timeout = '60s'")

AskWriter = Callable[[str, str], Awaitable[None]]  # (company id, customer id): submits EraseCustomer


# --- the turn's part: inside its transaction, behind its fence --------------------------------------------------------

# An open contact was written by this very turn without what is personal: where it stands, and whether they agreed to be
# recorded, outlives our death. A live leg keeps its name until it is cleared, an effect under way its arguments: both
# are needed to end the call.
BLANK_WRITTEN = (
    """
    UPDATE contact SET collected = '{}', ivr = CASE WHEN state = 'closed' THEN '{}' ELSE ivr END,
        source_id = CASE WHEN state = 'closed' THEN 'erased:' || id ELSE source_id END
    WHERE company_id = $1 AND customer_id = $2
    """,
    """
    UPDATE leg SET provider_ref = 'erased:' || leg.id FROM contact c
    WHERE c.id = leg.contact_id AND c.company_id = $1 AND c.customer_id = $2 AND leg.state = 'cleared'
    """,
    """
    UPDATE effect SET args = '{}' FROM contact c
    WHERE c.id = effect.contact_id AND c.company_id = $1 AND c.customer_id = $2
      AND effect.state IN ('done', 'failed', 'unknown')
    """,
)


# Contacts in which something of theirs stands because a flow looked them up, and messages left in such a call.
_FOUND = """
    SELECT f.contact_id FROM customer_found f WHERE f.company_id = {company} AND f.customer_id = {customer}
    UNION SELECT l.from_id FROM customer_found f
    JOIN contact_link l ON l.to_id = f.contact_id AND l.kind = 'follow_up_of'
    WHERE f.company_id = {company} AND f.customer_id = {customer}
"""
_OF_FOUND = _FOUND.format(company="$1", customer="$2")
BLANK_FOUND = (
    f"""
    UPDATE effect SET args = '{{}}' WHERE state IN ('done', 'failed', 'unknown') AND contact_id IN ({_OF_FOUND})
    """,
    f"UPDATE contact SET collected = '{{}}', ivr = '{{}}' WHERE state = 'closed' AND id IN ({_OF_FOUND})",
)


# Contacts from an address of theirs that nobody was identified by, and chats in which it was given as one; not where
# somebody else has the same address.
_FROM_THEM = """
    SELECT c.id FROM contact c
    JOIN customer_address a ON a.company_id = c.company_id AND a.address = c.collected ->> '{{named}}'
    WHERE c.company_id = {company} AND a.company_id = {company} AND a.customer_id = {customer}
      AND c.customer_id IS NULL AND c.collected ? '{{named}}' AND c.state = 'closed'
      AND NOT EXISTS (
          SELECT 1 FROM customer_address b JOIN customer o ON o.company_id = b.company_id AND o.id = b.customer_id
          WHERE b.company_id = a.company_id AND b.kind = a.kind AND b.address = a.address
            AND b.customer_id <> a.customer_id AND o.erased_at IS NULL)
"""
# Chats of which the text was sent to an address of theirs.
_SENT_TO_THEM = """
    SELECT c.id FROM chat
    JOIN contact c ON c.id = chat.contact_id
    JOIN customer_address a ON a.company_id = chat.company_id AND a.kind = 'email' AND a.address = chat.transcript_to
    WHERE chat.company_id = {company} AND a.company_id = {company} AND a.customer_id = {customer}
      AND c.customer_id IS NULL AND c.state = 'closed'
      AND NOT EXISTS (
          SELECT 1 FROM customer_address b JOIN customer o ON o.company_id = b.company_id AND o.id = b.customer_id
          WHERE b.company_id = a.company_id AND b.kind = a.kind AND b.address = a.address
            AND b.customer_id <> a.customer_id AND o.erased_at IS NULL)
"""
_UNIDENTIFIED = " UNION ".join(
    [*(_FROM_THEM.replace("{{named}}", named) for named in ("from", "email")), _SENT_TO_THEM]
)
BLANK_UNIDENTIFIED = f"""
    UPDATE contact SET collected = '{{}}', ivr = '{{}}', source_id = 'erased:' || id
    WHERE id IN ({_UNIDENTIFIED.format(company="$1", customer="$2")})
"""


# Before their contacts: by what these hold they are found. What was said to a caller may have their number in it.
BLANK_SAID = f"""
    UPDATE effect SET args = '{{}}' WHERE state IN ('done', 'failed', 'unknown')
      AND contact_id IN ({_UNIDENTIFIED.format(company="$1", customer="$2")})
"""


# What was written in such a chat, who its visitor was or the station of such a fax, and what is noted of it; before it
# the mail by which a chat was sent to them. Last of all the address by which such a chat is found.
_OF_THESE = f"contact_id IN ({_UNIDENTIFIED.format(company='$1', customer='$2')})"
BLANK_BESIDE = tuple(
    f"UPDATE {table} SET {blank} WHERE {those}"
    for table, blank, those in (
        ("contact_message", "body = '', sender_ref = NULL", _OF_THESE),
        ("chat", "visitor_id = NULL", _OF_THESE),
        ("note", "text = ''", _OF_THESE),
        ("fax", "station = ''", _OF_THESE),
        ("inbox", "body = NULL", _OF_THESE),
        ("leg", "provider_ref = 'erased:' || id", f"state = 'cleared' AND {_OF_THESE}"),
        (
            "segment_result",
            "note = '', answers = '{}'",
            f"segment_id IN (SELECT id FROM segment WHERE {_OF_THESE})",
        ),
    )
)
BLANK_TRANSCRIPTS = f"""
    UPDATE mail SET {mails.BLANKED} WHERE id IN (
        SELECT transcript_mail_id FROM chat
        WHERE contact_id IN ({_UNIDENTIFIED.format(company="$1", customer="$2")}))
"""
BLANK_SENT_TO = """
    UPDATE chat SET transcript_to = NULL FROM contact c, customer_address a
    WHERE c.id = chat.contact_id AND c.state = 'closed' AND c.customer_id IS NULL AND chat.visitor_id IS NULL
      AND a.company_id = $1 AND a.customer_id = $2 AND a.kind = 'email'
      AND chat.company_id = $1 AND chat.transcript_to = a.address
"""


async def blank_written(conn: asyncpg.Connection, company_id: str, customer_id: str) -> None:
    for statement in (
        *BLANK_WRITTEN,
        *BLANK_FOUND,
        BLANK_SAID,
        BLANK_TRANSCRIPTS,
        *BLANK_BESIDE,
        BLANK_UNIDENTIFIED,
        BLANK_SENT_TO,
    ):
        await conn.execute(statement, company_id, customer_id)


# --- the worker's part ------------------------------------------------------------------------------------------------


def _answers(those: str) -> str:
    """Answers name the legs of a contact's commands; the log says which commands those were."""
    return f"""
        UPDATE command SET reply = jsonb_build_object('status', reply -> 'status', 'body', '{{}}'::jsonb)
        WHERE at > clock_timestamp() - interval '49 h'
          AND id IN (SELECT cause FROM event WHERE cause IS NOT NULL AND {those})
    """


_OF_CONTACTS = "contact_id IN (SELECT id FROM contact WHERE company_id = :company AND customer_id = :customer)"
_OF_MAILS = f"contact_id IN ({mails.CONTACTS_OF_CUSTOMER})"
_BLANK_KEPT = tuple(
    text(statement)
    for statement in (
        # While their name is known: a question in which it stands, whole or a part of it.
        """
        DELETE FROM faq_unanswered u USING customer c, regexp_split_to_table(lower(c.name), '\\s+') AS part
        WHERE c.company_id = :company AND c.id = :customer AND u.company_id = c.company_id AND c.name <> ''
          AND (strpos(u.text, lower(c.name)) > 0 OR octet_length(part) > 3 AND strpos(u.text, part) > 0)
        """,
        """
        UPDATE customer SET name = '', language = NULL, zone = NULL, value = 0, value_terms = '{}',
            value_as_of = NULL, version = version + 1
        WHERE company_id = :company AND id = :customer
        """,
        *(f"DELETE FROM {table} WHERE {_OF_CONTACTS} OR {_OF_MAILS}" for table in ("mail_draft_file", "mail_draft")),
        f"UPDATE note SET text = '' WHERE {_OF_MAILS}",
        f"""
        DELETE FROM spam_sender WHERE {_OF_CONTACTS} OR company_id = :company AND address IN (
            SELECT address FROM customer_address WHERE company_id = :company AND customer_id = :customer)
        """,
        mails.BLANK,  # before their addresses go: by these the mails are found that nobody was identified by
        *mails.FORGET_RECIPIENT,
        "DELETE FROM customer_address WHERE company_id = :company AND customer_id = :customer",
        "DELETE FROM customer_fact WHERE company_id = :company AND customer_id = :customer",
        "DELETE FROM customer_relation WHERE company_id = :company AND (a = :customer OR b = :customer)",
        f"UPDATE contact_message SET body = '', sender_ref = NULL WHERE {_OF_CONTACTS}",
        f"UPDATE note SET text = '' WHERE {_OF_CONTACTS}",
        f"UPDATE fax SET station = '' WHERE {_OF_CONTACTS}",
        f"UPDATE chat SET visitor_id = NULL, transcript_to = NULL WHERE {_OF_CONTACTS}",
        f"UPDATE inbox SET body = NULL WHERE {_OF_CONTACTS}",
        f"""
        UPDATE segment_result SET note = '', answers = '{{}}'
        WHERE segment_id IN (SELECT id FROM segment WHERE {_OF_CONTACTS})
        """,
        _answers(_OF_CONTACTS),
    )
)
# Of contacts that nobody was identified by; before the turn, for then they are found no more.
_BLANK_ANSWERS = text(_answers(f"contact_id IN ({_UNIDENTIFIED.format(company=':company', customer=':customer')})"))
# All files of those once they are blank: by that they are found, even if we died in between.
_FILES_OF_BLANK = text("""
SELECT b.id FROM blob b JOIN contact c ON c.id = b.contact_id
WHERE c.company_id = :company AND c.customer_id IS NULL AND c.source_id = 'erased:' || c.id
  AND b.company_id = :company AND NOT b.legal_hold AND (b.state <> 'erased' OR b.filename IS NOT NULL)
""")

_WRITTEN_LEFT = text(f"""
SELECT EXISTS ({_UNIDENTIFIED.format(company=":company", customer=":customer")}) OR EXISTS (
    SELECT 1 FROM contact c WHERE c.company_id = :company AND c.customer_id = :customer AND (
        c.state = 'open' OR c.collected <> '{{}}' OR c.ivr <> '{{}}' OR c.source_id NOT LIKE 'erased:%'
        OR EXISTS (SELECT 1 FROM leg WHERE leg.contact_id = c.id AND leg.provider_ref NOT LIKE 'erased:%')
        OR EXISTS (SELECT 1 FROM effect WHERE effect.contact_id = c.id AND effect.args <> '{{}}')
    )
) OR EXISTS (
    SELECT 1 FROM contact c WHERE c.id IN ({_FOUND.format(company=":company", customer=":customer")}) AND (
        c.state = 'open' OR c.collected <> '{{}}' OR c.ivr <> '{{}}'
        OR EXISTS (SELECT 1 FROM effect WHERE effect.contact_id = c.id AND effect.args <> '{{}}')
    )
)
""")


@dataclass(frozen=True, slots=True)
class Erased:
    company_id: str
    customer_id: str


async def unfinished(conn: AsyncConnection) -> list[Erased]:
    """Customers marked as erased of whom something may be left.

    Any of them: those whose contact is open for days must not stand before those who could be done with.
    """
    wanted = (
        select(customer.c.company_id, customer.c.id)
        .where(customer.c.erased_at.is_not(None), customer.c.blanked_at.is_(None))
        .order_by(func.random())
        .limit(ERASED_AT_ONCE)
    )
    return [Erased(company_id, customer_id) for company_id, customer_id in await conn.execute(wanted)]


async def carry_out(engine: AsyncEngine, files: BlobStore, ask_writer: AskWriter) -> int:
    """One sweep; safe to repeat. Returns how many customers are blank everywhere now."""
    async with engine.connect() as conn:
        waiting = await unfinished(conn)
    finished = 0
    for erased in waiting:
        if await _carry_out(engine, files, ask_writer, erased):
            finished += 1
    return finished


async def _carry_out(engine: AsyncEngine, files: BlobStore, ask_writer: AskWriter, erased: Erased) -> bool:
    about = {"company": erased.company_id, "customer": erased.customer_id}
    if await _is_written_left(engine, about):
        async with engine.begin() as conn:
            await conn.execute(_PATIENCE)
            await conn.execute(_BLANK_ANSWERS, about)
        await ask_writer(erased.company_id, erased.customer_id)  # while their addresses still say what is theirs
    async with engine.begin() as conn:
        await conn.execute(_PATIENCE)
        file_ids = await mails.files_of(conn, about)
        for statement in _BLANK_KEPT:
            await conn.execute(statement, about)
        mine = select(contact.c.id).where(
            contact.c.company_id == erased.company_id, contact.c.customer_id == erased.customer_id
        )
        file_ids += await chat_files.of_erased(conn, about)
        file_ids += [str(each) for each in (await conn.execute(_FILES_OF_BLANK, about)).scalars()]
        file_ids += await blobs.of_customer(conn, list((await conn.execute(mine)).scalars()))
    await blobs.erase(engine, files, list(dict.fromkeys(file_ids)))
    if await _is_written_left(engine, about):
        return False
    async with engine.begin() as conn:
        done = text("UPDATE customer SET blanked_at = clock_timestamp() WHERE company_id = :company AND id = :customer")
        await conn.execute(done, about)
    return True


async def _is_written_left(engine: AsyncEngine, about: dict[str, str]) -> bool:
    async with engine.connect() as conn:
        return bool((await conn.execute(_WRITTEN_LEFT, about)).scalar_one())
