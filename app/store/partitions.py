"""Is there a place for next month's rows of the log, and is room made where explanations have grown old?"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MONTHS_AHEAD = 3
DECISIONS_KEPT_DAYS = 90


async def make_ahead(conn: AsyncConnection, months: int = MONTHS_AHEAD) -> int:
    """Make what is missing from this month on; returns how many. A lock may refuse it: then the next sweep does it."""
    return int((await conn.execute(text("SELECT make_partitions(:months)"), {"months": months})).scalar_one())


async def drop_old(conn: AsyncConnection, days: int = DECISIONS_KEPT_DAYS) -> int:
    """Months of explanations that ended so long ago; returns how many. A lock may refuse it, as above."""
    return int((await conn.execute(text("SELECT drop_old_decisions(:days)"), {"days": days})).scalar_one())


async def missing(conn: AsyncConnection, months: int = MONTHS_AHEAD) -> list[str]:
    """Names of partitions that should be there and are not."""
    query = text("""
        SELECT name FROM (
            SELECT parent || to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead),
                '_YYYY_MM') AS name
            FROM unnest(ARRAY['event', 'decision']) parent, generate_series(0, :months) ahead
        ) wanted
        WHERE to_regclass('public.' || name) IS NULL
        ORDER BY name
    """)
    return list((await conn.execute(query, {"months": months})).scalars())


async def strayed(conn: AsyncConnection) -> bool:
    """Rows in the DEFAULT partition: nothing is lost, but their month can no longer get a partition of its own."""
    query = text("SELECT EXISTS (SELECT 1 FROM event_default) OR EXISTS (SELECT 1 FROM decision_default)")
    return bool((await conn.execute(query)).scalar_one())
