"""By which mailboxes does a company read and write its mails, and how is each of them?"""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncConnection

from app.api.access import Access, Caller
from app.api.acts import acting, new_id
from app.api.fields import CompanyPageQuery, Given, Id, Language, Line, PathId, Shown, Text, Version, sure_ms, untouched
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import invalid, not_found
from app.reach import is_public
from app.seals import seal
from app.store import companies, mailboxes, queues
from contacts.identify import canonical_email

router = APIRouter(prefix="/v1/mailboxes", tags=["mail"])

REOPEN_DAYS = 14

Incoming = Literal["imap", "lmtp"]
Tls = Literal["tls", "starttls", "none"]
Mail = Annotated[str, StringConstraints(min_length=3, max_length=254, pattern="^[!-~]+@[!-~]+$")]
Host = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$")]
Port = Annotated[int, Field(ge=1, le=65_535)]
Username = Annotated[str, StringConstraints(min_length=1, max_length=254, pattern="^[^\\u0000-\\u001f\\u007f]+$")]
Password = Annotated[str, StringConstraints(min_length=1, max_length=512, pattern="^[^\\u0000-\\u001f\\u007f]+$")]
SenderName = Annotated[Line, StringConstraints(max_length=100)]
ReopenDays = Annotated[int, Field(ge=0, le=3650)]

_HOSTS = {"imap_host": "imap_tls", "smtp_host": "smtp_tls"}


class NewMailbox(Given):
    """Mails are read from INBOX by IMAP, or brought by your mail server over LMTP (`incoming`), and sent by SMTP, with
    this user and password. Ports: 993 and 465 with `tls`, 143 and 587 with `starttls`; `none` only where the operator
    allows the installation's own network.

    `acknowledge`: each new thread is answered once by `acknowledgement`, or by a text in `language`. `reopen_days`: so
    long after a contact an answer to it goes to the same agent first.
    """

    company_id: Id
    address: Mail
    queue_id: Id
    username: Username
    password: Password
    incoming: Incoming = "imap"
    imap_host: Host | None = None
    imap_port: Port = 993
    imap_tls: Tls = "tls"
    smtp_host: Host
    smtp_port: Port = 465
    smtp_tls: Tls = "tls"
    sender_name: SenderName = ""
    signature: Text = ""
    language: Language | None = None
    reopen_days: ReopenDays = REOPEN_DAYS
    acknowledge: bool = False
    acknowledgement: Text | None = None


class MailboxChange(Given):
    version: Version
    queue_id: Id = untouched()
    username: Username = untouched()
    password: Password = untouched()
    incoming: Incoming = untouched()
    imap_host: Host | None = untouched()
    imap_port: Port = untouched()
    imap_tls: Tls = untouched()
    smtp_host: Host = untouched()
    smtp_port: Port = untouched()
    smtp_tls: Tls = untouched()
    sender_name: SenderName = untouched()
    signature: Text = untouched()
    language: Language | None = untouched()
    reopen_days: ReopenDays = untouched()
    acknowledge: bool = untouched()
    acknowledgement: Text | None = untouched()


class MailboxShown(Shown):
    """`trouble` of reading, `out_trouble` of sending: `connecting`, `absent`, `certificate`, `access` (user or
    password), `refused`, `inside` (it leads into the installation's own network), `sealed` (by another secret key),
    `unheard` (mails are brought, and the operator has set no JACKFIELD_LMTP); null: none, or not known here, where
    another process reads it. The password is never shown.
    """

    id: Id
    company_id: Id
    address: str
    queue_id: Id
    username: str
    incoming: Incoming
    imap_host: str | None
    imap_port: int
    imap_tls: Tls
    smtp_host: str
    smtp_port: int
    smtp_tls: Tls
    sender_name: str
    signature: str
    language: str | None
    reopen_days: int
    acknowledge: bool
    acknowledgement: str | None
    created_ms: int
    version: int
    trouble: str | None
    out_trouble: str | None


_BESIDE = frozenset({"created_ms", "trouble", "out_trouble"})


def _shown(row: Mapping[str, Any], access: Access) -> MailboxShown:
    state = access.doors.mailboxes().get(row["id"], {})
    return MailboxShown(
        **{name: row[name] for name in MailboxShown.model_fields if name not in _BESIDE},
        created_ms=sure_ms(row["created_at"]),
        trouble=state.get("trouble"),
        out_trouble=state.get("out_trouble"),
    )


@router.get("")
async def list_mailboxes(page: CompanyPageQuery, access: Caller) -> Page[MailboxShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        found = await mailboxes.page(conn, company_ids, page.after, page.limit)
    return page_of(found, page.limit, lambda row: _shown(row, access))


@router.post("", status_code=201)
async def create_mailbox(body: NewMailbox, access: Caller) -> MailboxShown:
    access.require_company(body.company_id)
    address = canonical_email(body.address)
    if address is None:
        raise invalid("/address", "not an e-mail address", "mailbox.address")
    fields = body.model_dump(exclude={"password"}) | {"address": address}
    _require_reachable(access, fields)
    sealed = seal(access.porter.signing_key, body.password)
    async with acting(access) as act:
        if await companies.read(act.conn, body.company_id) is None:
            raise not_found("company", "/company_id")
        await _require_queue(act.conn, body.queue_id, body.company_id)
        row = await mailboxes.add(act.conn, {"id": new_id(), "sealed": sealed, **fields})
        await act.record("mailbox.created", "mailbox", row["id"], company_id=body.company_id, after=fields)
    return _shown(row, access)


@router.get("/{mailbox_id}")
async def read_mailbox(mailbox_id: PathId, access: Caller) -> MailboxShown:
    async with access.reading() as conn:
        row = await mailboxes.read(conn, mailbox_id, access.companies)
    if row is None:
        raise not_found("mailbox", "/mailbox_id", "path")
    return _shown(row, access)


@router.patch("/{mailbox_id}")
async def change_mailbox(mailbox_id: PathId, body: MailboxChange, access: Caller) -> MailboxShown:
    """The connection is made anew; what was read stays read."""
    async with acting(access) as act:
        before = await _locked(act.conn, mailbox_id, access)
        require_current(before, body.version, _shown(before, access))
        fields = changed_fields(body)
        password = fields.pop("password", None)
        _require_reachable(access, {**before, **fields})
        if "queue_id" in fields:
            await _require_queue(act.conn, fields["queue_id"], before["company_id"])
        kept = fields if password is None else {**fields, "sealed": seal(access.porter.signing_key, password)}
        row = await mailboxes.change(act.conn, mailbox_id, kept)
        await act.record(
            "mailbox.changed", "mailbox", mailbox_id, company_id=row["company_id"], before=before, after=fields,
            more={} if password is None else {"password": "changed"},
        )  # fmt: skip
    return _shown(row, access)


@router.delete("/{mailbox_id}", status_code=204)
async def delete_mailbox(mailbox_id: PathId, access: Caller) -> None:
    """Its password is gone at once. Mails that were read stay; what lies in the mailbox itself is not touched."""
    async with acting(access) as act:
        row = await _locked(act.conn, mailbox_id, access)
        await mailboxes.archive(act.conn, mailbox_id)
        await act.record("mailbox.deleted", "mailbox", mailbox_id, company_id=row["company_id"])


async def _locked(conn: AsyncConnection, mailbox_id: str, access: Access) -> Mapping[str, Any]:
    row = await mailboxes.lock(conn, mailbox_id, access.companies)
    if row is None:
        raise not_found("mailbox", "/mailbox_id", "path")
    return row


async def _require_queue(conn: AsyncConnection, queue_id: str, company_id: str) -> None:
    if not await queues.are_of(conn, [queue_id], company_id):
        raise not_found("queue", "/queue_id")


def _require_reachable(access: Access, fields: Mapping[str, Any]) -> None:
    """Where a name leads is seen when it is connected."""
    if fields["incoming"] == "imap" and fields["imap_host"] is None:
        raise invalid("/imap_host", "a mailbox that is read by IMAP has a server", "mailbox.no_server")
    if access.doors.settings.endpoints_inside:
        return
    for host, tls in _HOSTS.items():
        if fields[host] is None:
            continue
        if fields[tls] == "none":
            raise invalid(f"/{tls}", "expected tls or starttls", "mailbox.plain")
        if not _may_be_public(fields[host]):
            raise invalid(f"/{host}", "expected a public address", "mailbox.inside")


def _may_be_public(host: str) -> bool:
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return False
    try:
        return is_public(str(ip_address(host)))
    except ValueError:  # a name; what is written otherwise is none of an IP address
        return re.fullmatch(r"[0-9.]+|0[xX].*", host) is None
