"""Who may see what was said in a contact? Supervisors of its company, agents who have or had it, and those for
whom somebody wrote a note about it.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access
from app.api.problems import not_found
from app.rights import Forbidden, Grant, Right, companies_of
from app.store import contacts, mails, notes

AS_AGENT = Right("company", frozenset({"agent"}))


async def require_contact(conn: AsyncConnection, access: Access, contact_id: str) -> Mapping[str, Any]:
    """Its row. Raises Problem 404: one that may not be seen is not there."""
    row = await contacts.read(conn, contact_id, access.companies)
    if row is None:
        raise not_found("contact", "/contact_id", "path")
    if not supervises(access, row["company_id"]):
        agent_id = access.principal.agent_id
        if agent_id is None or not await _has_to_do_with_it(conn, contact_id, agent_id):
            raise not_found("contact", "/contact_id", "path")
    return row


async def require_served(conn: AsyncConnection, access: Access, contact_id: str) -> tuple[str, dict[str, Any]]:
    """(the agent who asks, and has or had it; its row). Raises Problem 404, and Forbidden for whoever is no agent."""
    agent_id = access.principal.agent_id
    if agent_id is None:
        raise Forbidden
    row = await contacts.read(conn, contact_id, companies_of(access.principal, AS_AGENT))
    if row is None or not await mails.has_served(conn, contact_id, agent_id):
        raise not_found("contact", "/contact_id", "path")
    return agent_id, row


async def _has_to_do_with_it(conn: AsyncConnection, contact_id: str, agent_id: str) -> bool:
    served = await mails.has_served(conn, contact_id, agent_id)
    return served or await notes.is_mentioned(conn, contact_id, agent_id)


def supervises(access: Access, company_id: str) -> bool:
    def reaches(grant: Grant) -> bool:
        return grant.role != "agent" and grant.team_id is None and grant.company_id in (None, company_id)

    return any(map(reaches, access.principal.grants))
