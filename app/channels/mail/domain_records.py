"""What has a domain published in the DNS? Texts alone; what is not to be had in time is not there."""

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

LOOK_UP_S = 3.0  # of one name, over all servers
CACHED_MAX = 2_000
DNS_PORT = 53
RECORD_BYTES_MAX = 4_096


class DomainRecords:
    """`servers`: `IP` or `IPv4:port`; none: those of the machine."""

    def __init__(self, servers: tuple[str, ...] = ()) -> None:
        self._servers = servers
        self._resolver: dns.asyncresolver.Resolver | None = None

    async def text(self, name: str) -> bytes | None:
        """The first TXT record. Never raises, and never takes longer than LOOK_UP_S."""
        try:
            found = await self._asked().resolve(
                dns.name.from_text(name), dns.rdatatype.TXT, lifetime=LOOK_UP_S, search=False
            )
        except (dns.exception.DNSException, OSError, ValueError, UnicodeError):
            return None
        texts = [b"".join(each.strings) for each in found]
        return next((each for each in texts if len(each) <= RECORD_BYTES_MAX), None)

    def _asked(self) -> dns.asyncresolver.Resolver:
        if self._resolver is None:
            self._resolver = dns.asyncresolver.Resolver(configure=not self._servers)
            self._resolver.cache = dns.resolver.LRUCache(CACHED_MAX)
            if self._servers:
                places = [each.partition(":") if each.count(":") == 1 else (each, "", "") for each in self._servers]
                self._resolver.nameservers = [host for host, _, _ in places]
                self._resolver.nameserver_ports = {host: int(port or DNS_PORT) for host, _, port in places}
        return self._resolver
