"""What was there with a customer, on whatever channel, the newest first?

Of somebody nobody has identified: this one contact. Entries are found by their ids, which hold the time of birth; what
is shown beside them is read for one page alone.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import rows
from app.store.rows import Row

EXCERPT_CHARACTERS_MAX = 160

_MINE = """
    (c.id = CAST(:contact AS uuid) OR c.company_id = CAST(:company AS uuid) AND c.customer_id = CAST(:customer AS uuid))
    AND (CAST(:channels AS text[]) IS NULL OR c.channel = ANY(CAST(:channels AS text[])))
"""
_PAGE = text(f"""
WITH entry AS (
    SELECT c.id, 'contact' AS kind, c.id AS contact_id FROM contact c WHERE :contacts AND {_MINE}
    UNION ALL
    SELECT n.id, 'note', n.contact_id FROM note n JOIN contact c ON c.id = n.contact_id WHERE :notes AND {_MINE}
), page AS (
    SELECT * FROM entry WHERE CAST(:before AS uuid) IS NULL OR id < CAST(:before AS uuid) ORDER BY id DESC LIMIT :limit
)
SELECT page.id::text, page.kind, c.id::text AS contact_id, c.channel, c.direction, c.state, c.outcome,
    (extract(epoch FROM coalesce(n.at, c.arrived_at)) * 1000)::bigint AS at_ms,
    (extract(epoch FROM c.closed_at) * 1000)::bigint AS closed_ms,
    (SELECT q.name FROM stay s JOIN queue q ON q.id = s.queue_id
     WHERE s.contact_id = c.id ORDER BY s.queued_at DESC LIMIT 1) AS queue,
    result.disposition,
    CASE WHEN page.kind = 'note' THEN author.name ELSE result.agent END AS agent,
    left(coalesce(CASE WHEN page.kind = 'note' THEN n.text ELSE coalesce(
        (SELECT concat_ws(E'\\n', nullif(m.subject, ''), nullif(m.reply, '')) FROM mail m
         WHERE c.channel = 'email' AND m.contact_id = c.id AND m.direction = 'in' ORDER BY m.id DESC LIMIT 1),
        (SELECT m.body FROM contact_message m
         WHERE c.channel = 'chat' AND m.contact_id = c.id AND m.sender = 'customer' ORDER BY m.n LIMIT 1),
        result.note, c.collected ->> 'subject', c.collected ->> 'message'
    ) END, ''), {EXCERPT_CHARACTERS_MAX}) AS excerpt
FROM page
JOIN contact c ON c.id = page.contact_id
LEFT JOIN note n ON n.id = page.id
LEFT JOIN app_user author ON author.id = n.author_id
LEFT JOIN LATERAL (
    SELECT d.name AS disposition, nullif(r.note, '') AS note, u.name AS agent
    FROM segment g
    LEFT JOIN segment_result r ON r.segment_id = g.id
    LEFT JOIN disposition d ON d.id = r.disposition_id
    LEFT JOIN agent a ON a.id = g.agent_id
    LEFT JOIN app_user u ON u.id = a.user_id
    WHERE g.contact_id = c.id AND g.role = 'primary' AND g.connected_at IS NOT NULL
    ORDER BY g.offered_at DESC LIMIT 1
) result ON true
ORDER BY page.id DESC
""")


async def page(
    conn: AsyncConnection,
    contact: Row,
    kinds: Collection[str],
    channels: Collection[str] | None,
    before: str | None,
    limit: int,
) -> list[Row]:
    """`kinds`: 'contact', 'note'; `channels` None: all of them. One more than `limit` where there are more."""
    asked: dict[str, Any] = {
        "contact": contact["id"],
        "company": contact["company_id"],
        "customer": contact["customer_id"],
        "contacts": "contact" in kinds,
        "notes": "note" in kinds,
        "channels": None if channels is None else list(channels),
        "before": before,
        "limit": limit + 1,
    }
    return await rows.every(conn, _PAGE.bindparams(**asked))
