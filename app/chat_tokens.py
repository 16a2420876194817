"""Which visitor is this, and which chat is theirs? The site's browser keeps it, signed by us."""

import hashlib
from dataclasses import dataclass

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

TOKEN_MAX = 600

_ALGORITHM = "HS256"
_AUDIENCE = "jackfield/visitor"


@dataclass(frozen=True, slots=True)
class Visitor:
    widget_id: str
    visitor_id: str
    contact_id: str | None = None  # their last chat


def issue(signing_key: bytes, visitor: Visitor) -> str:
    claims = {"aud": _AUDIENCE, "widget": visitor.widget_id, "visitor": visitor.visitor_id}
    if visitor.contact_id is not None:
        claims["contact"] = visitor.contact_id
    return jwt.encode({"alg": _ALGORITHM}, claims, _key(signing_key))


def read(signing_key: bytes, text: str) -> Visitor | None:
    """None: not one of ours."""
    try:
        claims = jwt.decode(text, _key(signing_key), algorithms=[_ALGORITHM]).claims
        if claims["aud"] != _AUDIENCE:
            return None
        contact_id = claims.get("contact")
        return Visitor(str(claims["widget"]), str(claims["visitor"]), None if contact_id is None else str(contact_id))
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _key(signing_key: bytes) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"visitor:" + signing_key).digest())
