"""What do hostile and broken mails come to, through the real server? Each to a contact that says what is wrong."""

import hashlib
import io
import json
import ssl
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

from app.channels.mail.headers import RECIPIENTS_MAX
from app.channels.mail.reading import key_of, read
from tests.mail.centre import centre
from tests.mail.post_office import ALICE, PostOffice, letter

Database = Callable[[], str]


async def test_hostile_mails_are_each_one_contact_and_nothing_of_them_runs(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    bomb = _bomb()
    zipped = letter("Bomb", "See.")
    zipped.add_attachment(bomb, maintype="application", subtype="zip", filename="../bomb.zip")
    page = letter("Page", "")
    page.set_content("<script>alert(1)</script><p>Hi <img src=https://e.test/x.png></p>", subtype="html")
    many = (
        b"From: a@b.test\nSubject: Many\nTo: " + b",\n ".join(b"user%d@x.test" % n for n in range(10_000)) + b"\n\nhi"
    )
    broken = b"\x00\xff not a mail at all"
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        for raw in (zipped.as_bytes(), page.as_bytes(), many, broken):
            office.put(raw)
        mails = {mail["subject"]: mail for mail in await here.until_delivered(4)}
        contacts = await here.contacts()
        here.desks["anna"].choose("ready")
        shown = await here.shown(str(mails["Bomb"]["contact_id"])) if await here.served() else []
        (attached,) = await here.fetch("SELECT * FROM blob WHERE kind = 'attachment'")
        path = f"/v1/mails/{mails['Bomb']['id']}/attachments/1"
        fetched = await here.browsers["anna"].get(path)
        original = await here.browsers["anna"].get(f"/v1/mails/{mails['Bomb']['id']}/original")

    assert len(contacts) == 4
    assert mails["Page"]["html"] == "<p>Hi <img></p>"
    assert mails["Page"]["reply"] == "Hi"
    assert mails[""]["flaws"] == ["malformed", "undecodable"]
    assert json.loads(mails["Many"]["recipients"]) == {
        "to": [f"user{n}@x.test" for n in range(RECIPIENTS_MAX)], "cc": [],
    }  # fmt: skip
    assert (attached["filename"], attached["sha256"]) == ("bomb.zip", hashlib.sha256(bomb).hexdigest())
    assert [each["filename"] for each in shown[0]["attachments"]] == ["bomb.zip"]
    assert (fetched.status_code, fetched.content) == (200, bomb)
    assert fetched.headers["content-disposition"] == "attachment; filename*=UTF-8''bomb.zip"
    assert fetched.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert original.content.replace(b"\r\n", b"\n") == zipped.as_bytes()


async def test_a_mail_of_fifty_megabytes_is_a_contact_that_says_that_it_is_too_large(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """Its beginning is read, it stays in the mailbox, and the next one is not held up by it."""
    large = letter("Large", "The beginning.")
    large.add_attachment(bytes(50 * 1_048_576), maintype="application", subtype="octet-stream", filename="a.bin")
    async with centre(office, new_database(), tmp_path) as here:
        office.put(large.as_bytes())
        office.put(letter("Next").as_bytes())
        mails = {mail["subject"]: mail for mail in await here.until_delivered(2, seconds=40)}

    assert "too_large" in mails["Large"]["flaws"]
    assert mails["Large"]["reply"] == "The beginning."
    assert mails["Next"]["flaws"] == []
    assert office.count("support@example.test") == 2


async def test_a_mailbox_with_tls_is_read_and_written_by_it(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    trusted = {"JACKFIELD_ENDPOINTS_INSIDE": "1", "SSL_CERT_FILE": str(office.certificate)}
    box = {"imap_host": "localhost", "imap_port": office.ports["imaps"], "imap_tls": "tls"}
    box |= {"smtp_host": "localhost", "smtp_tls": "starttls"}
    async with centre(office, new_database(), tmp_path, agents=1, box=box, settings=trusted) as here:
        here.desks["anna"].choose("ready")
        office.send(letter())
        await here.answer(await here.served())
        office.until_there(1, ALICE)

    assert ssl.OPENSSL_VERSION


def test_what_is_attached_to_a_mail_of_the_world_has_its_bytes() -> None:
    """The bytes are those that the standard library's newer parser gives, too."""
    made = EmailMessage()
    made["From"] = "a@b.test"
    made.set_content("hi")
    contents = [b"%d" % n * 1_000 for n in range(60)]
    for n, content in enumerate(contents):
        made.add_attachment(content, maintype="application", subtype="x", filename=f"{n}.x")
    found = read(made.as_bytes(), key_of(made.as_bytes()))

    assert [each.content for each in found.attachments] == contents[:50]
    assert found.flaws == ("attachments",)


def _bomb() -> bytes:
    """A hundred megabytes of zeros, packed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(100 * 1_048_576))
    return packed.getvalue()
