"""Whose rows may this asker see? The one place that adds the company filter."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, FromClause, exists, true

from app.store.tables import contact

Companies = Collection[str] | None
"""Ids of the companies an asker may see; None = all of them (the operator, the system)."""


def within(companies: Companies, table: FromClause) -> ColumnElement[bool]:
    """Rows of these companies. Rows that carry no company belong to that of their contact."""
    if companies is None:
        return true()
    if "company_id" in table.c:
        return table.c.company_id.in_(list(companies))
    if "contact_id" in table.c:
        return exists().where(contact.c.id == table.c.contact_id, contact.c.company_id.in_(list(companies)))
    raise LookupError(f"{table.description} belongs to no company")
