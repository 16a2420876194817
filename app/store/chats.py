"""What was said in a chat, and how does it stand?

A message gets its number from the chat's own row, which is locked until it is stored: no turn waits for it, and
whoever sees a number sees all before it.
"""

from collections.abc import Collection
from typing import Any, Literal

from sqlalchemy import Text, cast, exists, func, not_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import agent, app_user, blob, chat, contact, contact_message, segment, stay, widget
from app.store.tables_chat import MESSAGES_MAX

Sender = Literal["customer", "agent", "system"]

READ_MAX = 200  # messages at once
HAS_IT = ("talking", "held", "parked")  # segments in which an agent has the chat
SWEPT_MAX = 1_024  # chats of one sweep; the others' turn comes with the next

_SAY = text(
    f"""
    WITH mine AS (
        SELECT c.id, c.company_id FROM contact c
        WHERE c.id = CAST(:contact_id AS uuid) AND c.state = 'open' AND c.channel = 'chat' AND (
            EXISTS (SELECT 1 FROM stay WHERE stay.contact_id = c.id AND stay.ended_at IS NULL)
            OR EXISTS (SELECT 1 FROM segment s WHERE s.contact_id = c.id
                       AND s.state IN ('connecting', 'talking', 'held', 'parked')))
    ), next AS (
        INSERT INTO chat (contact_id, company_id, n, last_sender)
        SELECT id, company_id, 1, NULLIF(:sender, 'system') FROM mine
        ON CONFLICT (contact_id) DO UPDATE SET
            n = chat.n + 1,
            last_sender = COALESCE(EXCLUDED.last_sender, chat.last_sender),
            last_at = CASE WHEN EXCLUDED.last_sender IS NULL THEN chat.last_at ELSE clock_timestamp() END,
            warned = EXCLUDED.last_sender IS NULL
        WHERE chat.n < {MESSAGES_MAX}
        RETURNING n
    )
    INSERT INTO contact_message (contact_id, n, sender, sender_ref, body, client_id, blob_id)
    SELECT CAST(:contact_id AS uuid), next.n, :sender, :sender_ref, :body, :client_id, CAST(:blob_id AS uuid) FROM next
    RETURNING n
    """
)


async def say(
    conn: AsyncConnection,
    contact_id: str,
    sender: Sender,
    body: str,
    client_id: str | None = None,
    sender_ref: str | None = None,
    blob_id: str | None = None,
) -> int | None:
    """The message's number; what was said before with this id is not said again. None: nobody listens any more, or as
    much was said as can be. On a connection without a transaction: it is stored when this returns.
    """
    values = {"contact_id": contact_id, "sender": sender, "sender_ref": sender_ref, "body": body}
    try:
        found: int | None = (await conn.execute(_SAY, {**values, "client_id": client_id, "blob_id": blob_id})).scalar()
    except IntegrityError:  # it was said before; nothing of this statement stays
        found = None
    if found is None and client_id is not None:
        return await _said(conn, contact_id, sender, client_id)
    return found


async def _said(conn: AsyncConnection, contact_id: str, sender: Sender, client_id: str) -> int | None:
    m = contact_message.c
    wanted = select(m.n).where(m.contact_id == contact_id, m.sender == sender, m.client_id == client_id)
    found: int | None = (await conn.execute(wanted)).scalar()
    return found


async def after(conn: AsyncConnection, contact_id: str, n: int, limit: int = READ_MAX) -> list[Row]:
    """Messages behind `n`, in their order."""
    m = contact_message.c
    file = blob.c.filename, blob.c.media_type, blob.c.size_bytes
    wanted = select(m.n, m.sender, m.at, m.body, m.client_id, m.blob_id, *file)
    wanted = wanted.outerjoin(blob, blob.c.id == m.blob_id).where(m.contact_id == contact_id, m.n > n)
    return await rows.every(conn, wanted.order_by(m.n).limit(limit))


async def standing(conn: AsyncConnection, contact_id: str) -> Row | None:
    """`is_open`, `waits` in which queue (`queue_id`), the name of the `agent` who has it, and what its widget tells."""
    here = select(stay.c.queue_id).where(stay.c.contact_id == contact.c.id, stay.c.ended_at.is_(None)).limit(1)
    who = (
        select(app_user.c.name)
        .join(agent, agent.c.user_id == app_user.c.id)
        .join(segment, segment.c.agent_id == agent.c.id)
        .where(segment.c.contact_id == contact.c.id, segment.c.state.in_(HAS_IT))
        .order_by(segment.c.id.desc())
        .limit(1)
    )
    wanted = select(
        (contact.c.state == "open").label("is_open"), exists(here).label("waits"),
        here.scalar_subquery().label("queue_id"), who.scalar_subquery().label("agent"),
        widget.c.tells_wait, widget.c.tells_position,
    )  # fmt: skip
    of = wanted.outerjoin(chat, chat.c.contact_id == contact.c.id).outerjoin(widget, widget.c.id == chat.c.widget_id)
    return await rows.first(conn, of.where(contact.c.id == contact_id, contact.c.channel == "chat"))


async def begin(conn: AsyncConnection, contact_id: str, company_id: str, widget_id: str, visitor_id: str) -> None:
    """Safe to repeat."""
    values = {"company_id": company_id, "widget_id": widget_id, "visitor_id": visitor_id}
    await conn.execute(insert(chat).values(contact_id=contact_id, **values).on_conflict_do_nothing())


async def of_visitor(conn: AsyncConnection, contact_id: str, widget_id: str, visitor_id: str) -> Row | None:
    """The visitor's own chat: its `company_id`, and the `origins` of its widget, which is still shown."""
    wanted = (
        select(chat.c.company_id, widget.c.origins)
        .join(widget, widget.c.id == chat.c.widget_id)
        .where(chat.c.contact_id == contact_id, chat.c.widget_id == widget_id, chat.c.visitor_id == visitor_id)
        .where(widget.c.archived_at.is_(None))
    )
    return await rows.first(conn, wanted)


async def read(conn: AsyncConnection, contact_id: str, company_ids: Collection[str] | None) -> Row | None:
    """The contact, of whatever channel, with `n` and `seen` of what was written in it."""
    wanted = (
        select(contact.c.id, contact.c.company_id, contact.c.state, chat.c.n, chat.c.seen)
        .outerjoin(chat, chat.c.contact_id == contact.c.id)
        .where(contact.c.id == contact_id, within(company_ids, contact))
    )
    return await rows.first(conn, wanted)


async def segment_of(conn: AsyncConnection, contact_id: str, agent_id: str, states: Collection[str]) -> str | None:
    """The agent's own segment of the contact in one of these states."""
    s = segment.c
    wanted = select(s.id).where(s.contact_id == contact_id, s.agent_id == agent_id, s.state.in_(list(states)))
    return (await conn.execute(wanted.limit(1))).scalar()


async def first_of(conn: AsyncConnection, contact_id: str, agent_id: str | None, client_id: str | None) -> str | None:
    """The agent's own segment, if they have said nothing yet but this: it is a reply. None: they had replied before."""
    said = exists().where(
        contact_message.c.contact_id == contact_id,
        contact_message.c.sender_ref == agent_id,
        contact_message.c.client_id.is_distinct_from(client_id),
    )
    mine = select(segment.c.id).where(
        segment.c.contact_id == contact_id, segment.c.agent_id == agent_id, segment.c.state.in_(HAS_IT), not_(said)
    )
    return (await conn.execute(mine.limit(1))).scalar()


async def saw(conn: AsyncConnection, contact_id: str, n: int) -> int | None:
    """The visitor has read up to `n`. None: that is no news."""
    seen = func.least(chat.c.n, n)
    moved = update(chat).where(chat.c.contact_id == contact_id, chat.c.seen < seen).values(seen=seen)
    news: int | None = (await conn.execute(moved.returning(chat.c.seen))).scalar()
    return news


async def alive(conn: AsyncConnection, contact_ids: Collection[str]) -> None:
    """Their pages were heard of."""
    held = update(chat).where(chat.c.contact_id.in_(list(contact_ids)))
    await conn.execute(held.values(alive_at=func.clock_timestamp()))


async def transcript(conn: AsyncConnection, contact_id: str) -> list[Row]:
    """All that was said: {"sender", "at", "body", "agent", "filename"}, in its order."""
    m = contact_message.c
    who = select(app_user.c.name).join(agent, agent.c.user_id == app_user.c.id)
    who = who.where(cast(agent.c.id, Text) == m.sender_ref)
    wanted = select(m.sender, m.at, m.body, who.scalar_subquery().label("agent"), blob.c.filename)
    wanted = wanted.outerjoin(blob, blob.c.id == m.blob_id).where(m.contact_id == contact_id)
    return await rows.every(conn, wanted.order_by(m.n).limit(MESSAGES_MAX))


async def send_once(conn: AsyncConnection, contact_id: str, mail_id: str, to: str) -> Row | None:
    """By this mail, unless it was sent: then None."""
    mine = update(chat).where(chat.c.contact_id == contact_id, chat.c.transcript_mail_id.is_(None))
    return await rows.first(conn, mine.values(transcript_mail_id=mail_id, transcript_to=to).returning(chat))


async def not_sent(conn: AsyncConnection, contact_id: str, mail_id: str) -> None:
    mine = update(chat).where(chat.c.contact_id == contact_id, chat.c.transcript_mail_id == mail_id)
    await conn.execute(mine.values(transcript_mail_id=None, transcript_to=None))


async def sent_to(conn: AsyncConnection, contact_id: str) -> Row:
    """{"transcript_to", "transcript_mail_id"}"""
    wanted = select(chat.c.transcript_to, chat.c.transcript_mail_id)
    return await rows.only(conn, wanted.where(chat.c.contact_id == contact_id))


# --- what sweeps look for ---------------------------------------------------------------------------------------------

_OPEN = select(chat.c.contact_id).join(contact, contact.c.id == chat.c.contact_id).where(~chat.c.is_over)
_OPEN = _OPEN.where(contact.c.state == "open")
_IS_TALKING = exists().where(segment.c.contact_id == chat.c.contact_id, segment.c.state == "talking")


def _silent_s() -> Any:
    return func.extract("epoch", func.clock_timestamp() - chat.c.last_at)


async def to_warn(conn: AsyncConnection) -> list[str]:
    """The agent had the last word, and long ago."""
    silent = _OPEN.join(widget, widget.c.id == chat.c.widget_id).where(
        chat.c.last_sender == "agent", ~chat.c.warned, _IS_TALKING, _silent_s() >= widget.c.idle_warn_s
    )
    return list((await conn.execute(silent.limit(SWEPT_MAX))).scalars())


async def to_end(conn: AsyncConnection) -> list[str]:
    """They were warned, and said nothing."""
    silent = _OPEN.join(widget, widget.c.id == chat.c.widget_id).where(
        chat.c.last_sender == "agent", chat.c.warned, _IS_TALKING, _silent_s() >= widget.c.idle_close_s
    )
    return list((await conn.execute(silent.limit(SWEPT_MAX))).scalars())


async def left_alone(conn: AsyncConnection, seconds: float) -> list[str]:
    """They wait, and their page has not been heard of for so long."""
    away_s = func.extract("epoch", func.clock_timestamp() - chat.c.alive_at)
    waits = exists().where(stay.c.contact_id == chat.c.contact_id, stay.c.ended_at.is_(None))
    gone = _OPEN.where(chat.c.widget_id.is_not(None), waits, away_s >= seconds)
    return list((await conn.execute(gone.limit(SWEPT_MAX))).scalars())


async def lately_spoken(conn: AsyncConnection, seconds: float) -> list[Row]:
    """Open chats in which something was said within so many seconds, with its number and their company."""
    wanted = _OPEN.add_columns(chat.c.n, chat.c.company_id).where(chat.c.n > 0)
    wanted = wanted.where(func.extract("epoch", func.clock_timestamp() - chat.c.last_at) <= seconds)
    return await rows.every(conn, wanted.limit(SWEPT_MAX))


async def open_ones(conn: AsyncConnection) -> list[Row]:
    """`contact_id`, `n` and `seen` of all that are open."""
    return await rows.every(conn, _OPEN.add_columns(chat.c.n, chat.c.seen))


async def close_over(conn: AsyncConnection) -> int:
    """Those whose contact has closed are looked after no more."""
    over = select(chat.c.contact_id).join(contact, contact.c.id == chat.c.contact_id)
    over = over.where(~chat.c.is_over, contact.c.state == "closed").limit(SWEPT_MAX)
    done = await conn.execute(update(chat).where(chat.c.contact_id.in_(over)).values(is_over=True))
    return int(done.rowcount)
