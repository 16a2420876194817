"""Are the awkward mails that other people's readers are tested with all readable, or marked, and each one contact?

Those of CPython and of mail-parser, where they are there.
"""

import asyncio
import email
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from email import policy
from email.message import Message
from pathlib import Path

import pytest

from app.channels.mail.reading import key_of, read
from tests.mail.post_office import ALICE, PostOffice
from tests.mail.test_lmtp import bring, brought

Database = Callable[[], str]
MAILS = Path(__file__).parents[3] / "shared/data/mail"
NAMES = (
    *(f"cpython/msg_{n:02}.txt" for n in range(1, 47)), "cpython/msg_12a.txt",
    *(f"mail-parser/mail_malformed_{n}" for n in (1, 2, 3)), "mail-parser/LICENSE.txt",
)  # fmt: skip


def bytes_of(name: str) -> bytes:
    """As a line of a mail server would bring it."""
    if not (MAILS / name).exists():
        pytest.skip(f"needs {name} in shared/data/mail")
    raw = (MAILS / name).read_bytes().replace(b"\r\n", b"\n")
    return (raw if raw.endswith(b"\n") else raw + b"\n").replace(b"\n", b"\r\n")


def leaves(message: Message) -> Iterator[Message]:
    """What holds something, as the standard library takes it apart; a message that was passed on is one."""
    payload = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(payload, list):
        for part in payload:
            assert isinstance(part, Message)
            yield from leaves(part)
    else:
        yield message


def content_of(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        return b"\n".join(each.as_bytes() for each in payload if isinstance(each, Message))
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def is_shown(part: Message) -> bool:
    """As a text of the mail; a part with a name is a file."""
    is_file = part.get_filename() is not None or part.get_content_disposition() == "attachment"
    return part.get_content_type() in ("text/plain", "text/html") and not is_file


def hashes(contents: Iterator[bytes]) -> Counter[str]:
    return Counter(hashlib.sha256(content).hexdigest() for content in contents)


@pytest.mark.parametrize("name", NAMES)
def test_a_mail_shows_its_text_and_its_files_or_says_that_it_is_broken(name: str) -> None:
    raw = bytes_of(name)
    found = read(raw, key_of(raw))
    parts = list(leaves(email.message_from_bytes(raw.replace(b"\r\n", b"\n"), policy=policy.compat32)))
    whole = [part for part in parts if part.get_content_maintype() != "multipart"]
    texts = [content_of(part) for part in whole if part.get_content_type() == "text/plain" and is_shown(part)]
    says_something = any(content_of(part).strip() for part in parts)

    assert found.body.strip() or found.attachments or found.flaws or not says_something
    assert hashes(each.content for each in found.attachments) == hashes(
        content_of(part) for part in whole if not is_shown(part)
    )
    assert ("malformed" in found.flaws) == (len(whole) < len(parts) or not found_headers(raw)), found.flaws
    for text in texts:
        for word in text.split():
            assert word.decode("ascii", "ignore") in found.body


def found_headers(raw: bytes) -> bool:
    return bool(email.message_from_bytes(raw, policy=policy.compat32).keys())


async def test_each_of_them_is_a_mail_of_exactly_one_contact_with_its_text_or_its_flaw(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """The same mail by two ways is one."""
    there = {name: bytes_of(name) for name in NAMES}
    async with brought(office, new_database(), tmp_path) as here:
        said = await asyncio.to_thread(bring, office, *there.values())
        mails = {mail["key"]: mail for mail in await here.mails()}
        of_contacts = await here.fetch("SELECT id FROM contact")
        attached = await here.fetch(
            "SELECT t.mail_id, b.sha256 FROM mail_attachment t JOIN blob b ON b.id = t.blob_id ORDER BY t.mail_id, t.n"
        )

    assert said == [{}] * len(NAMES)
    assert {key_of(raw) for raw in there.values()} == set(mails)
    assert {mail["state"] for mail in mails.values()} == {"delivered"}
    assert {mail["contact_id"] for mail in mails.values()} == {row["id"] for row in of_contacts}
    for raw in there.values():
        kept = mails[key_of(raw)]
        found = read(b"Return-Path: <%s>\r\n" % ALICE.encode() + raw, kept["key"])
        files = [row["sha256"] for row in attached if row["mail_id"] == kept["id"]]
        assert (kept["body"], kept["flaws"], kept["subject"]) == (found.body, list(found.flaws), found.subject)
        assert files == [hashlib.sha256(each.content).hexdigest() for each in found.attachments]
