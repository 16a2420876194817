"""Can mails be read and sent? What could be wrong with the mailboxes that are configured."""

import asyncio
from typing import Any

import asyncpg

from app.channels.mail.access import MailAccess, MailTrouble, Server
from app.channels.mail.imap import Inbox
from app.channels.mail.smtp import probe
from app.doctor_telephony import Finding
from app.seals import BrokenSeal, unseal
from app.settings import Settings

EXAMINED_MAX = 50
THERE = "SELECT to_regclass('mailbox') IS NOT NULL"
CONNECTED = f"""
SELECT address, username, sealed, incoming, imap_host, imap_port, imap_tls, smtp_host, smtp_port, smtp_tls
FROM mailbox WHERE archived_at IS NULL ORDER BY id LIMIT {EXAMINED_MAX}
"""
REFUSED = "SELECT count(*) FROM mail WHERE direction = 'in' AND state = 'failed'"

CURES = {
    "absent": "start it, or correct host and port: PATCH /v1/mailboxes",
    "certificate": "a certificate that the machine trusts, for this name; SSL_CERT_FILE names authorities of your own",
    "access": "correct user and password: PATCH /v1/mailboxes",
    "refused": "the account needs an INBOX, and IMAP allowed",
    "unheard": "set JACKFIELD_LMTP=host:port, where mail servers of this machine or a private network bring mails",
    "inside": "a public address, or JACKFIELD_ENDPOINTS_INSIDE=1 if companies may reach your own network",
}


async def examine_mail(connection: "asyncpg.Connection[Any]", signing_key: bytes, settings: Settings) -> list[Finding]:
    """Nothing is found where there is no mailbox. Nothing is read, and nothing sent."""
    if not await connection.fetchval(THERE):
        return []
    rows = await connection.fetch(CONNECTED)
    if not rows:
        return []
    found = await asyncio.gather(*(_mailbox(row, signing_key, settings) for row in rows))
    return [*found, *judge_refused(int(await connection.fetchval(REFUSED)))]


def judge_refused(count: int) -> list[Finding]:
    if count == 0:
        return []
    return [Finding("mails", "warn", f"{count} could not be taken", "look for 'mail refused' in the log")]


async def _mailbox(row: "asyncpg.Record", signing_key: bytes, settings: Settings) -> Finding:
    name = f"mailbox {row['address']}"
    try:
        password = unseal(signing_key, row["sealed"])
    except BrokenSeal:
        return Finding(name, "fail", "its password was sealed by another secret key", "give the password anew")
    imap = Server(row["imap_host"], row["imap_port"], row["imap_tls"]) if row["incoming"] == "imap" else None
    smtp = Server(row["smtp_host"], row["smtp_port"], row["smtp_tls"])
    access = MailAccess(row["address"], row["username"], password, imap, smtp, settings.endpoints_inside)
    if imap is None and settings.lmtp is None:
        return judge_trouble(name, "LMTP", MailTrouble("unheard"))
    if imap is not None:
        try:
            await asyncio.to_thread(_open, access)
        except MailTrouble as trouble:
            return judge_trouble(name, f"IMAP {imap.host}:{imap.port}", trouble)
    try:
        await probe(access)
    except MailTrouble as trouble:
        return judge_trouble(name, f"SMTP {smtp.host}:{smtp.port}", trouble)
    return Finding(name, "ok", "is read by IMAP and sends by SMTP" if imap else "hears LMTP and sends by SMTP")


def _open(access: MailAccess) -> None:
    with Inbox(access) as inbox:
        inbox.open()


def judge_trouble(name: str, where: str, trouble: MailTrouble) -> Finding:
    return Finding(name, "fail", f"{where}: {trouble.word}", CURES.get(trouble.word, "look into the log"))
