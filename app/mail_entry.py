"""How does a mail that came arrive as a contact? Who it may be is said by its address alone."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils import uuid7

from app.commands import Entry
from app.store import customers
from contacts.identify import identify
from contacts.stay import Wishes


async def entry_of(
    conn: AsyncConnection,
    box: Mapping[str, Any],
    mail_id: str,
    sender: str,
    subject: str,
    preferred_agent_id: str | None = None,
    source_id: str | None = None,
    proved: str | None = None,
) -> Entry:
    """Claimed or proved, it changes no customer. `source_id`: where the same mail arrives a second time. `proved`: by
    what the address is known to be the sender's."""
    known = await customers.known_by(conn, box["company_id"], "email", sender) if sender else {}
    unique = identify(sender, [address for address, _ in known.values()], proved is not None).unique
    return Entry(
        contact_id=str(uuid7()),
        company_id=box["company_id"],
        channel="email",
        queue_id=box["queue_id"],
        source=f"mail:{box['id']}",
        source_id=source_id or mail_id,
        number=box["address"],
        customer_id=unique.customer_id if unique else None,
        value=known[unique.customer_id][1] if unique else 0,
        language=box["language"],
        wishes=Wishes(preferred_agent_id) if preferred_agent_id else Wishes(),
        collected=_collected(sender, subject, proved),
    )


def _collected(sender: str, subject: str, proved: str | None) -> dict[str, Any]:
    told = {"from": sender, "subject": subject, "proved": proved}
    return {name: each for name, each in told.items() if each or name == "subject"}
