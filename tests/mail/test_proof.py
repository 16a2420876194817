"""Which mails prove that they come from their sender? Signed for true, keys asked of a real name server."""

import socket
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import dkim
import pytest

from app.channels.mail import domain_records
from app.channels.mail.domain_records import DomainRecords
from app.channels.mail.proof import HEADERS_MAX, WORK_MAX, proof_of
from tests.mail.names import Names, name_server
from tests.mail.post_office import letter

SENDER = "alice@mail.customer.test"
OWN, PARENT, OTHER = "mail.customer.test", "customer.test", "elsewhere.test"


@pytest.fixture(scope="module")
def names() -> Iterator[Names]:
    with name_server() as made:
        yield made


@pytest.fixture(scope="module")
def keys(names: Names) -> dict[str, str]:
    return {domain: names.publish_key(domain) for domain in (OWN, PARENT, OTHER, f"sub.{OWN}")}


def signed(key: str, domain: str, mail: EmailMessage | bytes | None = None, **more: Any) -> bytes:
    raw = mail if isinstance(mail, bytes) else (mail or letter(sender=SENDER)).as_bytes(policy=SMTP)
    return bytes(dkim.sign(raw, b"s1", domain.encode(), key.encode(), **more) + raw)


async def proved(raw: bytes, names: Names, sender: str = SENDER, authserv_id: str | None = None) -> str | None:
    return await proof_of(raw, sender, authserv_id, DomainRecords((names.at,)))


@pytest.mark.parametrize(
    ("domain", "strict", "proof"),
    [
        (OWN, False, "DKIM"),
        (OWN, True, "DKIM"),
        (PARENT, False, "DKIM"),
        (PARENT, True, None),  # its DMARC record wants the very same
        (OTHER, False, None),
        (f"sub.{OWN}", False, None),
    ],
)
async def test_a_good_signature_of_the_senders_own_domain_proves_it(names, keys, domain, strict, proof):
    names.texts[f"_dmarc.{OWN}."] = "v=DMARC1; p=none; adkim=s" if strict else "v=DMARC1; p=reject"

    assert await proved(signed(keys[domain], domain), names) == proof


async def test_one_good_signature_among_bad_and_foreign_ones_is_enough(names, keys):
    raw = signed(keys[OWN], OWN)
    raw = signed(keys[OTHER], OTHER, raw)
    raw = b"DKIM-Signature: v=1; nonsense\r\n" + raw.replace(b"DKIM", b"dkim", 1)

    assert await proved(raw, names) == "DKIM"


async def test_what_was_changed_on_its_way_or_leaves_something_out_proves_nothing(names, keys):
    key, good = keys[OWN], signed(keys[OWN], OWN)
    tampered = {
        "another text": good.replace(b"Hello?", b"Goodbye"),
        "another subject": good.replace(b"A question", b"An order"),
        "a second From": b"From: bob@mail.customer.test\r\n" + good,
        "more behind what was signed": signed(key, OWN, length=True) + b"Pay here.\r\n",
        "by sha1": signed(key, OWN, signature_algorithm=b"rsa-sha1"),
        "no signature": letter(sender=SENDER).as_bytes(policy=SMTP),
        "too many headers": b"X-More: 1\r\n" * HEADERS_MAX + good,
        "two senders": signed(key, OWN, letter(sender=f"{SENDER}, bob@{OWN}")),
    }
    found = {name: await proved(raw, names) for name, raw in tampered.items()}

    assert await proved(good, names) == "DKIM"
    assert set(found.values()) == {None}, found
    assert await proved(good, names, sender=f"bob@{OWN}") is None


@pytest.mark.parametrize("record", ["absent", "empty", "test", "short", "garbage", "ed25519"])
async def test_a_key_that_is_none_or_a_test_proves_nothing_and_raises_nothing(names, record):
    domain = f"{record}.test"
    key = names.publish_key(domain, bits=1024, more="; t=y:s" if record == "test" else "")
    at = f"s1._domainkey.{domain}."
    match record:
        case "absent":
            del names.texts[at]
        case "empty":
            names.texts[at] = "v=DKIM1; p="
        case "garbage":
            names.texts[at] = "\x00\xff" * 100
        case "ed25519":
            names.texts[at] = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
        case "short":
            names.texts[at] = "v=DKIM1; k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL0"
    raw = signed(key, domain, letter(sender=f"alice@{domain}"))

    assert await proved(raw, names, sender=f"alice@{domain}") is None


async def test_a_name_server_that_says_nothing_leaves_a_mail_unproved(keys, monkeypatch):
    monkeypatch.setattr(domain_records, "LOOK_UP_S", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        servers = (f"127.0.0.1:{silent.getsockname()[1]}",)
        found = await proof_of(signed(keys[OWN], OWN), SENDER, None, DomainRecords(servers))

    assert found is None


async def test_a_hostile_mail_is_not_worked_on(names, keys):
    """White space over which the library would go again and again: it is not even begun."""
    head = signed(keys[OWN], OWN).partition(b"\r\n\r\n")[0]
    run = int(WORK_MAX**0.5) + 1
    hostile = [
        head + b"\r\n\r\n" + b" " * run + b"x",
        head.replace(b"; a=", b"; " + b" " * 20_000 + b"a=") + b"\r\n\r\n",
        b"DKIM-Signature: v=1; d=mail.customer.test; s=s1; a=rsa-sha256; b=" + b"\n " * 30_000 + head,
        b"\n " * 40_000 + head,
        b"",
        b"\x00" * 1000,
    ]

    assert [await proved(raw, names) for raw in hostile] == [None] * len(hostile)


@pytest.mark.parametrize(
    ("results", "proof"),
    [
        ("mx.example.test; dmarc=pass header.from=mail.customer.test", "DMARC"),
        (
            "MX.example.test 1; spf=fail smtp.mailfrom=x; dmarc=pass (p=none (a)) header.from=mail.customer.test",
            "DMARC",
        ),
        ("mx.example.test; dmarc=fail header.from=mail.customer.test", None),
        ("mx.example.test; dmarc=pass header.from=elsewhere.test", None),
        ("mx.other.test; dmarc=pass header.from=mail.customer.test", None),
        ('mx.example.test; x="; dmarc=pass header.from=mail.customer.test"', None),
        ("mx.example.test; (dmarc=pass header.from=mail.customer.test)", None),
        ("mx.example.test; none (; dmarc=pass header.from=mail.customer.test", None),
    ],
)
async def test_the_word_of_the_mailboxes_own_server_is_taken_and_of_nobody_else(names, results, proof):
    raw = f"Authentication-Results: {results}\r\n".encode() + letter(sender=SENDER).as_bytes(policy=SMTP)
    forged = b"Authentication-Results: mx.other.test; none\r\n" + raw

    assert await proved(raw, names, authserv_id="mx.example.test") == proof
    assert await proved(raw, names) is None
    assert await proved(forged, names, authserv_id="mx.example.test") is None
    second = raw.replace(b"To:", b"From: bob@mail.customer.test\r\nTo:", 1)
    assert await proved(second, names, authserv_id="mx.example.test") is None
