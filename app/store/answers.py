"""How long are answers to commands kept?"""

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import command

KEPT = "48 hours"
FORGOTTEN_AT_ONCE = 20_000  # the next sweep takes the rest


async def forget_old(conn: AsyncConnection) -> int:
    """How many went."""
    old = (
        select(command.c.principal, command.c.id)
        .where(command.c.at < text(f"clock_timestamp() - interval '{KEPT}'"))
        .limit(FORGOTTEN_AT_ONCE)
        .subquery()
    )
    gone = delete(command).where(command.c.principal == old.c.principal, command.c.id == old.c.id)
    return (await conn.execute(gone)).rowcount
