"""Which alerts has somebody seen?"""

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import alert_seen

KEPT_DAYS = 2
SEEN_MAX = 10_000  # of the latest; what is beyond shows as new again


async def see(conn: AsyncConnection, alert_id: str, by_id: str) -> None:
    await conn.execute(insert(alert_seen).values(alert_id=alert_id, by_id=by_id).on_conflict_do_nothing())


async def seen(conn: AsyncConnection) -> set[str]:
    wanted = select(alert_seen.c.alert_id).order_by(alert_seen.c.at.desc()).limit(SEEN_MAX)
    return set((await conn.execute(wanted)).scalars())


async def forget_old(conn: AsyncConnection) -> int:
    bound = func.clock_timestamp() - text(f"interval '{KEPT_DAYS} days'")
    return int((await conn.execute(delete(alert_seen).where(alert_seen.c.at < bound))).rowcount)
