"""Does the auditor see what is wrong in chats, mails and faxes? A true story of each, and each way to lie about it."""

import copy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
import audit_written

CHAT, MAIL, FAX = "chat", "mail", "fax"


def message(n: int, sender: str, id_: str | None, body: str = "hello") -> dict[str, Any]:
    return {"contact_id": CHAT, "n": n, "sender": sender, "body": body, "client_id": id_}


def item(n: int, sender: str, id_: str, body: str = "hello") -> dict[str, Any]:
    return {"n": n, "sender": sender, "id": id_, "body": body}


def said(side: str, id_: str, n: int) -> list[dict[str, Any]]:
    about = {"side": side, "contact": CHAT, "id": id_}
    return [{"what": "said", **about, "body": "hello"}, {"what": "said_done", **about, "n": n}]


def heard(side: str, by: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"what": "heard", "side": side, "by": by, "contact": CHAT, "items": list(items)}


def a_mail(id_: str, direction: str, message_id: str, **more: Any) -> dict[str, Any]:
    row = {"id": id_, "contact_id": MAIL, "thread_id": "thread", "direction": direction, "kind": "message"}
    return row | {"state": "delivered" if direction == "in" else "sent", "message_id": message_id, "sends": 0} | more


def truth() -> Any:
    """A visitor writes twice and the agent once; a mail is answered, and answered again; a fax has two pages."""
    all_said = [item(1, "customer", "c1"), item(2, "agent", "a1"), item(3, "customer", "c2")]
    facts = [
        {"what": "chat_sent", "id": "try"}, {"what": "chat_taken", "id": "try", "status": 200, "contact": CHAT},
        *said("customer", "c1", 1), *said("agent", "a1", 2), *said("customer", "c2", 3),
        heard("customer", "try", *all_said[:2]), heard("customer", "try", all_said[2]),
        heard("agent", "seg", *all_said),
        {"what": "mail_sent", "message_id": "m1", "answers": None, "sender": "alice"},
        {"what": "mail_taken", "message_id": "m1"},
        {"what": "mail_asked", "id": "k", "contact": MAIL},
        {"what": "mail_made", "id": "k", "status": 201, "mail": "r2"},
        {"what": "mail_arrived", "message_id": "m2", "to": ["alice"], "answers": "m1"},
        {"what": "mail_sent", "message_id": "m3", "answers": "m2", "sender": "alice"},
        {"what": "mail_taken", "message_id": "m3"}, {"what": "mail_taken", "message_id": "m3"},
        {"what": "fax_sent", "id": "f1", "sha256": "aa", "pages": 2},
        {"what": "fax_taken", "id": "f1", "status": 201, "contact": FAX, "fax": "b"},
    ]  # fmt: skip
    contacts = {
        CHAT: {"id": CHAT, "source": "widget:w", "source_id": "try"},
        MAIL: {"id": MAIL, "source": "mail:b", "source_id": "r1"},
        FAX: {"id": FAX, "source": "fax:k", "source_id": "f1"},
    }
    return audit_written.Written(
        facts=facts,
        contacts=contacts,
        segments=[
            {"id": "seg", "contact_id": CHAT, "connected_us": 1, "ended_us": 9, "state": "done"},
            {"id": "read", "contact_id": MAIL, "connected_us": 4, "ended_us": 6, "state": "done"},
        ],
        stays=[{"contact_id": MAIL, "ended_us": 4}],
        joins=[{"contact_id": MAIL, "mail": "r3", "at_us": 5}],
        messages=[message(1, "customer", "c1"), message(2, "agent", "a1"), message(3, "customer", "c2")],
        mails=[a_mail("r1", "in", "m1"), a_mail("r2", "out", "m2", sends=1), a_mail("r3", "in", "m3")],
        faxes=[{"contact_id": FAX, "direction": "in", "pages": 2, "sha256": "aa", "state": "stored"}],
        drained=True,
    )


def fact(story: Any, what: str, nth: int = 0) -> dict[str, Any]:
    return story.of(what)[nth]


def swap(story: Any) -> None:
    first, _, last = story.messages
    first["body"] = last["body"] = "hello"
    first["client_id"], last["client_id"] = last["client_id"], first["client_id"]


LIES: dict[str, tuple[Callable[[Any], object], str]] = {
    "a chat that was acknowledged is gone": (lambda s: s.contacts.pop(CHAT), "lost"),
    "an acknowledged message is gone": (lambda s: s.messages.pop(), "lost"),
    "a number is missing": (lambda s: s.messages[2].update(n=4), "out_of_order"),
    "a message stands there twice": (lambda s: s.messages.append(message(4, "customer", "c2")), "doubled"),
    "a message that nobody wrote": (lambda s: s.messages.append(message(4, "agent", "x")), "invented"),
    "another text is kept": (lambda s: s.messages[0].update(body="other"), "invented"),
    "two messages in another order": (swap, "out_of_order"),
    "a visitor heard a message twice": (lambda s: s.facts.append(heard("customer", "try", item(3, "customer", "c2"))),
                                        "out_of_order"),
    "a visitor heard another text": (lambda s: fact(s, "heard")["items"][1].update(body="other"), "invented"),
    "the visitor never heard the last one": (lambda s: s.facts.remove(fact(s, "heard", 1)), "lost"),
    "the agent never heard the last one": (lambda s: fact(s, "heard", 2)["items"].pop(), "lost"),
    "a visitor waits for ever": (lambda s: s.facts.append({"what": "gave_up", "contact": CHAT}), "stuck"),
    "an acknowledged mail is gone": (lambda s: s.mails.pop(0), "lost"),
    "an acknowledged mail has no contact": (lambda s: s.mails[0].update(contact_id=None), "lost"),
    "a mail was refused": (lambda s: s.facts.append({"what": "mail_refused", "message_id": "m1", "code": 550}), "lost"),
    "a mail was taken twice": (lambda s: s.mails.append(a_mail("r4", "in", "m1")), "doubled"),
    "a mail that nobody sent": (lambda s: s.mails.append(a_mail("r4", "in", "m4")), "invented"),
    "a mail has a contact of its own and another": (
        lambda s: s.contacts.update(other={"id": "other", "source": "mail:b", "source_id": "r3"}), "doubled"),
    "a mail came while its contact was only wrapped up": (lambda s: s.joins[0].update(at_us=7), "lost"),
    "nobody ever had the contact of a mail that came": (lambda s: s.segments.pop(), "lost"),
    "an answer is in another thread": (lambda s: s.mails[2].update(thread_id="other"), "lost"),
    "two strangers are in one thread": (lambda s: fact(s, "mail_sent", 1).update(sender="bob"), "invented"),
    "an acknowledged mail of an agent is gone": (lambda s: s.mails.pop(1), "lost"),
    "a mail of an agent is never sent": (lambda s: s.mails[1].update(state="sending"), "stuck"),
    "what is sent never arrived": (lambda s: s.facts.remove(fact(s, "mail_arrived")), "lost"),
    "it arrived more often than it was begun": (lambda s: s.facts.append(fact(s, "mail_arrived")), "doubled"),
    "what arrived is no row": (lambda s: fact(s, "mail_arrived").update(message_id="x"), "invented"),
    "more mails than were written": (lambda s: s.mails.append(a_mail("r5", "out", "m5", sends=1)), "doubled"),
    "a fax is no contact": (lambda s: s.contacts.pop(FAX), "lost"),
    "a fax is two contacts": (lambda s: s.facts.append(fact(s, "fax_taken") | {"contact": "other"}), "doubled"),
    "a fax was refused": (lambda s: fact(s, "fax_taken").update(status=422), "lost"),
    "a fax has other pages": (lambda s: s.faxes[0].update(sha256="bb"), "lost"),
    "the pages of a fax are gone": (lambda s: s.faxes.clear(), "lost"),
}  # fmt: skip


def test_a_true_story_has_no_findings() -> None:
    assert list(truth().findings()) == []
    assert truth().sources() == {"try", "f1", "r1", "r3"}


@pytest.mark.parametrize("lie", LIES)
def test_each_lie_is_found(lie: str) -> None:
    story = copy.deepcopy(truth())
    tell, kind = LIES[lie]
    tell(story)

    assert kind in {found for found, _, _ in story.findings()}


def test_a_mail_that_was_begun_twice_may_arrive_twice_and_never_a_third_time() -> None:
    story = truth()
    story.mails[1]["sends"] = 2
    story.facts.append(fact(story, "mail_arrived"))
    twice = list(story.findings())
    story.mails[1]["sends"] = 3
    story.facts.append(fact(story, "mail_arrived"))

    assert twice == []
    assert [kind for kind, _, _ in story.findings()] == ["doubled"]
