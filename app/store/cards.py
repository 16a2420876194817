"""What is read for the card of a contact? Set-based: the cards of many contacts cost a few queries together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.store.database import Reads
from contacts.customer import Address
from contacts.identify import MAX_CANDIDATES

PAST_MAX = 21  # ten that are over, ten that are open, and this one

# Who has this address, and the one customer: (place in the list, customer and all that is known of them).
PEOPLE = f"""
SELECT k.n, c.id::text, c.name, c.value, c.value_terms, c.language, c.zone,
    (SELECT f.value FROM customer_fact f
     WHERE f.company_id = c.company_id AND f.customer_id = c.id AND f.key = 'life_stage') AS life_stage
FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::text[]) AS k(n, company_id, customer_id, address)
CROSS JOIN LATERAL (
    SELECT k.customer_id AS id WHERE k.customer_id IS NOT NULL
    UNION
    (SELECT a.customer_id FROM customer_address a
     WHERE k.customer_id IS NULL AND a.company_id = k.company_id AND a.kind IN ('phone', 'email', 'visitor')
        AND a.address = k.address LIMIT {MAX_CANDIDATES})
) found
JOIN customer c ON c.company_id = k.company_id AND c.id = found.id AND c.erased_at IS NULL AND c.merged_into IS NULL
"""
ADDRESSES = """
SELECT k.n, a.company_id::text, a.customer_id::text, a.kind, a.address, a.level, a.source
FROM unnest($1::int[], $2::uuid[], $3::uuid[]) AS k(n, company_id, customer_id)
CROSS JOIN LATERAL (
    SELECT * FROM customer_address a WHERE a.company_id = k.company_id AND a.customer_id = k.customer_id
    ORDER BY a.kind, a.address LIMIT 50
) a
"""
PAST = f"""
SELECT k.n, c.id::text, c.channel, c.direction, (extract(epoch FROM c.arrived_at) * 1000000)::bigint, c.outcome,
    (SELECT q.name FROM stay s JOIN queue q ON q.id = s.queue_id
     WHERE s.contact_id = c.id ORDER BY s.queued_at DESC LIMIT 1),
    (SELECT d.name FROM segment g JOIN segment_result r ON r.segment_id = g.id
     JOIN disposition d ON d.id = r.disposition_id
     WHERE g.contact_id = c.id ORDER BY g.offered_at DESC LIMIT 1)
FROM unnest($1::int[], $2::uuid[], $3::uuid[]) AS k(n, company_id, customer_id)
CROSS JOIN LATERAL (
    SELECT * FROM contact c WHERE c.company_id = k.company_id AND c.customer_id = k.customer_id
    ORDER BY c.arrived_at DESC LIMIT {PAST_MAX}
) c
"""
LINKS = "SELECT id::text, crm_links, crm_hosts FROM company WHERE id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Asked:
    company_id: str
    customer_id: str | None
    address: str | None  # where it came from


@dataclass(slots=True)
class Answer:
    people: list[tuple[Any, ...]] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    past: list[tuple[Any, ...]] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


async def read(reads: Reads, asked: Sequence[Asked]) -> list[Answer]:
    """In the order in which they were asked."""
    answers = [Answer() for _ in asked]
    links = {row[0]: (row[1], row[2]) for row in await reads.fetch(LINKS, list({each.company_id for each in asked}))}
    for each, answer in zip(asked, answers, strict=True):
        answer.links, answer.hosts = links.get(each.company_id, ([], []))
    known = [n for n, each in enumerate(asked) if each.customer_id is not None or each.address is not None]
    if not known:
        return answers
    companies = [asked[n].company_id for n in known]
    wanted = (known, companies, [asked[n].customer_id for n in known], [asked[n].address for n in known])
    for n, *person in await reads.fetch(PEOPLE, *wanted):
        answers[n].people.append(tuple(person))
    people = [(n, asked[n].company_id, person[0]) for n in known for person in answers[n].people]
    if people:
        for n, *row in await reads.fetch(ADDRESSES, *map(list, zip(*people, strict=True))):
            answers[n].addresses.append(Address(row[0], row[1], row[2], row[3], row[4], row[5], at_us=0))
    owners = [(n, company_id, who) for n, company_id, who in people if asked[n].customer_id == who]
    if owners:
        for n, *row in await reads.fetch(PAST, *map(list, zip(*owners, strict=True))):
            answers[n].past.append(tuple(row))
    return answers
