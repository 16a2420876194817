"""How long is a command's answer kept? 48 hours; in that time a repeat gets it again."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

KEPT_HOURS = 48
FORGOTTEN_AT_ONCE = 20_000  # rows of one statement: each stays far below the limit of a statement's time
STATEMENTS_MAX = 500  # of one sweep: more than can have become old since the last one

_FORGET = text(f"""
DELETE FROM command WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM command WHERE at < clock_timestamp() - interval '{KEPT_HOURS} h' LIMIT {FORGOTTEN_AT_ONCE}
))
""")


async def forget_old(conn: AsyncConnection) -> int:
    """How many went."""
    total = 0
    for _ in range(STATEMENTS_MAX):
        forgotten = (await conn.execute(_FORGET)).rowcount
        total += forgotten
        if forgotten < FORGOTTEN_AT_ONCE:
            break
    return total
