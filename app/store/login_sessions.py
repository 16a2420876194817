"""Who is logged in? A row per cookie, known by the hash of its token."""

from collections.abc import Collection

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.tables import agent, app_user, login_session

SEEN_EVERY_S = 60  # how often a session's last use is written


async def add(conn: AsyncConnection, session_hash: bytes, user_id: str, csrf: str, life_s: int) -> None:
    await conn.execute(
        insert(login_session).values(
            id=session_hash,
            user_id=user_id,
            csrf=csrf,
            expires_at=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, life_s),
        )
    )


async def live(conn: AsyncConnection, session_hash: bytes) -> Row | None:
    """The session with its user and the user's agent, if it has not expired and the user may work."""
    wanted = (
        select(
            login_session.c.user_id,
            login_session.c.csrf,
            (login_session.c.seen_at < func.clock_timestamp() - text(f"interval '{SEEN_EVERY_S} s'")).label("is_old"),
            agent.c.id.label("agent_id"),
        )
        .join(app_user, app_user.c.id == login_session.c.user_id)
        .outerjoin(agent, (agent.c.user_id == app_user.c.id) & agent.c.archived_at.is_(None))
        .where(
            login_session.c.id == session_hash,
            login_session.c.expires_at > func.clock_timestamp(),
            app_user.c.disabled_at.is_(None),
        )
    )
    return await rows.first(conn, wanted)


async def live_among(conn: AsyncConnection, session_hashes: Collection[bytes]) -> set[bytes]:
    """Those that have not ended or expired, and whose user may work."""
    wanted = (
        select(login_session.c.id)
        .join(app_user, app_user.c.id == login_session.c.user_id)
        .where(
            login_session.c.id.in_(session_hashes),
            login_session.c.expires_at > func.clock_timestamp(),
            app_user.c.disabled_at.is_(None),
        )
    )
    return set((await conn.execute(wanted)).scalars()) if session_hashes else set()


async def seen(conn: AsyncConnection, session_hash: bytes) -> None:
    await conn.execute(
        update(login_session).where(login_session.c.id == session_hash).values(seen_at=func.clock_timestamp())
    )


async def end(conn: AsyncConnection, session_hash: bytes) -> None:
    await conn.execute(delete(login_session).where(login_session.c.id == session_hash))


async def end_all(conn: AsyncConnection, user_id: str, but: bytes | None = None) -> None:
    mine = [login_session.c.user_id == user_id]
    if but is not None:
        mine.append(login_session.c.id != but)
    await conn.execute(delete(login_session).where(*mine))


async def drop_expired(conn: AsyncConnection) -> None:
    await conn.execute(delete(login_session).where(login_session.c.expires_at < func.clock_timestamp()))
