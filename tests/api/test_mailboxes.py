"""Which mailboxes may a company have, what is shown of them, and who may see mails?"""

from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.seals import unseal
from app.signatures import mail_of, message_id
from tests.api.conftest import House
from tests.api.furnished import furnish

RSA_512 = """\
-----BEGIN RSA PRIVATE KEY-----
MIIBOQIBAAJBAKsX3P1cOWQAdVFOwwFYjJKULwxidhv14cUZ9JUZ6j/p/F5bpzRZ
lec35rLHGwqQI6+6hv/M9lFIWt35IIDQ+RcCAwEAAQJAK+MsKcV9ZzyC239zoCXB
sVvXkbq0B0oURsX4qkKChzAnxhiK01ifeShpdFvANqvWJLnn7ySmWTwgfBloA9Zw
eQIhANc4LlQisrOLbR6tfGU4+umpK8Uy8wDMt+LPZSOhUDCLAiEAy4M3ULm7rGDR
s2fA9o/vB5ypF3Uosjn8Jrw9w7APfyUCIFRU31J4hi10ZL2wnR3MxgTpFQ2geTfH
AAcP3UGo5BMhAiAikxJMtqE5seEud4wC14UmZ+kaQR8+2DcMZaKgokKfuQIgG4F9
gAYU+fNpU+bfxo5cONiTSb3svdXpTIHiPrctUl4=
-----END RSA PRIVATE KEY-----
"""
PASSWORD = "a-password-of-nobody"


def mailbox(company: dict[str, Any], queue: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "company_id": company["id"],
        "queue_id": queue["id"],
        "address": "Support@Example.com",
        "username": "support",
        "password": PASSWORD,
        "imap_host": "imap.example.com",
        "smtp_host": "smtp.example.com",
    } | more


async def queue_of(house: House, company: dict[str, Any]) -> dict[str, Any]:
    return await house.make("queues", {"company_id": company["id"], "name": "Mails"})


async def test_a_password_is_sealed_and_never_shown_again(house: House, company: dict[str, Any]):
    queue = await queue_of(house, company)
    made = await house.make("mailboxes", mailbox(company, queue))
    path = f"/v1/mailboxes/{made['id']}"
    changed = await house.operator.patch(path, json={"version": 1, "password": f"{PASSWORD}-2", "sender_name": "Acme"})
    shown = [
        made,
        changed.json(),
        (await house.operator.get(path)).json(),
        (await house.operator.get("/v1/mailboxes")).json(),
    ]
    (row,) = await house.rows("SELECT sealed, version FROM mailbox")
    audit = str(await house.rows("SELECT * FROM audit"))

    assert made["address"] == "support@example.com"
    assert (made["imap_port"], made["imap_tls"], made["smtp_port"], made["reopen_days"]) == (993, "tls", 465, 14)
    assert (changed.status_code, changed.json()["version"], row["version"]) == (200, 2, 2)
    assert unseal(house.app.state.porter.signing_key, row["sealed"]) == f"{PASSWORD}-2"
    assert PASSWORD not in str(shown) + row["sealed"] + audit
    assert "mailbox.changed" in audit


OAUTH = {
    "token_url": "https://login.example.com/token", "client_id": "c", "client_secret": "a-secret-of-nobody",
    "refresh_token": "a-refresh-token-of-nobody", "scope": "mail",
}  # fmt: skip
SEALED = "SELECT sealed, oauth_token_url, oauth_secret_sealed, oauth_refresh_sealed FROM mailbox"


async def test_tokens_take_the_place_of_a_password_and_a_password_that_of_tokens(house: House, company):
    queue = await queue_of(house, company)
    made = await house.make("mailboxes", mailbox(company, queue, password=None, oauth=OAUTH))
    path = f"/v1/mailboxes/{made['id']}"
    (by_tokens,) = await house.rows(SEALED)
    back = (await house.operator.patch(path, json={"version": 1, "password": PASSWORD})).json()
    (by_password,) = await house.rows(SEALED)
    again = (await house.operator.patch(path, json={"version": 2, "oauth": OAUTH | {"client_secret": ""}})).json()
    (public,) = await house.rows(SEALED)
    await house.operator.delete(path)
    (gone,) = await house.rows(SEALED)
    audit = str(await house.rows("SELECT * FROM audit"))
    key = house.app.state.porter.signing_key

    assert made["oauth"] == again["oauth"] == {name: OAUTH[name] for name in ("token_url", "client_id", "scope")}
    assert (by_tokens["sealed"], back["oauth"], by_password["oauth_token_url"]) == ("", None, None)
    assert unseal(key, by_tokens["oauth_secret_sealed"]) == OAUTH["client_secret"]
    assert unseal(key, by_tokens["oauth_refresh_sealed"]) == OAUTH["refresh_token"]
    assert (unseal(key, by_password["sealed"]), public["oauth_secret_sealed"]) == (PASSWORD, "")
    assert list(gone.values()) == ["", None, None, None]
    for secret in (OAUTH["client_secret"], OAUTH["refresh_token"]):
        assert secret not in f"{made}{again}{by_tokens}{audit}"
    assert '"oauth": "changed"' in audit.replace("'", '"')


@pytest.mark.parametrize(
    ("more", "pointer", "text_key"),
    [
        ({"password": None}, "/password", "mailbox.entrance"),
        ({"oauth": OAUTH}, "/password", "mailbox.entrance"),
        (
            {"password": None, "oauth": OAUTH | {"token_url": "http://a.test/t"}},
            "/oauth/token_url",
            "mailbox.inside",
        ),
        (
            {"password": None, "oauth": OAUTH | {"token_url": "https://10.0.0.1"}},
            "/oauth/token_url",
            "mailbox.inside",
        ),
        ({"password": None, "oauth": OAUTH | {"token_url": "ftp://a.example"}}, "/oauth/token_url", None),
        ({"password": None, "oauth": OAUTH | {"refresh_token": "x" * 4097}}, "/oauth/refresh_token", None),
        ({"password": None, "oauth": OAUTH | {"client_id": "a\nb"}}, "/oauth/client_id", None),
    ],
)
async def test_an_entrance_that_is_none_is_refused_with_its_field(house: House, company, more, pointer, text_key):
    queue = await queue_of(house, company)
    answer = await house.operator.post("/v1/mailboxes", json=mailbox(company, queue, **more))

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert answer.json()["errors"][0].get("text_key") == text_key or text_key is None


def private_key(bits: int = 2048) -> str:
    made = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.private_bytes(*form).decode()


async def test_a_key_that_signs_is_sealed_and_what_has_to_be_published_is_shown(house: House, company):
    queue, key = await queue_of(house, company), private_key()
    dkim = {"selector": "s1", "private_key": key}
    made = await house.make("mailboxes", mailbox(company, queue, dkim=dkim, authserv_id="mx.example.com"))
    path = f"/v1/mailboxes/{made['id']}"
    named = (await house.operator.patch(path, json={"version": 1, "sender_name": "Acme"})).json()
    (row,) = await house.rows("SELECT dkim_sealed FROM mailbox")
    bare = (await house.operator.patch(path, json={"version": 2, "dkim": None, "authserv_id": None})).json()
    (gone,) = await house.rows("SELECT dkim_sealed FROM mailbox")
    audit = str(await house.rows("SELECT * FROM audit"))

    assert (made["dkim"]["selector"], made["dkim"]["name"]) == ("s1", "s1._domainkey.example.com")
    assert made["dkim"]["record"].startswith("v=DKIM1; k=rsa; p=MII")
    assert (named["dkim"], made["authserv_id"]) == (made["dkim"], "mx.example.com")
    assert "RSA PRIVATE KEY" in unseal(house.app.state.porter.signing_key, row["dkim_sealed"])
    assert (bare["dkim"], bare["authserv_id"], gone["dkim_sealed"]) == (None, None, None)
    for secret in (key[40:80], "PRIVATE KEY"):
        assert secret not in f"{made}{named}{row}{audit}"


@pytest.mark.parametrize("key", ["no key", "", "short", "elliptic", "x" * 4097])
async def test_what_is_no_key_that_signs_is_refused(house: House, company, key):
    queue = await queue_of(house, company)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    given = {
        "short": RSA_512,
        "elliptic": ec.generate_private_key(ec.SECP256R1()).private_bytes(*form).decode(),
    }.get(key, key)
    wish = mailbox(company, queue, dkim={"selector": "s1", "private_key": given})
    answer = await house.operator.post("/v1/mailboxes", json=wish)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/dkim/private_key")


async def test_an_address_is_one_mailbox_until_it_is_deleted_and_its_password_goes_with_it(house: House, company):
    queue = await queue_of(house, company)
    made = await house.make("mailboxes", mailbox(company, queue))
    again = await house.operator.post("/v1/mailboxes", json=mailbox(company, queue, address="support@EXAMPLE.com"))
    deleted = await house.operator.delete(f"/v1/mailboxes/{made['id']}")
    (row,) = await house.rows("SELECT sealed FROM mailbox")
    anew = await house.make("mailboxes", mailbox(company, queue))

    assert (again.status_code, again.json()["errors"][0]["pointer"]) == (409, "/address")
    assert (deleted.status_code, row["sealed"]) == (204, "")
    assert (await house.operator.get(f"/v1/mailboxes/{made['id']}")).status_code == 404
    assert anew["id"] != made["id"]


@pytest.mark.parametrize(
    ("more", "pointer", "text_key"),
    [
        ({"address": "no one@@example.com"}, "/address", None),
        ({"address": "a@b@example.com"}, "/address", "mailbox.address"),
        ({"imap_tls": "none"}, "/imap_tls", "mailbox.plain"),
        ({"smtp_tls": "none"}, "/smtp_tls", "mailbox.plain"),
        ({"imap_host": "127.0.0.1"}, "/imap_host", "mailbox.inside"),
        ({"smtp_host": "10.0.0.7"}, "/smtp_host", "mailbox.inside"),
        ({"imap_host": "localhost"}, "/imap_host", "mailbox.inside"),
        ({"imap_host": "2130706433"}, "/imap_host", "mailbox.inside"),
        ({"imap_host": "::1"}, "/imap_host", "mailbox.inside"),
        ({"imap_host": "a b"}, "/imap_host", None),
        ({"imap_port": 0}, "/imap_port", None),
        ({"reopen_days": 4000}, "/reopen_days", None),
        ({"sender_name": "a\r\nBcc: b@c.test"}, "/sender_name", None),
        ({"sender_name": "x" * 101}, "/sender_name", None),
    ],
)
async def test_what_is_no_mailbox_is_refused_with_its_field(house: House, company, more, pointer, text_key):
    queue = await queue_of(house, company)
    answer = await house.operator.post("/v1/mailboxes", json=mailbox(company, queue, **more))

    assert answer.status_code == 422, answer.text
    error = answer.json()["errors"][0]
    assert error["pointer"] == pointer
    assert text_key is None or error["text_key"] == text_key


async def test_a_queue_of_another_company_is_nobodys(house: House, company: dict[str, Any]):
    theirs = await furnish(house, "theirs", "+49302222222")
    answer = await house.operator.post("/v1/mailboxes", json=mailbox(company, {"id": theirs.ids["queue"]}))

    assert answer.status_code == 404


async def test_an_id_of_ours_is_known_by_its_signature_and_only_for_its_company():
    key, company, mail = b"k" * 32, "c1", "01a2075d-6b13-72af-99f5-300730788cbb"
    told = message_id(key, company, mail, "example.com")

    assert mail_of(key, company, told) == mail
    assert mail_of(key, "c2", told) is None
    assert mail_of(b"x" * 32, company, told) is None
    assert mail_of(key, company, told.replace("8cbb.", "8cbc.")) is None
    assert mail_of(key, company, told.replace(told[37], "b" if told[37] != "b" else "c", 1)) is None
    for other in ("", "a@b", told.upper(), f"{told}\n", f"x{told}"):
        assert mail_of(key, company, other) is None


async def test_mails_are_shown_to_supervisors_and_answered_by_agents_alone(house: House):
    mine = await furnish(house, "mine", "+49301111111")
    path = f"/v1/contacts/{mine.ids['contact']}/mails"
    supervisor = await house.client_of("supervisor", mine.company)
    agent = await house.client_of("agent", mine.company)
    shown = await supervisor.get(path)
    sent = await supervisor.post(path, json={"text": "Hello"})

    assert [mail["subject"] for mail in shown.json()["items"]] == ["hello"]
    assert sent.status_code == 403
    assert (await agent.get(path)).status_code == 404
    for file in ("attachments/1", "original"):
        assert (await supervisor.get(f"/v1/mails/{mine.ids['mail']}/{file}")).content == b"Subject: hello"
        assert (await agent.get(f"/v1/mails/{mine.ids['mail']}/{file}")).status_code == 404
    assert (await supervisor.get(f"/v1/mails/{mine.ids['mail']}/attachments/2")).status_code == 404
