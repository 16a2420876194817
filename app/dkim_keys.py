"""Which keys may sign the mails of a company, and what has its domain to publish?"""

import base64

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KEY_BITS_MIN, KEY_BITS_MAX = 1_024, 4_096


class NoKey(Exception):
    """It is no RSA key of KEY_BITS_MIN to KEY_BITS_MAX in PEM, without a password."""


def read_key(text: str) -> tuple[str, str]:
    """(the key in the form in which it is kept, what the domain has to publish). Raises NoKey."""
    try:
        key = serialization.load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError) as no:
        raise NoKey from no
    if not isinstance(key, RSAPrivateKey) or not KEY_BITS_MIN <= key.key_size <= KEY_BITS_MAX:
        raise NoKey
    kept = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return kept.decode(), f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
