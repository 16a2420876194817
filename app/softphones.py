"""How does an agent's softphone register with the Asterisk? By a name and a password that are derived, never stored.

Whoever has the installation's signing key can say them again: the server for the agent's page, and the command line
for pjsip.conf. Another key means other passwords, and a new pjsip.conf.
"""

import hashlib
import hmac
from dataclasses import dataclass

REALM = "jackfield"
PASSWORD_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class Softphone:
    """What pjsip.conf and the page both have to say."""

    user: str
    password: str
    display: str

    @property
    def uri(self) -> str:
        return f"sip:{self.user}@{REALM}"


def softphone_of(signing_key: bytes, agent_id: str, name: str) -> Softphone:
    return Softphone(user_of(agent_id), password_of(signing_key, agent_id), name)


def user_of(agent_id: str) -> str:
    """The ends of the id: when it was made, and what chance gave it."""
    digits = agent_id.replace("-", "")
    return f"jf-{digits[:8]}{digits[-8:]}"


def phone_address_of(agent_id: str) -> str:
    """Where the Asterisk rings it."""
    return f"PJSIP/{user_of(agent_id)}"


def password_of(signing_key: bytes, agent_id: str) -> str:
    return hmac.new(signing_key, f"softphone:{agent_id}".encode(), hashlib.sha256).hexdigest()[:PASSWORD_CHARACTERS]
