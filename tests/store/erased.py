"""Whose traces are there before an erasure, and where do they still stand after it?"""

import json
from dataclasses import replace

import asyncpg

from app.store import erasure, turn
from app.store.columns import metadata
from app.store.database import Database
from app.store.files import FileBlobs
from contacts.records import Draft
from tests.store.centre import Centre, Life, event, new_id, reply

VISITOR = "5ec2e700-0000-4000-8000-000000000001"  # of the site that they came from
SECRET = "Zaphod"  # stands in every place where a person may stand


async def personal_customer(owner: asyncpg.Connection, company_id: str) -> str:
    customer_id, other_id = new_id(), new_id()
    for each, name in ((customer_id, SECRET), (other_id, "Ford")):
        await owner.execute(
            "INSERT INTO customer (id, company_id, name, value, value_terms) VALUES ($1, $2, $3, 80, $4)",
            each,
            company_id,
            name,
            json.dumps({"why": name}),
        )
        await owner.execute(
            "INSERT INTO customer_address VALUES ($1, $2, 'email', $3, 'matched', 'api', now())",
            company_id,
            each,
            f"{name}@example.com",
        )
        await owner.execute(
            "INSERT INTO customer_fact (company_id, customer_id, key, value, source) "
            "VALUES ($1, $2, 'nick', $3, 'api')",
            company_id,
            each,
            json.dumps(name),
        )
    await owner.execute("INSERT INTO customer_relation VALUES ($1, $2, $3, 'owner')", company_id, customer_id, other_id)
    return customer_id


async def served(session, centre: Centre, owner: asyncpg.Connection, customer_id: str) -> Life:
    """A whole call of this customer, with their name wherever one can stand."""
    life = Life(centre, centre.agent_ids[0])
    life.contact = replace(
        life.contact, customer_id=customer_id, collected={"name": SECRET}, source_id=f"{SECRET}-1", source="api:1"
    )
    life.legs = [replace(leg, provider_ref=f"{SECRET}-{leg.role}") for leg in life.legs]
    life.effect = replace(life.effect, args={"leg": f"{SECRET}-customer"})
    drafts = life.steps()
    drafts[0].replies = [reply("report_legs", contacts={f"{SECRET}-customer": life.contact.id})]
    drafts[0].events = [replace(each, cause=drafts[0].replies[0].command_id) for each in drafts[0].events]
    seq = await owner.fetchval("SELECT coalesce(max(seq), 0) + 1 FROM event")
    for draft in drafts:
        await turn.commit(session, draft, seq)
        seq += len(draft.events)
    await owner.execute(
        "INSERT INTO segment_result (segment_id, note, answers) VALUES ($1, $2, $3)",
        life.segment.id,
        f"{SECRET} was rude",
        json.dumps({"who": SECRET}),
    )
    await owner.execute(
        "INSERT INTO contact_message (contact_id, n, sender, sender_ref, body) VALUES ($1, 1, 'customer', $2, $2)",
        life.contact.id,
        SECRET,
    )
    await owner.execute(
        "INSERT INTO note (id, company_id, contact_id, client_id, text) VALUES ($1, $2, $3, 'n', $4)",
        new_id(), life.contact.company_id, life.contact.id, f"{SECRET} again",
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO spam_sender (id, company_id, address, contact_id) VALUES ($1, $2, $3, $4)",
        new_id(), life.contact.company_id, f"{SECRET}@example.com", life.contact.id,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO mail_draft (contact_id, agent_id, company_id, text) VALUES ($1, $2, $3, $4)",
        life.contact.id, centre.agent_ids[0], life.contact.company_id, f"Dear {SECRET}",
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO chat (contact_id, company_id, visitor_id, n) VALUES ($1, $2, $3, 1)",
        life.contact.id, life.contact.company_id, VISITOR,
    )  # fmt: skip
    return life


async def erase(db: Database, owner, session, files: FileBlobs, customer_id: str) -> int:
    """What the API, the turn and the worker do together."""
    await owner.execute("UPDATE customer SET erased_at = now() WHERE id = $1", customer_id)

    async def ask_writer(company_id: str, customer_id: str) -> None:
        seq = await owner.fetchval("SELECT coalesce(max(seq), 0) + 1 FROM event")
        told = event("customer.erased", company_id=company_id, data={"customer_id": customer_id})
        await turn.commit(session, Draft([told]), seq)

    return await erasure.carry_out(db.engine, files, ask_writer)


async def where_is(owner: asyncpg.Connection, secret: str) -> list[str]:
    """Tables of which a row says it: the whole database, as a dump would show it."""
    return [
        name
        for name in metadata.tables
        if await owner.fetchval(f'SELECT EXISTS (SELECT 1 FROM "{name}" t WHERE t::text ILIKE $1)', f"%{secret}%")
    ]


async def erase_unidentified(db, owner, session, files, company_id: str, customer_id: str) -> None:
    """One sweep after another, as long as something is left."""
    await owner.execute("UPDATE customer SET erased_at = now() WHERE id = $1", customer_id)

    async def ask_writer(company_id: str, customer_id: str) -> None:
        await erasure.blank_written(owner, company_id, customer_id)

    await erasure.carry_out(db.engine, files, ask_writer)
