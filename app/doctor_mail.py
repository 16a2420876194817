"""Can mails be read and sent? What could be wrong with the mailboxes that are configured."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from app.channels.mail.access import MailAccess, MailTrouble
from app.channels.mail.imap import Inbox
from app.channels.mail.smtp import probe
from app.channels.mail.tokens import Grant, Tokens
from app.doctor_telephony import Finding
from app.mail_entrance import access_of, grant_of
from app.seals import BrokenSeal, seal
from app.settings import Settings

_Keep = Callable[[str, str], Awaitable[None]]

EXAMINED_MAX = 50
THERE = "SELECT to_regclass('mailbox') IS NOT NULL"
CONNECTED = f"""
SELECT id::text, address, username, sealed, incoming, imap_host, imap_port, imap_tls, smtp_host, smtp_port, smtp_tls,
    oauth_token_url, oauth_client_id, oauth_scope, oauth_secret_sealed, oauth_refresh_sealed
FROM mailbox WHERE archived_at IS NULL ORDER BY id LIMIT {EXAMINED_MAX}
"""
RENEWED = "UPDATE mailbox SET oauth_refresh_sealed = $2 WHERE id = $1::uuid AND oauth_token_url IS NOT NULL"
REFUSED = "SELECT count(*) FROM mail WHERE direction = 'in' AND state = 'failed'"

CURES = {
    "absent": "start it, or correct host and port: PATCH /v1/mailboxes",
    "certificate": "a certificate that the machine trusts, for this name; SSL_CERT_FILE names authorities of your own",
    "access": "correct user and password: PATCH /v1/mailboxes",
    "refused": "the account needs an INBOX, and IMAP allowed",
    "unheard": "set JACKFIELD_LMTP=host:port, where mail servers of this machine or a private network bring mails",
    "grant": "consent anew and give the refresh token, or correct the client: PATCH /v1/mailboxes",
    "token": "correct oauth.token_url, or ask the provider of the tokens why it does not answer",
    "inside": "a public address, or JACKFIELD_ENDPOINTS_INSIDE=1 if companies may reach your own network",
}


async def examine_mail(connection: "asyncpg.Connection[Any]", signing_key: bytes, settings: Settings) -> list[Finding]:
    """Nothing is found where there is no mailbox. Nothing is read, and nothing sent."""
    if not await connection.fetchval(THERE):
        return []
    rows = await connection.fetch(CONNECTED)
    if not rows:
        return []
    one_at_a_time = asyncio.Lock()

    async def keep(mailbox_id: str, sealed: str) -> None:
        async with one_at_a_time:
            await connection.execute(RENEWED, mailbox_id, sealed)

    found = await asyncio.gather(*(_mailbox(row, keep, signing_key, settings) for row in rows))
    return [*found, *judge_refused(int(await connection.fetchval(REFUSED)))]


def judge_refused(count: int) -> list[Finding]:
    if count == 0:
        return []
    return [Finding("mails", "warn", f"{count} could not be taken", "look for 'mail refused' in the log")]


async def _mailbox(row: "asyncpg.Record", keep: _Keep, signing_key: bytes, settings: Settings) -> Finding:
    name = f"mailbox {row['address']}"
    inside = settings.endpoints_inside
    try:
        access = access_of(row, signing_key, inside, _tokens(row, keep, signing_key, inside))
    except BrokenSeal:
        return Finding(name, "fail", "its password was sealed by another secret key", "give the password anew")
    imap, smtp = access.imap, access.smtp
    if imap is None and settings.lmtp is None:
        return judge_trouble(name, "LMTP", MailTrouble("unheard"))
    try:
        secret = await access.secret()
    except MailTrouble as trouble:
        return judge_trouble(name, f"OAuth at {row['oauth_token_url']}", trouble)
    if imap is not None:
        try:
            await asyncio.to_thread(_open, access, secret)
        except MailTrouble as trouble:
            return judge_trouble(name, f"IMAP {imap.host}:{imap.port}", trouble)
    try:
        await probe(access)
    except MailTrouble as trouble:
        return judge_trouble(name, f"SMTP {smtp.host}:{smtp.port}", trouble)
    return Finding(name, "ok", "is read by IMAP and sends by SMTP" if imap else "hears LMTP and sends by SMTP")


def _tokens(row: "asyncpg.Record", keep: _Keep, signing_key: bytes, inside: bool) -> Tokens | None:
    """A provider may give another refresh token: it is kept, for the one before is worth nothing then."""
    if row["oauth_token_url"] is None:
        return None
    grant = grant_of(row, signing_key)

    async def kept() -> Grant:
        return grant

    async def renew(refresh_token: str) -> None:
        await keep(row["id"], seal(signing_key, refresh_token))

    return Tokens(kept, renew, inside)


def _open(access: MailAccess, secret: str) -> None:
    with Inbox(access) as inbox:
        inbox.open(secret)


def judge_trouble(name: str, where: str, trouble: MailTrouble) -> Finding:
    return Finding(name, "fail", f"{where}: {trouble.word}", CURES.get(trouble.word, "look into the log"))
