"""What is blanked when a customer is erased? Ids and figures stay, so that yesterday's report stays the same.

The turn blanks what the writer owns, a worker the rest and the files. The log holds ids, enums and numbers only.
"""

import asyncpg

# A live leg keeps its name until it is cleared, an effect under way its arguments: both are needed to end the call.
BLANK_WRITTEN = (
    """
    UPDATE contact SET collected = '{}', ivr = '{}' WHERE company_id = $1 AND customer_id = $2
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


async def blank_written(conn: asyncpg.Connection, company_id: str, customer_id: str) -> None:
    """Inside the turn's transaction, behind its fence."""
    for statement in BLANK_WRITTEN:
        await conn.execute(statement, company_id, customer_id)
