"""By which doors do customers write to a company? A widget, a mailbox with LMTP, a fax number: each is made once."""

from dataclasses import dataclass

from floor.rest import Rest

SITE = "https://shop.example"
NOBODY = "floor"  # the mail server of the floor asks for no password


@dataclass(frozen=True, slots=True)
class DoorsWish:
    """`lmtp`: host:port where the server takes mails; `smtp_port`: where the floor takes those of the company."""

    company_id: str
    chat_queue_id: str
    letter_queue_id: str
    mailbox: str
    fax: str
    lmtp: str
    smtp_port: int


@dataclass(frozen=True, slots=True)
class Doors:
    company_id: str
    widget_key: str
    mailbox: str
    fax: str
    lmtp: tuple[str, int]
    site: str = SITE


async def open_doors(rest: Rest, wish: DoorsWish) -> Doors:
    """What is there is found. Raises Refused, httpx2.HTTPError."""
    host, _, port = wish.lmtp.rpartition(":")
    await _fax_number(rest, wish)
    await _mailbox(rest, wish)
    key = await _widget(rest, wish)
    return Doors(wish.company_id, key, wish.mailbox, wish.fax, (host, int(port)))


async def _widget(rest: Rest, wish: DoorsWish) -> str:
    async for there in rest.every("/v1/widgets", company_id=wish.company_id):
        if there["name"] == NOBODY:
            return str(there["key"])
    body = {"company_id": wish.company_id, "queue_id": wish.chat_queue_id, "name": NOBODY, "origins": [SITE]}
    return str((await rest.post("/v1/widgets", body))["key"])


async def _mailbox(rest: Rest, wish: DoorsWish) -> None:
    """Mails go to the floor's own port, another at each start."""
    out = {"smtp_host": "127.0.0.1", "smtp_port": wish.smtp_port, "smtp_tls": "none"}
    async for there in rest.every("/v1/mailboxes", company_id=wish.company_id):
        if there["address"] == wish.mailbox:
            await rest.ask("PATCH", f"/v1/mailboxes/{there['id']}", {"version": there["version"], **out})
            return
    body = {
        "company_id": wish.company_id,
        "queue_id": wish.letter_queue_id,
        "address": wish.mailbox,
        "incoming": "lmtp",
    }
    await rest.post("/v1/mailboxes", body | out | {"username": NOBODY, "password": NOBODY})


async def _fax_number(rest: Rest, wish: DoorsWish) -> None:
    async for there in rest.every("/v1/numbers", company_id=wish.company_id):
        if (there["kind"], there["address"]) == ("fax", wish.fax):
            return
    body = {"company_id": wish.company_id, "address": wish.fax, "kind": "fax", "queue_id": wish.letter_queue_id}
    await rest.post("/v1/numbers", body)
