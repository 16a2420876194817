"""Which queues are there, and what does each version of them say?"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import domain, queue, queue_version


def _live(company_ids: Collection[str] | None) -> tuple[ColumnElement[bool], ...]:
    return queue.c.archived_at.is_(None), within(company_ids, queue)


async def page(conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int) -> list[Row]:
    return await rows.every(conn, rows.page(queue, after, limit, *_live(company_ids)))


async def read(conn: AsyncConnection, queue_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, select(queue).where(queue.c.id == queue_id, *_live(company_ids)))


async def lock(conn: AsyncConnection, queue_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, rows.locked(queue, queue_id, *_live(company_ids)))


async def add(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.add(conn, queue, values)


async def change(conn: AsyncConnection, queue_id: str, values: Mapping[str, Any], closed: bool | None = None) -> Row:
    """`closed` None leaves it as it is."""
    since = {} if closed is None else {"closed_at": func.clock_timestamp() if closed else None}
    return await rows.change(conn, queue, queue_id, {**values, **since})


async def archive(conn: AsyncConnection, queue_id: str) -> Row:
    return await rows.archive(conn, queue, queue_id)


async def are_of(conn: AsyncConnection, queue_ids: Collection[str], company_id: str) -> bool:
    """All of them are live queues of this company."""
    wanted = select(queue.c.id).where(queue.c.id.in_(queue_ids), *_live({company_id}))
    return len((await conn.execute(wanted)).all()) == len(set(queue_ids))


# --- versions ---------------------------------------------------------------------------------------------------------


async def versions(conn: AsyncConnection, queue_id: str, before: int | None, limit: int) -> list[Row]:
    """The newest first."""
    where = [queue_version.c.queue_id == queue_id]
    if before is not None:
        where.append(queue_version.c.version < before)
    newest = select(queue_version).where(*where).order_by(queue_version.c.version.desc())
    return await rows.every(conn, newest.limit(limit + 1))


async def version(conn: AsyncConnection, queue_id: str, number: int) -> Row | None:
    return await rows.first(conn, _version(queue_id, number))


def _version(queue_id: str, number: int) -> Select[Any]:
    return select(queue_version).where(queue_version.c.queue_id == queue_id, queue_version.c.version == number)


async def newest_version(conn: AsyncConnection, queue_id: str) -> int:
    newest = select(func.coalesce(func.max(queue_version.c.version), 0)).where(queue_version.c.queue_id == queue_id)
    return int((await conn.execute(newest)).scalar_one())


async def add_version(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    return await rows.only(conn, insert(queue_version).values(**values).returning(queue_version))


async def publish(conn: AsyncConnection, queue_id: str, number: int) -> Row:
    """This version is in force; the one before is retired. Whoever calls has locked the queue."""
    mine = queue_version.c.queue_id == queue_id
    await conn.execute(update(queue_version).where(mine, queue_version.c.state == "published").values(state="retired"))
    await conn.execute(update(queue_version).where(mine, queue_version.c.version == number).values(state="published"))
    return await rows.change(conn, queue, queue_id, {"current_version": number})


async def current(conn: AsyncConnection, queue_id: str, company_ids: Collection[str] | None) -> Row | None:
    """The queue with the `config` in force; None where nothing has been published."""
    wanted = (
        select(queue, queue_version.c.config)
        .outerjoin(
            queue_version,
            (queue_version.c.queue_id == queue.c.id) & (queue_version.c.version == queue.c.current_version),
        )
        .where(queue.c.id == queue_id, *_live(company_ids))
    )
    return await rows.first(conn, wanted)


async def with_configs(
    conn: AsyncConnection, company_ids: Collection[str] | None, queue_id: str | None, limit: int
) -> list[Row]:
    """Published queues with the `config` in force; one of them, or all of these companies."""
    wanted = (
        select(queue, queue_version.c.config)
        .join(
            queue_version,
            (queue_version.c.queue_id == queue.c.id) & (queue_version.c.version == queue.c.current_version),
        )
        .where(*_live(company_ids))
        .order_by(queue.c.id)
        .limit(limit)
    )
    return await rows.every(conn, wanted if queue_id is None else wanted.where(queue.c.id == queue_id))


async def rates(conn: AsyncConnection, domain_id: int, but_queue_id: str) -> set[int]:
    """The distinct rates that the domain's other queues have in force; nobody publishes another until we commit."""
    await conn.execute(select(domain.c.id).where(domain.c.id == domain_id).with_for_update(key_share=True))
    rate = func.coalesce(queue_version.c.config["rate"].as_integer(), 1)
    wanted = (
        select(rate)
        .distinct()
        .select_from(queue)
        .join(
            queue_version,
            (queue_version.c.queue_id == queue.c.id) & (queue_version.c.version == queue.c.current_version),
        )
        .where(queue.c.domain_id == domain_id, queue.c.id != but_queue_id, queue.c.archived_at.is_(None))
    )
    return {int(found) for (found,) in await conn.execute(wanted)}
