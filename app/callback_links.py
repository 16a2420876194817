"""Who may put off or give up a callback? Whoever has its link: signed by us, and of use only while it is to be made."""

import hashlib

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

TOKEN_MAX = 400

_ALGORITHM = "HS256"
_AUDIENCE = "jackfield/callback"


def issue(signing_key: bytes, contact_id: str) -> str:
    return jwt.encode({"alg": _ALGORITHM}, {"aud": _AUDIENCE, "contact": contact_id}, _key(signing_key))


def read(signing_key: bytes, text: str) -> str | None:
    """The contact's id; None: not a link of ours."""
    try:
        claims = jwt.decode(text, _key(signing_key), algorithms=[_ALGORITHM]).claims
        return str(claims["contact"]) if claims["aud"] == _AUDIENCE else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _key(signing_key: bytes) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"callback-link:" + signing_key).digest())
