"""How do secrets that must be read again lie in the database? Sealed by the installation's key (JWE, AES-256-GCM)."""

import hashlib
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

SECRET_CHARACTERS_MAX = 4_096  # of one that lies in a row
_NONCE_BYTES = 12
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


def seal_file(signing_key: bytes, content: bytes) -> bytes:
    """AES-256-GCM: a nonce of 12 bytes, and what it sealed."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_file_key(signing_key)).encrypt(nonce, content, None)


def unseal_file(signing_key: bytes, sealed: bytes) -> bytes:
    """Raises BrokenSeal."""
    try:
        return AESGCM(_file_key(signing_key)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
    except (InvalidTag, ValueError) as broken:
        raise BrokenSeal from broken


def _file_key(signing_key: bytes) -> bytes:
    return hashlib.sha256(b"file:" + signing_key).digest()


def _key(signing_key: bytes) -> OctKey:
    return OctKey.import_key(hashlib.sha256(b"seal:" + signing_key).digest())
