"""Who is at the door? Session tokens, CSRF tokens, API keys and websocket tickets: made, hashed and read here.

Only hashes reach the database: a stolen dump opens no door. A ticket is signed and lives 30 s, so it needs no row.
"""

import hashlib
import hmac
import secrets
from dataclasses import asdict, dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

COOKIE = "jackfield_session"
CSRF_HEADER = "x-csrf-token"
KEY_PREFIX = "jf_"
TICKET_LIFE_S = 30
WALLBOARD = "wallboard:"  # before the id, in place of a session
TOKEN_BYTES = 32

_ALGORITHM = "HS256"
_AUDIENCE = "jackfield/ws"


class BadTicket(Exception):
    """Not ours, too old, or made for another Origin."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to open one agent's websocket. Bound to a user's session, or to the API key that asked for it."""

    user_id: str
    agent_id: str | None
    session: str | None  # hex of the hash of the session's token
    key_id: str | None
    origin: str | None  # where the page was loaded from; None: a program asked, any Origin may use it


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_api_key() -> str:
    return KEY_PREFIX + new_token()


def hash_of(token: str) -> bytes:
    """What is stored. The tokens are random, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()


def csrf_holds(stored: str, given: str | None) -> bool:
    return given is not None and hmac.compare_digest(stored.encode(), given.encode())


def issue_ticket(signing_key: bytes, ticket: Ticket, now_s: int) -> str:
    claims = {"aud": _AUDIENCE, "exp": now_s + TICKET_LIFE_S, **asdict(ticket)}
    return jwt.encode({"alg": _ALGORITHM}, claims, _key(signing_key))


def read_ticket(signing_key: bytes, text: str, origin: str | None, now_s: int) -> Ticket:
    """Raises BadTicket. Whether its session or key still lives is for the caller to look up."""
    try:
        claims = jwt.decode(text, _key(signing_key), algorithms=[_ALGORITHM]).claims
        expires_s, audience = claims.pop("exp"), claims.pop("aud")
        ticket = Ticket(**claims)
    except (JoseError, ValueError, TypeError, KeyError) as unreadable:
        raise BadTicket("not a ticket of ours") from unreadable
    if audience != _AUDIENCE or not isinstance(expires_s, int) or not expires_s - TICKET_LIFE_S <= now_s < expires_s:
        raise BadTicket("the ticket is too old")
    if ticket.origin is not None and ticket.origin != origin:
        raise BadTicket("the ticket was made for another Origin")
    return ticket


def _key(signing_key: bytes) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"ticket:" + signing_key).digest())
