"""By which mailboxes does a company read and write its mails, and how is each of them?"""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from fastapi import APIRouter

from app.api.access import Access, Caller
from app.api.acts import acting, new_id
from app.api.fields import CompanyPageQuery, PathId, sure_ms
from app.api.mailboxes_given import Dkim, DkimShown, MailboxChange, MailboxShown, NewMailbox, OAuth, OAuthShown
from app.api.named import found, require_company, require_queue
from app.api.pages import Page, changed_fields, page_of, require_current
from app.api.problems import invalid
from app.dkim_keys import NoKey, read_key
from app.reach import is_public, may_be_asked
from app.seals import seal
from app.store import mailboxes
from contacts.identify import canonical_email

router = APIRouter(prefix="/v1/mailboxes", tags=["mail"])

_HOSTS = {"imap_host": "imap_tls", "smtp_host": "smtp_tls"}
_BESIDE = frozenset({"oauth", "dkim", "created_ms", "trouble", "out_trouble"})


def _shown(row: Mapping[str, Any], access: Access) -> MailboxShown:
    state = access.doors.mailboxes().get(row["id"], {})
    return MailboxShown(
        **{name: row[name] for name in MailboxShown.model_fields if name not in _BESIDE},
        oauth=None
        if row["oauth_token_url"] is None
        else OAuthShown(token_url=row["oauth_token_url"], client_id=row["oauth_client_id"], scope=row["oauth_scope"]),
        dkim=_dkim_shown(row),
        created_ms=sure_ms(row["created_at"]),
        trouble=state.get("trouble"),
        out_trouble=state.get("out_trouble"),
    )


def _dkim_shown(row: Mapping[str, Any]) -> DkimShown | None:
    if row["dkim_selector"] is None:
        return None
    name = f"{row['dkim_selector']}._domainkey.{row['address'].rpartition('@')[2]}"
    return DkimShown(selector=row["dkim_selector"], name=name, record=row["dkim_public"])


@router.get("")
async def list_mailboxes(page: CompanyPageQuery, access: Caller) -> Page[MailboxShown]:
    company_ids = access.narrowed(page.company_id)
    async with access.reading() as conn:
        rows = await mailboxes.page(conn, company_ids, page.after, page.limit)
    return page_of(rows, page.limit, lambda row: _shown(row, access))


@router.post("", status_code=201)
async def create_mailbox(body: NewMailbox, access: Caller) -> MailboxShown:
    access.require_company(body.company_id)
    address = canonical_email(body.address)
    if address is None:
        raise invalid("/address", "not an e-mail address", "mailbox.address")
    fields = body.model_dump(exclude={"password", "oauth", "dkim"}) | {"address": address}
    _require_reachable(access, fields)
    if (body.password is None) == (body.oauth is None):
        raise invalid("/password", "expected either a password or oauth", "mailbox.entrance")
    sealed = _sealed(access, body.password, body.oauth) | _signing(access, body.dkim)
    async with acting(access) as act:
        await require_company(act.conn, body.company_id)
        await require_queue(act.conn, body.queue_id, body.company_id)
        row = await mailboxes.add(act.conn, {"id": new_id(), **sealed, **fields})
        await act.record("mailbox.created", "mailbox", row["id"], company_id=body.company_id, after=fields)
    return _shown(row, access)


@router.get("/{mailbox_id}")
async def read_mailbox(mailbox_id: PathId, access: Caller) -> MailboxShown:
    async with access.reading() as conn:
        row = found(await mailboxes.read(conn, mailbox_id, access.companies), "mailbox")
    return _shown(row, access)


@router.patch("/{mailbox_id}")
async def change_mailbox(mailbox_id: PathId, body: MailboxChange, access: Caller) -> MailboxShown:
    """The connection is made anew; what was read stays read."""
    async with acting(access) as act:
        before = found(await mailboxes.lock(act.conn, mailbox_id, access.companies), "mailbox")
        require_current(before, body.version, _shown(before, access))
        fields = changed_fields(body)
        replaced = [name for name in ("password", "oauth") if fields.pop(name, None) is not None]
        if len(replaced) > 1:
            raise invalid("/password", "expected either a password or oauth", "mailbox.entrance")
        _require_reachable(access, {**before, **fields})
        await require_queue(act.conn, fields.get("queue_id"), before["company_id"])
        sealed = _sealed(access, body.password, body.oauth)
        if fields.pop("dkim", "") != "":
            sealed |= _signing(access, body.dkim)
            replaced.append("dkim")
        row = await mailboxes.change(act.conn, mailbox_id, fields | sealed)
        await act.record(
            "mailbox.changed", "mailbox", mailbox_id, company_id=row["company_id"], before=before, after=fields,
            more=dict.fromkeys(replaced, "changed"),
        )  # fmt: skip
    return _shown(row, access)


@router.delete("/{mailbox_id}", status_code=204)
async def delete_mailbox(mailbox_id: PathId, access: Caller) -> None:
    """Its password is gone at once. Mails that were read stay; what lies in the mailbox itself is not touched."""
    async with acting(access) as act:
        row = found(await mailboxes.lock(act.conn, mailbox_id, access.companies), "mailbox")
        await mailboxes.archive(act.conn, mailbox_id)
        await act.record("mailbox.deleted", "mailbox", mailbox_id, company_id=row["company_id"])


def _sealed(access: Access, password: str | None, oauth: OAuth | None) -> dict[str, str | None]:
    """The columns of one or the other; the one that it takes the place of is gone. Nothing, where nothing is given."""
    key = access.porter.signing_key
    if password is not None:
        return {"sealed": seal(key, password), **mailboxes.NO_GRANT}
    if oauth is None:
        return {}
    if not may_be_asked(oauth.token_url, inside=access.doors.settings.endpoints_inside):
        raise invalid("/oauth/token_url", "expected https and a public address", "mailbox.inside")
    return {
        "sealed": "",
        "oauth_token_url": oauth.token_url,
        "oauth_client_id": oauth.client_id,
        "oauth_scope": oauth.scope,
        "oauth_secret_sealed": seal(key, oauth.client_secret) if oauth.client_secret else "",
        "oauth_refresh_sealed": seal(key, oauth.refresh_token),
    }


def _signing(access: Access, dkim: Dkim | None) -> dict[str, str | None]:
    if dkim is None:
        return dict(mailboxes.NO_DKIM)
    try:
        key, record = read_key(dkim.private_key)
    except NoKey:
        raise invalid("/dkim/private_key", "expected an RSA key of 1,024 to 4,096 bits in PEM", "mailbox.key") from None
    sealed = seal(access.porter.signing_key, key)
    return {"dkim_selector": dkim.selector, "dkim_sealed": sealed, "dkim_public": record}


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
