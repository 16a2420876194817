"""How is a mailbox entered, and how are its mails signed? By what its row says, unsealed. All raises BrokenSeal."""

from collections.abc import Mapping
from typing import Any

from app.channels.mail.access import MailAccess, Provider, Server
from app.channels.mail.signing import Signer
from app.channels.mail.tokens import Grant
from app.seals import unseal


def access_of(row: Mapping[str, Any], signing_key: bytes, inside: bool, tokens: Provider | None) -> MailAccess:
    """`tokens`: where it has no password."""
    return MailAccess(
        row["address"],
        row["username"],
        unseal(signing_key, row["sealed"]) if tokens is None else "",
        Server(row["imap_host"], row["imap_port"], row["imap_tls"]) if row["incoming"] == "imap" else None,
        Server(row["smtp_host"], row["smtp_port"], row["smtp_tls"]),
        inside,
        tokens,
    )


def grant_of(row: Mapping[str, Any], signing_key: bytes) -> Grant:
    secret = row["oauth_secret_sealed"]
    return Grant(
        token_url=row["oauth_token_url"],
        client_id=row["oauth_client_id"],
        scope=row["oauth_scope"],
        client_secret=unseal(signing_key, secret) if secret else "",
        refresh_token=unseal(signing_key, row["oauth_refresh_sealed"]),
    )


def signer_of(row: Mapping[str, Any], signing_key: bytes) -> Signer | None:
    if row["dkim_selector"] is None:
        return None
    domain = row["address"].rpartition("@")[2]
    return Signer(domain, row["dkim_selector"], unseal(signing_key, row["dkim_sealed"]))
