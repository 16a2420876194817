"""How fast does business time run in a domain, and since when?"""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import clock


async def read_clock(conn: AsyncConnection, domain_id: int) -> tuple[int, int, int]:
    """(speed, business start, wall start), instants in microseconds; without a row business time is wall time."""
    wanted = select(clock.c.speed, clock.c.business_start_us, clock.c.wall_start).where(clock.c.domain_id == domain_id)
    row = (await conn.execute(wanted)).first()
    return (1, 0, 0) if row is None else (int(row.speed), int(row.business_start_us), int(row.wall_start))


async def set_clock(conn: AsyncConnection, domain_id: int, speed: int, business_start_us: int, wall_us: int) -> None:
    """Once, before anything has happened: business time never jumps afterwards."""
    await conn.execute(
        insert(clock).values(domain_id=domain_id, speed=speed, business_start_us=business_start_us, wall_start=wall_us)
    )
