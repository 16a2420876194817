"""Who are a company's customers, and by which addresses are they known?"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, delete, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row
from app.store.scope import within
from app.store.tables import customer, customer_address, customer_fact, customer_found
from contacts.customer import Address

CANDIDATES_MAX = 17  # one more than is ever shown


def _live(company_ids: Collection[str] | None) -> tuple[ColumnElement[bool], ...]:
    return customer.c.erased_at.is_(None), within(company_ids, customer)


async def page(
    conn: AsyncConnection, company_ids: Collection[str] | None, after: str | None, limit: int, address: str | None
) -> list[Row]:
    """`address`: only those known by it, in its canonical form."""
    known = (
        ()
        if address is None
        else (
            customer.c.id.in_(
                select(customer_address.c.customer_id).where(
                    customer_address.c.company_id == customer.c.company_id, customer_address.c.address == address
                )
            ),
        )
    )
    return await rows.every(conn, rows.page(customer, after, limit, *_live(company_ids), *known))


async def read(conn: AsyncConnection, customer_id: str, company_ids: Collection[str] | None) -> Row | None:
    return await rows.first(conn, select(customer).where(customer.c.id == customer_id, *_live(company_ids)))


async def lock(
    conn: AsyncConnection, customer_id: str, company_ids: Collection[str] | None, erased: bool = False
) -> Row | None:
    """`erased`: also one that has been erased."""
    where = (within(company_ids, customer),) if erased else _live(company_ids)
    return await rows.first(conn, rows.locked(customer, customer_id, *where))


async def add(conn: AsyncConnection, values: Sequence[Mapping[str, Any]]) -> None:
    await _add(conn, customer, values)


async def add_addresses(conn: AsyncConnection, values: Sequence[Mapping[str, Any]]) -> None:
    """Of customers who have none yet."""
    await _add(conn, customer_address, values)


async def add_facts(conn: AsyncConnection, values: Sequence[Mapping[str, Any]]) -> None:
    """Of customers of whom none is known yet."""
    await _add(conn, customer_fact, values)


async def _add(conn: AsyncConnection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    if values:
        await conn.execute(insert(table), [dict(each) for each in values])


async def change(conn: AsyncConnection, customer_id: str, values: Mapping[str, Any]) -> Row:
    return await rows.change(conn, customer, customer_id, values)


async def mark_erased(conn: AsyncConnection, customer_id: str) -> Row:
    """Nobody finds the customer any more; what is personal is blanked by the turn and by a worker."""
    return await rows.change(conn, customer, customer_id, {"erased_at": func.clock_timestamp()})


async def is_blank(conn: AsyncConnection, customer_id: str) -> bool:
    """Erased, and nothing personal is left anywhere."""
    blank = select(customer.c.id).where(customer.c.id == customer_id, customer.c.blanked_at.is_not(None))
    return (await conn.execute(blank)).first() is not None


# --- addresses --------------------------------------------------------------------------------------------------------


async def addresses(conn: AsyncConnection, customer_id: str) -> list[Row]:
    mine = select(customer_address).where(customer_address.c.customer_id == customer_id)
    return await rows.every(conn, mine.order_by(customer_address.c.kind, customer_address.c.address).limit(1000))


async def facts(conn: AsyncConnection, customer_id: str) -> list[Row]:
    mine = select(customer_fact).where(customer_fact.c.customer_id == customer_id)
    return await rows.every(conn, mine.order_by(customer_fact.c.key).limit(1000))


async def keep_address(conn: AsyncConnection, values: Mapping[str, Any]) -> Row:
    """An address that is there already gets the new level."""
    kept = insert(customer_address).values(**values)
    kept = kept.on_conflict_do_update(
        index_elements=["company_id", "customer_id", "kind", "address"],
        set_={"level": kept.excluded.level, "source": kept.excluded.source, "at": func.clock_timestamp()},
    )
    return await rows.only(conn, kept.returning(customer_address))


async def drop_address(conn: AsyncConnection, customer_id: str, kind: str, address: str) -> bool:
    gone = delete(customer_address).where(
        customer_address.c.customer_id == customer_id,
        customer_address.c.kind == kind,
        customer_address.c.address == address,
    )
    return bool((await conn.execute(gone)).rowcount)


async def found_by(
    conn: AsyncConnection, company_id: str, phones: Sequence[str], facts: Mapping[str, str]
) -> list[Row]:
    """Customers of whom all of this is known, canonical numbers and facts as texts; two, where there are several."""
    known = [*[_reached_at(phone) for phone in phones], *[_known_as(key, value) for key, value in facts.items()]]
    assert known, "everybody is no answer"
    live = (customer.c.company_id == company_id, customer.c.erased_at.is_(None), customer.c.merged_into.is_(None))
    return await rows.every(conn, select(customer).where(*live, *known).limit(2))


def _reached_at(phone: str) -> ColumnElement[bool]:
    of = customer_address.c
    return exists().where(_theirs(customer_address), of.kind == "phone", of.address == phone)


def _known_as(key: str, value: str) -> ColumnElement[bool]:
    """By the index the beginning alone is found."""
    told = customer_fact.c.value.op("#>>", return_type=Text())(text("'{}'"))
    begins = func.left(told, text("200")) == func.left(value, text("200"))
    return exists().where(_theirs(customer_fact), customer_fact.c.key == key, begins, told == value)


def _theirs(table: Table) -> ColumnElement[bool]:
    return and_(table.c.company_id == customer.c.company_id, table.c.customer_id == customer.c.id)


async def note_found(conn: AsyncConnection, company_id: str, customer_id: str, contact_id: str) -> None:
    """Something of the customer stands in this contact from now on, and is blanked with them."""
    found = insert(customer_found).values(company_id=company_id, customer_id=customer_id, contact_id=contact_id)
    await conn.execute(found.on_conflict_do_nothing())


async def known_by(conn: AsyncConnection, company_id: str, kind: str, address: str) -> dict[str, tuple[Address, int]]:
    """Customer id -> (the address as it is known, the customer's value)."""
    wanted = (
        select(customer_address, customer.c.value)
        .join(
            customer,
            (customer.c.company_id == customer_address.c.company_id)
            & (customer.c.id == customer_address.c.customer_id),
        )
        .where(
            customer_address.c.company_id == company_id,
            customer_address.c.kind == kind,
            customer_address.c.address == address,
            customer.c.erased_at.is_(None),
            customer.c.merged_into.is_(None),
        )
        .limit(CANDIDATES_MAX)
    )
    return {
        row["customer_id"]: (
            Address(company_id, row["customer_id"], row["kind"], address, row["level"], row["source"], row["at"]),
            row["value"],
        )
        for row in await rows.every(conn, wanted)
    }
