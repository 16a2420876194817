"""Is every mail readable, or plainly marked as one that is not, whatever its bytes, and within a bound of time?"""

import email
import hashlib
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.channels.mail import headers, reading
from app.channels.mail.markup import sanitised
from app.channels.mail.quotes import reply_of
from app.channels.mail.reading import Read, key_of
from app.channels.mail.writing import Outgoing, composed
from app.letters import subject_of_answer


def read(raw: bytes, is_whole: bool = True) -> Read:
    return reading.read(raw, key_of(raw), is_whole)


def mail(text: str = "Hello?", **headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in {"From": "Alice <alice@customer.test>", "Subject": "A question", **headers}.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def test_a_plain_mail_is_read_as_it_was_written():
    found = read(mail("Grüße 李\n", To="support@example.test", Message_ID="<a@b.test>").as_bytes())

    assert (found.sender, found.sender_name, found.subject) == ("alice@customer.test", "Alice", "A question")
    assert (found.body, found.reply, found.to) == ("Grüße 李", "Grüße 李", ("support@example.test",))
    assert (found.message_id, found.kind, found.flaws) == ("a@b.test", "message", ())


def test_what_is_attached_has_the_bytes_that_were_attached():
    made = mail()
    contents = [bytes(range(256)) * 100, b"PK\x03\x04" + bytes(1000), b""]
    for n, content in enumerate(contents):
        made.add_attachment(content, maintype="application", subtype="zip", filename=f"../../a b{n}.zip")
    inner = mail("Inside", Subject="Inner")
    made.add_attachment(inner)
    found = read(made.as_bytes(policy=SMTP))

    assert [hashlib.sha256(each.content).digest() for each in found.attachments[:3]] == [
        hashlib.sha256(content).digest() for content in contents
    ]
    assert [each.filename for each in found.attachments] == ["a b0.zip", "a b1.zip", "a b2.zip", "message.eml"]
    assert b"Inside" in found.attachments[3].content
    assert found.body == "Hello?"


def test_a_mail_that_says_nothing_beside_what_is_attached_shows_what_that_says():
    passed_on = EmailMessage()
    passed_on["From"] = "alice@customer.test"
    passed_on.add_attachment(mail("Inside"))
    named = EmailMessage()
    named.add_attachment("A note", filename="note.txt")

    for raw, text, name in ((passed_on.as_bytes(), "Inside", "message.eml"), (named.as_bytes(), "A note", "note.txt")):
        found = read(raw)
        assert (found.body, found.attachments[0].filename) == (text, name)


def test_nothing_of_a_page_runs_or_is_fetched_from_elsewhere():
    page = """<html><head><title>t</title><style>p{background:url(https://e.test/a)}</style></head><body onload=a()>
    <script>alert(1)</script><p style="background:url(https://e.test/b)" onclick="a()">Hello <b>you</b></p>
    <img src="https://e.test/pixel.png" alt="A picture"><img src=x onerror=alert(1)><svg onload=alert(1)></svg>
    <a href="javascript:alert(1)">bad</a><a href="https://ok.test/" target=_self>good</a><iframe src=//e.test></iframe>
    <form action=https://e.test><input name=a></form><object data=x></object><link rel=stylesheet href=//e.test/c>
    <base href=//e.test><meta http-equiv=refresh content="0;url=//e.test"><math><mi xlink:href="data:x"></mi></math>"""
    made = mail("")
    made.set_content(page, subtype="html")
    found = read(made.as_bytes())

    assert found.html is not None
    for bad in (
        "script",
        "onclick",
        "onerror",
        "onload",
        "style",
        "e.test",
        "javascript",
        "<form",
        "<svg",
        "<base",
        "src=",
    ):
        assert bad not in found.html, bad
    assert 'href="https://ok.test/"' in found.html
    assert 'target="_blank"' in found.html
    assert "noopener" in found.html
    assert 'alt="A picture"' in found.html
    assert "Hello you" in found.body
    assert "alert" not in found.body


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Thanks!\n\nOn Mon, 3 Feb 2025 at 10:00, Alice <a@b.c> wrote:\n> hi", "Thanks!"),
        ("Thanks!\n\nOn Mon, 3 Feb 2025 at 10:00,\nAlice Somebody\n<a@b.c> wrote:\n> hi", "Thanks!"),
        ("Danke\n\nAm 03.02.2025 um 10:00 schrieb Alice:\n> hi", "Danke"),
        ("收到\n\n在 2025年2月3日，客服 写道：\n> 你好", "收到"),
        ("Top\n\n-----Original Message-----\nFrom: x", "Top"),
        ("Hi\n\nFrom: A <a@b.test>\nSent: Monday\nTo: B\nSubject: x\n\nold", "Hi"),
        ("> hi\nyes\n> and?\nno", "yes\nno"),
        (
            "On the whole I agree.\nFrom: what you say it follows.",
            "On the whole I agree.\nFrom: what you say it follows.",
        ),
        ("Just text", "Just text"),
        ("> only a quote", "> only a quote"),
        ("", ""),
    ],
)
def test_what_is_new_is_told_from_what_was_there_before(text: str, reply: str):
    assert reply_of(text) == reply


HOSTILE = {
    "nothing": b"",
    "no headers": b"\n\nhello",
    "zeros": b"\x00\x00\n\n\x00hi\xff",
    "unknown charset": b"From: a@b.test\nContent-Type: text/plain; charset=klingon\n\nhi \xff",
    "unknown encoding": b"From: a@b.test\nContent-Transfer-Encoding: magic\n\nhi",
    "broken base64": b"From: a@b.test\nContent-Transfer-Encoding: base64\n\n%%%%abc",
    "no boundary": b"From: a@b.test\nContent-Type: multipart/mixed\n\nhi",
    "a boundary that never comes": b"From: a@b.test\nContent-Type: multipart/mixed; boundary=b\n\nhi",
    "parts in parts": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1500)),
    "many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 20_000,
    "parts as many as are taken apart": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 4_900,
    "a long header": b"Content-Type: text/plain" + b"; a=b" * 300_000 + b"\n\nhi",
    "a long folded header": b"Content-Type: text/plain" + b"\n ; a=b" * 300_000 + b"\n\nhi",
    "a long header of a part": (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain" + b"; a=b" * 300_000 + b"\n\nhi"
    ),
    "many headers": b"".join(b"X-%d: a\n" % n for n in range(30_000)) + b"\nhi",
    "comments in comments": b"From: " + b"(" * 16_000 + b"\n\nhi",
    "commas": b"From: " + b"<," * 8_000 + b"\n\nhi",
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 1_200 + b"\n\nhi",
    "a bad encoded word": b"Subject: =?utf-8?b?!!!?= =?x?q?a?= =?utf-8?q?=ff?=\n\nhi",
    "a bad date": b"Date: Mon, 99 Foo 99999 99:99:99 +9999\n\nhi",
    "empty lines": b"From: a@b.test\n\n" + b"\n" * 1_000_000,
    "tags": b"Content-Type: text/html\n\n" + b"<b>" * 300_000,
    "an injection": b"Subject: =?utf-8?q?a=0d=0aBcc:_c=40d.test?=\nMessage-ID: <a\x00b@c>\n\nhi",
    "surrogates": "Subject: \ud800\n\n\udfff".encode("utf-8", "surrogatepass"),
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE)
def test_no_mail_is_too_broken_to_be_kept(raw: bytes):
    for each in (raw, raw.replace(b"\n", b"\r\n")):
        found = read(each)

        assert_storable(found)
        assert composed_answer(found)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"From: a@b.test\n", b"Content-Type: multipart/mixed; boundary=b\n", b"\n", b"--b\n", b"--b--\n",
                b"Content-Type: text/html; charset=utf-16\n", b"Content-Transfer-Encoding: base64\n", b"\xff\x00=\n",
                b"Content-Type: message/rfc822\n", b"Content-Disposition: attachment; filename*=utf-8''%ff\n", b"> a\n",
                b"Content-Type: multipart/report\n", b"Content-Type: message/delivery-status\n", b"=?b?q?=ff?=\n", b" ",
                b"Message-ID: <a@b>\n", b"References: <a@b> <c@d\n", b"Return-Path: <>\n", b"Subject: ",
            ]
        ),
        max_size=30,
    )
)  # fmt: skip
def test_no_order_of_its_lines_makes_a_mail_unreadable(lines: list[bytes]):
    assert_storable(read(b"".join(lines)))


def assert_storable(found: Read) -> None:
    texts = (found.subject, found.reply, found.body, found.html or "", found.sender_name, found.message_id)
    for text in (*texts, *(each.filename for each in found.attachments)):
        text.encode()
        assert "\x00" not in text
    assert len(found.body) <= reading.TEXT_CHARACTERS_MAX
    assert len(found.attachments) <= reading.ATTACHMENTS_MAX
    assert len(found.to) <= headers.RECIPIENTS_MAX
    assert not set("\r\n") & set(found.subject + found.sender_name)


def composed_answer(found: Read) -> bytes:
    """Whatever came, an answer to it can be written, and holds no header that was not meant."""
    out = Outgoing(
        "own@example.test", "support@example.test", found.sender_name, ["a@b.test"], [],
        subject_of_answer(found.subject), "Yes.", 1, found.message_id or None, [found.message_id or "x@y"],
    )  # fmt: skip
    raw = composed(out)
    assert "Bcc" not in email.message_from_bytes(raw)
    return raw


def test_recipients_are_shown_up_to_a_bound():
    many = b"From: a@b.test\nTo: " + b", ".join(b"user%d@x.test" % n for n in range(10_000)) + b"\n\nhi"

    assert len(read(many).to) == headers.RECIPIENTS_MAX


def test_a_mail_that_is_too_large_says_so():
    assert read(b"From: a@b.test\n\nthe beginning", is_whole=False).flaws == ("too_large",)


def test_the_same_mail_by_two_ways_has_one_key_and_another_content_has_another():
    one = mail(Message_ID="<a@b.test>").as_bytes()
    way = b"Return-Path: <a@b>\nReceived: by x\n\twith y\nDelivered-To: sales@example.test\nX-Spam: no\n"
    lines = one.replace(b"\n", b"\r\n")

    assert key_of(way + one) == key_of(one) == key_of(lines)
    assert key_of(mail("Other", Message_ID="<a@b.test>").as_bytes()) != key_of(one)
    assert key_of(mail(Message_ID="<c@b.test>").as_bytes()) != key_of(one)
    assert key_of(mail().as_bytes()) != key_of(mail(Subject="B").as_bytes())


@pytest.mark.parametrize(
    ("headers", "kind", "acknowledged"),
    [
        ({}, "message", True),
        ({"Auto_Submitted": "no"}, "message", True),
        ({"Auto_Submitted": "auto-generated"}, "message", False),
        ({"Auto_Submitted": "auto-replied (vacation)"}, "automatic", False),
        ({"Precedence": "bulk"}, "message", False),
        ({"Precedence": "List"}, "message", False),
        ({"Precedence": "junk"}, "message", False),
        ({"List_Id": "<a.list>"}, "message", False),
        ({"Return_Path": "<>"}, "message", False),
        ({"From": "MAILER-DAEMON@mx.test"}, "message", False),
        ({"From": "no-reply@shop.test"}, "message", False),
        ({"From": "MAILER-DAEMON@mx.test", "Return_Path": "<>"}, "bounce", False),
        ({"From": "nobody at all"}, "message", False),
    ],
)
def test_machines_are_told_from_people(headers: dict[str, str], kind: str, acknowledged: bool):
    raw = b"".join(
        f"{name.replace('_', '-')}: {value}\n".encode() for name, value in ({"From": "a@b.test"} | headers).items()
    )
    found = read(raw + b"\nhi")

    assert (found.kind, found.may_be_acknowledged) == (kind, acknowledged)


def test_a_page_of_too_many_tags_is_shown_as_text_alone():
    assert sanitised("<b>" * 30_000) is None


def test_our_mail_is_the_same_bytes_each_time_and_holds_one_line_a_header():
    out = Outgoing(
        "a@b", "s@e.test", "Łucja\tA", ["a@b.test"], ["c@d.test"], "Hällo", "Text", 10**15, "x@y", ["v@w", "x@y"]
    )
    found = email.message_from_bytes(composed(out))

    assert composed(out) == composed(out)
    assert (found["In-Reply-To"], found["References"], found["Message-ID"]) == ("<x@y>", "<v@w> <x@y>", "<a@b>")
    with pytest.raises(ValueError, match="linefeed"):
        composed(Outgoing("a@b", "s@e.test", "", ["a@b.test"], [], "Hello\r\nBcc: c@d.test", "Text"))
