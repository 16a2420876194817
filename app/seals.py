"""How do secrets that must be read again lie in the database? Sealed by the installation's key (JWE, AES-256-GCM)."""

import hashlib

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

_HEADER = {"alg": "dir", "enc": "A256GCM"}


class BrokenSeal(Exception):
    """Sealed by another key, or changed."""


def seal(signing_key: bytes, secret: str) -> str:
    return jwe.encrypt_compact(_HEADER, secret.encode(), _key(signing_key))


def unseal(signing_key: bytes, sealed: str) -> str:
    """Raises BrokenSeal."""
    try:
        found = jwe.decrypt_compact(sealed, _key(signing_key), algorithms=["dir", "A256GCM"])
    except (JoseError, ValueError) as broken:
        raise BrokenSeal from broken
    return (found.plaintext or b"").decode()


def _key(signing_key: bytes) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"seal:" + signing_key).digest())
