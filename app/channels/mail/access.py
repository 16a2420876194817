"""How is a mailbox reached, and what can be in the way?"""

import socket
import ssl
from dataclasses import dataclass, field
from typing import Literal

from app.reach import is_public

Tls = Literal["tls", "starttls", "none"]
Trouble = Literal["connecting", "absent", "certificate", "access", "refused", "inside", "sealed", "unheard"]


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    tls: Tls


@dataclass(frozen=True, slots=True)
class MailAccess:
    """Without `imap` its mails are brought. `inside`: the operator lets companies reach the installation's network."""

    address: str
    username: str
    password: str = field(repr=False)
    imap: Server | None
    smtp: Server
    inside: bool = False


class MailTrouble(Exception):
    """The mailbox is not to be reached now; says why in a word, and beside it what was said."""

    def __init__(self, word: Trouble, said: str = "") -> None:
        super().__init__(word)
        self.word, self.said = word, said[:200]


def require_public(server: Server, inside: bool) -> None:
    """Where its name leads, now. Waits for the resolver. Raises MailTrouble."""
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except OSError as away:
        raise MailTrouble("absent", str(away)) from away
    if not inside and not all(is_public(str(each[4][0]).partition("%")[0]) for each in found):
        raise MailTrouble("inside")


def trusted() -> ssl.SSLContext:
    """The machine's authorities; SSL_CERT_FILE names others."""
    return ssl.create_default_context()
