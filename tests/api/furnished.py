"""Two companies on one installation, each with one thing of every kind."""

import base64
import hashlib
import io
import json
import time
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from app.api.acts import new_id
from tests.api.conftest import House

COMPANY_OWNED = (
    "wallboard", "queue", "flow", "number", "customer", "disposition", "contact", "segment", "recording", "endpoint",
    "prompt", "task", "fax", "mailbox", "mail", "faq", "unanswered", "widget", "canned_answer",
    "spam_sender",
)  # fmt: skip
OPERATOR_OWNED = ("user", "agent", "team", "skill", "key", "provider", "grant", "asterisk")


# A tenth of a second of silence, as telephones play it.
WAVE = bytes.fromhex(
    "52494646 64060000 57415645 666d7420 10000000 0100 0100 401f0000 803e0000 0200 1000 64617461 40060000"
) + bytes(1_600)
FAR_MS = round(time.time() * 1000) + 86_400_000
FLOW = "flow: main\nlanguages: [en]\nstart: bye\nnodes: {bye: {hang_up: ''}}\n"


def fax_pages(count: int = 1, size: tuple[int, int] = (1728, 400), dpi: tuple[int, int] = (204, 196)) -> bytes:
    """A TIFF as fax machines make it; each page has a black stripe of its own."""
    pages = [Image.new("1", size, 1) for _ in range(count)]
    for n, page in enumerate(pages):
        page.paste(0, (100, 20 * n, size[0] - 100, 20 * n + 10))
    made = io.BytesIO()
    pages[0].save(made, "TIFF", compression="group4", dpi=dpi, save_all=True, append_images=pages[1:])
    return made.getvalue()


DOCUMENT_OF_A_FAX = base64.b64encode(fax_pages()).decode()


@dataclass(slots=True)
class Things:
    """Ids by kind, and what a request can name besides ids."""

    company: str
    slug: str
    ids: dict[str, str] = field(default_factory=dict)
    address: str = ""


async def furnish(house: House, slug: str, address: str) -> Things:
    made = Things((await house.make("companies", {"slug": slug, "name": slug}))["id"], slug, address=address)
    of = {"company_id": made.company}
    ids = made.ids
    ids["queue"] = (await house.make("queues", of | {"name": "Service"}))["id"]
    ids["flow"] = (await house.make("flows", of | {"name": "Main", "text": FLOW}))["id"]
    endpoint = of | {"name": "balance", "url": f"https://crm.{slug}.example/balance"}
    ids["endpoint"] = (await house.make("endpoints", endpoint))["id"]
    box = {"address": f"support@{slug}.example", "username": "u", "password": "p", "queue_id": ids["queue"]}
    box |= {"imap_host": "imap.example.com", "smtp_host": "smtp.example.com"}
    ids["mailbox"] = (await house.make("mailboxes", of | box))["id"]
    ids["prompt"] = await upload(house.operator, made.company)
    entry = {"language": "en", "question": "Where are you?", "answer": "Here", "state": "published", "key": "where"}
    ids["faq"] = (await house.make("faq", of | entry))["id"]
    ids["unanswered"] = await ask_in_vain(house, made.company)
    groups = {"language": "zh-CN", "version": 0, "groups": [["flat", "apartment"]]}
    assert (await house.operator.post("/v1/faq/synonyms", json=of | groups)).status_code == 200
    ids["canned_answer"] = (await house.make("canned-answers", of | {"name": "Hello", "text": "Hi {customer}"}))["id"]
    widget = of | {"name": "Chat", "queue_id": ids["queue"], "origins": [f"https://{slug}.example"]}
    ids["widget"] = (await house.make("widgets", widget))["id"]
    ids["number"] = (await house.make("numbers", of | {"address": address, "queue_id": ids["queue"]}))["id"]
    ids["customer"] = (await house.make("customers", of | {"name": f"Customer of {slug}"}))["id"]
    ids["disposition"] = (await house.make("dispositions", of | {"code": "sold", "name": "Sold"}))["id"]
    ids["contact"] = await insert_contact(house, made.company, ids["customer"])
    ids["task"] = await insert_task(house, made)
    ids["wallboard"] = (await house.make("wallboards", {"company_ids": [made.company]}))["id"]
    ids["team"] = (await house.make("teams", {"name": slug}))["id"]
    ids["skill"] = (await house.make("skills", {"name": f"of_{slug}"}))["id"]
    ids["user"] = (await house.make("users", {"login": f"user-{slug}", "name": "U"}))["id"]
    ids["grant"] = (await house.make(f"users/{ids['user']}/grants", of | {"role": "agent"}))["id"]
    ids["agent"] = (await house.make("agents", {"user_id": ids["user"]}))["id"]
    ids["key"] = (await house.make("api-keys", {"name": "k", "role": "admin", "company_ids": [made.company]}))["id"]
    ids["segment"] = await insert_segment(house, ids["contact"], ids["queue"], ids["agent"])
    ids["recording"] = await insert_recording(house, made.company, ids["contact"])
    await insert_file(house, made.company, ids["contact"])
    ids["fax"] = await insert_fax(house, made.company, ids["contact"])
    ids["mail"] = await insert_mail(house, made.company, ids["mailbox"], ids["contact"])
    ids["spam_sender"] = await insert_spam_sender(house, made.company, ids["contact"])
    pbx = {"name": "pbx", "url": "http://127.0.0.1:9/ari", "username": "u", "password": "p"}
    ids["asterisk"] = (await house.make("asterisks", pbx))["id"]
    provider = {"name": "p", "command_url": "http://127.0.0.1:9/", "company_id": made.company}
    ids["provider"] = (await house.make("telephony-providers", provider))["id"]
    return made


async def upload(client: Any, company_id: str, name: str = "hello.wav", language: str = "en") -> str:
    about = {"company_id": company_id, "name": name, "language": language}
    answer = await client.post("/v1/prompts", params=about, content=WAVE, headers={"content-type": "audio/wav"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def ask_in_vain(house: House, company_id: str) -> str:
    question = {"company_id": company_id, "text": "How do I knit a scarf?"}
    assert (await house.operator.post("/v1/faq/search", json=question)).json()["items"] == []
    (row,) = (await house.operator.get("/v1/faq/unanswered", params={"company_id": company_id})).json()["items"]
    return str(row["id"])


async def insert_contact(house: House, company_id: str, customer_id: str | None = None, **more: Any) -> str:
    """As a turn would have written it."""
    contact_id = new_id()
    values = {"state": "closed", "outcome": "handled", "channel": "phone"} | more
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            """
            INSERT INTO contact (id, company_id, domain_id, channel, direction, state, customer_id, source, source_id,
                                 arrived_at, closed_at, outcome)
            VALUES ($1::text::uuid, $2::text::uuid, 1, $3, 'in', $4, $5::text::uuid, 'test', $6, now(),
                    CASE WHEN $4 = 'closed' THEN now() END, $7)
            """,
            (contact_id, company_id, values["channel"], values["state"], customer_id, contact_id, values["outcome"]),
        )
    return contact_id


async def insert_task(house: House, things: Things, source: str = "test", at_ms: int | None = FAR_MS) -> str:
    """As a turn would have written it; without `at_ms` its time has come."""
    task_id = await insert_contact(house, things.company, state="open", outcome=None, channel="task")
    planned = {} if at_ms is None else {"again_us": at_ms * 1000}
    task = {
        "kind": "visit", "queue_id": things.ids["queue"], "agent_id": None, "requirement": None,
        "due_us": FAR_MS * 1000, **planned,
    }  # fmt: skip
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            "UPDATE contact SET ivr = $2::text::jsonb, collected = $3::text::jsonb, source = $4 "
            "WHERE id = $1::text::uuid",
            (task_id, json.dumps({"task": task}), '{"subject": "See them"}', source),
        )
    return task_id


async def insert_segment(house: House, contact_id: str, queue_id: str, agent_id: str) -> str:
    """Of a wait that was answered; as a turn would have written it."""
    stay_id, segment_id = new_id(), new_id()
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            """
            INSERT INTO stay (id, contact_id, company_id, domain_id, queue_id, queue_version, requirement, place_us,
                              queued_at, promise_at, limit_at, ended_at, "end")
            SELECT $1::text::uuid, c.id, c.company_id, 1, $2::text::uuid, 1, '', 0, now(), now(), now(), now(),
                   'answered'
            FROM contact c WHERE c.id = $3::text::uuid
            """,
            (stay_id, queue_id, contact_id),
        )
        await conn.exec_driver_sql(
            """
            INSERT INTO segment (id, contact_id, stay_id, domain_id, agent_id, role, state, offered_at, exclusive)
            VALUES ($1::text::uuid, $2::text::uuid, $3::text::uuid, 1, $4::text::uuid, 'primary', 'done', now(), true)
            """,
            (segment_id, contact_id, stay_id, agent_id),
        )
    return segment_id


async def insert_mail(house: House, company_id: str, mailbox_id: str, contact_id: str) -> str:
    """One that came, with its original as its attachment, too."""
    mail_id, blob_id, content = new_id(), new_id(), b"Subject: hello"
    await house.files.put(blob_id, content)
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            """
            INSERT INTO blob (id, company_id, contact_id, kind, media_type, filename, location, state, retention,
                              sha256, size_bytes)
            VALUES ($1::text::uuid, $2::text::uuid, $3::text::uuid, 'mail', 'message/rfc822', 'a.eml', $1, 'stored',
                    'mail', $4, $5)
            """,
            (blob_id, company_id, contact_id, hashlib.sha256(content).hexdigest(), len(content)),
        )
        await conn.exec_driver_sql(
            """
            INSERT INTO mail (id, company_id, mailbox_id, thread_id, contact_id, direction, kind, state, key,
                              message_id, from_address, subject, raw_blob_id)
            VALUES ($1::text::uuid, $2::text::uuid, $3::text::uuid, $1::text::uuid, $4::text::uuid, 'in', 'message',
                    'delivered', $1, 'a@b.example', 'alice@customer.example', 'hello', $5::text::uuid)
            """,
            (mail_id, company_id, mailbox_id, contact_id, blob_id),
        )
        await conn.exec_driver_sql(
            "INSERT INTO mail_attachment (mail_id, company_id, n, blob_id) "
            "VALUES ($1::text::uuid, $2::text::uuid, 1, $3::text::uuid)",
            (mail_id, company_id, blob_id),
        )
    return mail_id


async def insert_spam_sender(house: House, company_id: str, contact_id: str) -> str:
    spam_sender_id = new_id()
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            "INSERT INTO spam_sender (id, company_id, address, contact_id) "
            "VALUES ($1::text::uuid, $2::text::uuid, 'spam@customer.example', $3::text::uuid)",
            (spam_sender_id, company_id, contact_id),
        )
    return spam_sender_id


async def insert_recording(house: House, company_id: str, contact_id: str) -> str:
    """Of a conversation, with its sound."""
    blob_id, sound = new_id(), b"RIFF"
    await house.files.put(blob_id, sound)
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            """
            INSERT INTO blob (id, company_id, contact_id, kind, media_type, location, state, retention, sha256,
                              size_bytes)
            VALUES ($1::text::uuid, $2::text::uuid, $3::text::uuid, 'call', 'audio/wav', $1, 'stored', 'recording',
                    $4, 4)
            """,
            (blob_id, company_id, contact_id, hashlib.sha256(sound).hexdigest()),
        )
        await conn.exec_driver_sql(
            """
            INSERT INTO recording (blob_id, contact_id, kind, part, began_at, length_ms)
            VALUES ($1::text::uuid, $2::text::uuid, 'call', 1, now(), 1000)
            """,
            (blob_id, contact_id),
        )
    return blob_id


async def insert_file(house: House, company_id: str, contact_id: str) -> str:
    """As the first message of a chat."""
    blob_id, content = new_id(), b"Hello"
    await house.files.put(blob_id, content)
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            """
            INSERT INTO blob (id, company_id, contact_id, kind, media_type, filename, location, state, retention,
                              sha256, size_bytes)
            VALUES ($1::text::uuid, $2::text::uuid, $3::text::uuid, 'chat', 'text/plain', 'a.txt', $1, 'stored',
                    'chat', $4, 5)
            """,
            (blob_id, company_id, contact_id, hashlib.sha256(content).hexdigest()),
        )
        await conn.exec_driver_sql(
            "INSERT INTO contact_message (contact_id, n, sender, body, blob_id) "
            "VALUES ($1::text::uuid, 1, 'customer', '', $2::text::uuid)",
            (contact_id, blob_id),
        )
    return blob_id


async def insert_fax(house: House, company_id: str, contact_id: str, pages: int = 1, tiff: bytes | None = None) -> str:
    """One that came."""
    blob_id, tiff = new_id(), fax_pages(pages) if tiff is None else tiff
    await house.files.put(blob_id, tiff)
    async with house.database.engine.begin() as conn:
        await conn.exec_driver_sql(
            """
            INSERT INTO blob (id, company_id, contact_id, kind, media_type, location, state, retention, sha256,
                              size_bytes)
            VALUES ($1::text::uuid, $2::text::uuid, $3::text::uuid, 'fax', 'image/tiff', $1, 'stored', 'fax', $4, $5)
            """,
            (blob_id, company_id, contact_id, hashlib.sha256(tiff).hexdigest(), len(tiff)),
        )
        await conn.exec_driver_sql(
            """
            INSERT INTO fax (blob_id, contact_id, direction, pages, complete, took_s, station)
            VALUES ($1::text::uuid, $2::text::uuid, 'in', $3, true, 42, '+49 30 1')
            """,
            (blob_id, contact_id, pages),
        )
    return blob_id
