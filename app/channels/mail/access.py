"""How is a mailbox reached, and what can be in the way?"""

import socket
import ssl
from dataclasses import dataclass, field
from typing import Literal, Protocol

from app.reach import is_public

Tls = Literal["tls", "starttls", "none"]
Trouble = Literal[
    "connecting", "absent", "certificate", "access", "refused", "inside", "sealed", "unheard",
    "grant",  # the provider of its tokens gives none: somebody has to consent anew
    "token",  # the provider of its tokens does not answer as it should
]  # fmt: skip


class Provider(Protocol):
    """Of tokens in place of a password: app.channels.mail.tokens."""

    async def current(self) -> str: ...

    def refused(self, trouble: "MailTrouble") -> None: ...


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    tls: Tls


@dataclass(frozen=True, slots=True)
class MailAccess:
    """Without `imap` its mails are brought. `inside`: the operator lets companies reach the installation's network.
    `tokens`: in place of a password.
    """

    address: str
    username: str
    password: str = field(repr=False)
    imap: Server | None
    smtp: Server
    inside: bool = False
    tokens: Provider | None = field(default=None, repr=False)

    async def secret(self) -> str:
        """The password, or the token in its place. Raises MailTrouble."""
        return self.password if self.tokens is None else await self.tokens.current()

    def not_entered(self, said: str) -> "MailTrouble":
        """The server did not let us in."""
        trouble = MailTrouble("access", said)
        if self.tokens is not None:
            self.tokens.refused(trouble)
        return trouble


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
