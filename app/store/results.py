"""What did the agent note about a segment? Written by the API; the turn then tells the feeds."""

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import contact, disposition, segment, segment_result


async def save_result(
    conn: AsyncConnection, segment_id: str, agent_id: str, disposition_id: str | None, note: str | None
) -> bool:
    """False when the segment is not this agent's, or the disposition not one of its company's or archived: nothing is
    written. What stands there already may be said again: whoever repeats a command gets its answer.
    """
    mine = select(contact.c.company_id).join(segment, segment.c.contact_id == contact.c.id)
    company_id = (
        await conn.execute(mine.where(segment.c.id == segment_id, segment.c.agent_id == agent_id))
    ).scalar_one_or_none()
    if company_id is None:
        return False
    if disposition_id is not None:
        stands = exists().where(
            segment_result.c.segment_id == segment_id, segment_result.c.disposition_id == disposition_id
        )
        known = select(disposition.c.id).where(
            disposition.c.id == disposition_id,
            disposition.c.company_id == company_id,
            disposition.c.archived_at.is_(None) | stands,
        )
        if (await conn.execute(known)).first() is None:
            return False
    row = insert(segment_result).values(segment_id=segment_id, disposition_id=disposition_id, note=note or "")
    said = {"disposition_id": disposition_id, "note": note or "", "version": segment_result.c.version + 1}
    await conn.execute(row.on_conflict_do_update(index_elements=["segment_id"], set_=said))
    return True
