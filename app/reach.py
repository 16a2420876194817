"""Where may a company's own endpoint lie? In the open internet, by https; the operator may allow the house as well.

Companies name endpoints themselves: none of them may have us ask what stands in the installation's own network.
"""

from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit


def is_public(address: str) -> bool:
    """Of an IP address. Raises ValueError if it is none."""
    found = ip_address(address)
    inner = (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
    return inner.is_global and not inner.is_multicast


def may_be_asked(url: str, *, inside: bool) -> bool:
    """`inside`: the operator allows our own network, and http. Where a name leads is seen when it is resolved."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc:  # a password in an address would be shown to whoever reads it
        return False
    if inside:
        return parts.scheme in ("http", "https")
    return parts.scheme == "https" and _may_be_public(parts.hostname)


def _may_be_public(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:  # a name
        return True
