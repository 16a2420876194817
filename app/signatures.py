"""Is this webhook from whom it says, and how do ours prove that they are from us? Standard Webhooks 1.0.0.

A provider has up to two live secrets each way, so that they can be rotated without losing a delivery: what comes in may
be signed with either, what goes out carries a signature of each.
"""

import binascii
import hashlib
import hmac
import re
import secrets
from base64 import b32encode, b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook, WebhookVerificationError

LIVE_SECRETS_MAX = 2
SECRET_BYTES = 32
TOLERANCE_S = 300  # the library's own bound, named for those who tell people about it
SIGNATURES_MAX = 8  # in one header

MAIL_TOKEN_BYTES = 10

_MAIL_ID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([a-z2-7]{16})@.*")
_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class BadSignature(Exception):
    """The headers are missing or malformed, the timestamp is stale, or no live secret made the signature."""


def new_secret() -> str:
    return "whsec_" + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def is_secret(text: str) -> bool:
    """True for `whsec_` and 24 to 64 bytes of base64."""
    if not text.startswith("whsec_"):
        return False
    try:
        return 24 <= len(b64decode(text.removeprefix("whsec_"), validate=True)) <= 64
    except binascii.Error:
        return False


def sign(live_secrets: Sequence[str], message_id: str, now_s: float, body: bytes) -> dict[str, str]:
    """The three headers of a webhook that we send."""
    at = datetime.fromtimestamp(int(now_s), tz=UTC)
    text = body.decode()
    signatures = [Webhook(secret).sign(message_id, at, text) for secret in live_secrets[:LIVE_SECRETS_MAX]]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now_s)),
        "webhook-signature": " ".join(signatures),
    }


def verify(live_secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> str:
    """The webhook-id of a delivery that one of the live secrets signed. Raises BadSignature.

    `headers` has lower-case names or ignores case; the wall clock decides what is stale.
    """
    given = {name: headers.get(name) or "" for name in _HEADERS}
    if not all(given.values()) or given["webhook-signature"].count(" ") >= SIGNATURES_MAX:
        raise BadSignature("the webhook headers are missing or malformed")
    for secret in live_secrets[:LIVE_SECRETS_MAX]:
        try:
            Webhook(secret).verify(body, given, json_parse=False)
        except (WebhookVerificationError, ValueError, TypeError):  # the library lets malformed headers raise ValueError
            continue
        return given["webhook-id"]
    raise BadSignature("no live secret made this signature, or its timestamp is stale")


# --- ids of our mails -------------------------------------------------------------------------------------------------


def message_id(signing_key: bytes, company_id: str, mail_id: str, domain: str) -> str:
    """Of a mail that we send, without brackets: whoever answers it shows by it that they have the mail."""
    return f"{mail_id}.{_mail_token(signing_key, company_id, mail_id)}@{domain}"


def mail_of(signing_key: bytes, company_id: str, told: str) -> str | None:
    """The id of the company's mail that is named by a message id of ours; None: we did not sign it."""
    found = _MAIL_ID.fullmatch(told)
    if found is None:
        return None
    signed = hmac.compare_digest(found[2], _mail_token(signing_key, company_id, found[1]))
    return found[1] if signed else None


def _mail_token(signing_key: bytes, company_id: str, mail_id: str) -> str:
    digest = hmac.new(signing_key, f"mail:{company_id}:{mail_id}".encode(), hashlib.sha256).digest()
    return b32encode(digest[:MAIL_TOKEN_BYTES]).decode().lower()
