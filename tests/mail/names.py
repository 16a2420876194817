"""A name server of a test's own, on this machine alone."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from dnslib import QTYPE, RCODE, RR, TXT
from dnslib.dns import DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

from app.dkim_keys import read_key


@dataclass(slots=True)
class Names:
    """`texts`: by name, with its last dot."""

    port: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self.port}"

    def publish_key(self, domain: str, selector: str = "s1", bits: int = 2048, more: str = "") -> str:
        """The private key, as it is kept."""
        made = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        kept, record = read_key(pem.decode())
        self.texts[f"{selector}._domainkey.{domain}."] = record + more
        return kept


class _Answers(BaseResolver):
    def __init__(self, names: Names) -> None:
        self._names = names

    def resolve(self, request: DNSRecord, _handler: DNSHandler) -> DNSRecord:
        name = str(request.q.qname).lower()
        self._names.asked.append(name)
        reply = request.reply()
        text = self._names.texts.get(name)
        if text is None or request.q.qtype != QTYPE.TXT:
            reply.header.rcode = RCODE.NXDOMAIN
        else:
            pieces = [text[n : n + 250].encode() for n in range(0, len(text), 250)]
            reply.add_answer(RR(name, QTYPE.TXT, rdata=TXT(pieces), ttl=60))
        return reply


@contextlib.contextmanager
def name_server() -> Iterator[Names]:
    names = Names()
    server = DNSServer(_Answers(names), address="127.0.0.1", port=0, logger=DNSLogger("-request,-reply,-truncated"))
    names.port = server.server.server_address[1]
    server.start_thread()
    try:
        yield names
    finally:
        server.stop()
        server.server.server_close()
