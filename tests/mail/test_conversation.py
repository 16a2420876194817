"""A mail from the customer's program to the agent's desk, the answer back, and what comes of both."""

from collections.abc import Callable
from pathlib import Path

from tests.mail.centre import centre
from tests.mail.post_office import ALICE, SUPPORT, PostOffice, letter

Database = Callable[[], str]


async def test_a_mail_is_served_and_the_answer_threads_at_the_customers_side_and_back(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter("Where is it?", "My order 4711.", Message_ID="<first@customer.test>"))
        contact_id = await here.served()
        (seen,) = await here.shown(contact_id)
        await here.answer(contact_id, text="On its way.\nRegards")
        (got,) = office.until_there(1, ALICE)
        answer = letter("Re: Where is it?", "Thanks!\n\nOn Monday Acme wrote:\n> On its way.")
        answer["In-Reply-To"] = got["Message-ID"]
        answer["References"] = f"{got['References']} {got['Message-ID']}"
        office.send(answer)
        await here.until_delivered(2)
        thread = await here.until(lambda: _of_length(here, contact_id, 3))
        card = here.desks["anna"].desk.records[_card(here.desks["anna"].desk.records, contact_id)]
        await here.end()
        (contact,) = await here.contacts()

    assert (seen["subject"], seen["reply"], seen["from_address"]) == ("Where is it?", "My order 4711.", ALICE)
    assert (got["From"], got["To"], got["Subject"]) == (f"Acme <{SUPPORT}>", ALICE, "Re: Where is it?")
    assert got["In-Reply-To"] == "<first@customer.test>"
    assert "<first@customer.test>" in got["References"]
    assert got.get_payload(decode=True).decode() == "On its way.\r\nRegards\r\n\r\n-- \r\nAcme Support\r\n"
    assert [(mail["direction"], mail["reply"]) for mail in thread] == [
        ("in", "My order 4711."), ("out", "On its way.\nRegards"), ("in", "Thanks!"),
    ]  # fmt: skip
    assert thread[2]["text"].endswith("> On its way.")
    assert {mail["thread_id"] for mail in thread} == {thread[0]["thread_id"]}
    assert (thread[2]["joins_as"], card["collected"]["mails"], card["level"]) == ("participant", 3, "matched")
    assert (contact["state"], contact["outcome"], contact["channel"]) == ("closed", "handled", "email")


async def test_an_answer_to_a_closed_contact_is_a_new_one_of_the_same_thread_for_the_same_agent(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter())
        first = await here.served()
        await here.answer(first)
        (got,) = office.until_there(1)
        await here.end()
        office.send(letter("Re: A question", "Again.", In_Reply_To=got["Message-ID"]))
        await here.until_delivered(2)
        second = await here.served()
        thread = await here.shown(second)
        (link,) = await here.fetch("SELECT from_id::text, to_id::text, kind FROM contact_link")
        (stay,) = await here.fetch("SELECT wishes FROM stay WHERE contact_id = $1", second)
        agent_id = here.premises.agents["anna"]

    assert second != first
    assert dict(link) == {"from_id": second, "to_id": first, "kind": "reply_to"}
    assert [mail["direction"] for mail in thread] == ["in", "out", "in"]
    assert agent_id in stay["wishes"]


async def test_an_answer_that_comes_while_the_agent_wraps_up_is_offered_to_the_same_agent(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """It would close by itself, and nobody looks at it any more."""
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        anna = here.desks["anna"]
        anna.choose("ready")
        office.send(letter())
        first = await here.served()
        await here.answer(first)
        (got,) = office.until_there(1)
        anna.do("end", (await here.until_state("talking"))["id"])
        wrapped = await here.until_state("wrap_up")
        office.send(letter("Re: A question", "One more thing.", In_Reply_To=got["Message-ID"]))
        await here.until_delivered(2)
        anna.do("finish", wrapped["id"])
        second = await here.served()
        thread = await here.shown(second)
        (stay,) = await here.fetch("SELECT wishes FROM stay WHERE contact_id = $1", second)
        contacts = await here.contacts()

    assert second != first
    assert [mail["reply"] for mail in thread if mail["direction"] == "in"] == ["Hello?", "One more thing."]
    assert here.premises.agents["anna"] in stay["wishes"]
    assert [contact["state"] for contact in contacts] == ["closed", "open"]


async def test_a_colleague_who_answers_joins_unverified_and_a_stranger_begins_a_thread_of_their_own(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """Bob was shown our answer; Carol saw Alice's mail alone, and has the same subject."""
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter("Offer", Message_ID="<offer@customer.test>"))
        contact_id = await here.served()
        await here.answer(contact_id)
        (got,) = office.until_there(1)
        bob, carol, dave = (f"{name}@customer.test" for name in ("bob", "carol", "dave"))
        office.send(letter("Re: Offer", "Bob here.", bob, In_Reply_To=got["Message-ID"]), sender=bob)
        office.send(letter("Re: Offer", "Carol.", carol, In_Reply_To="<offer@customer.test>"), sender=carol)
        office.send(letter("Offer", "Dave.", dave), sender=dave)
        tampered = got["Message-ID"].replace(".", ".a", 1)
        office.send(letter("Re: Offer", "A guess.", dave, In_Reply_To=tampered), sender=dave)
        mails = {mail["reply"]: mail for mail in await here.until_delivered(5)}
        customers = {row["id"]: row["customer_id"] for row in await here.contacts()}
        first = mails["Hello?"]

    assert (mails["Bob here."]["thread_id"], mails["Bob here."]["joins_as"]) == (first["thread_id"], "unverified")
    assert mails["Bob here."]["contact_id"] == first["contact_id"]
    assert customers[first["contact_id"]] is not None
    assert mails["Carol."]["thread_id"] != first["thread_id"]
    assert mails["Carol."]["possibly_thread_id"] == first["thread_id"]
    threads = {mails[text]["thread_id"] for text in ("Hello?", "Carol.", "Dave.", "A guess.")}
    assert len(threads) == 4
    assert len(customers) == 4


async def test_only_whoever_has_the_contact_answers_it_and_a_repeat_sends_nothing_twice(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=2) as here:
        here.desks["anna"].choose("ready")
        office.send(letter())
        contact_id = await here.served()
        await here.answer(contact_id, "ben", expect=404)
        looked = await here.browsers["ben"].get(f"/v1/contacts/{contact_id}/mails")
        first = await here.answer(contact_id, key="once", cc=["bob@customer.test"])
        again = await here.answer(contact_id, key="once", cc=["bob@customer.test"])
        office.until_there(1)
        office.until_there(1, "bob@customer.test")
        await here.end()
        late = await here.answer(contact_id, expect=404)
        sent = await here.mails("direction = 'out'")
        counts = office.count(ALICE), office.count("bob@customer.test")

    assert looked.status_code == 404
    assert first == again
    assert counts == (1, 1)
    assert [(str(mail["id"]), mail["state"]) for mail in sent] == [(first["mail_id"], "sent")]
    assert late["text_key"] == "contact.not_open"


async def test_what_cannot_be_sent_is_said_and_nothing_of_it_is_kept(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter())
        contact_id = await here.served()
        refused = [
            await here.answer(contact_id, expect=422, **body)
            for body in (
                {"to": ["nobody"]},
                {"to": ["a@b.test\r\nBcc: c@d.test"]},
                {"to": [SUPPORT]},
                {"subject": "Hello\r\nBcc: c@d.test"},
                {"to": [f"a{n}@b.test" for n in range(21)]},
                {"to": [f"a{n}@b.test" for n in range(20)], "cc": ["c@d.test"]},
                {"text": ""},
                {"text": "x" * 20_001},
            )
        ]
        sent = await here.mails("direction = 'out'")

    keys = [each["errors"][0]["text_key"] for each in refused]
    assert keys[:3] == ["mail.address", "mail.address", "mail.to_ourselves"]
    assert keys[5] == "mail.too_many_recipients"
    assert sent == []


async def _of_length(here, contact_id: str, count: int):
    shown = await here.shown(contact_id)
    return shown if len(shown) == count and all(each["state"] in ("sent", "delivered") for each in shown) else None


def _card(records, contact_id: str) -> str:
    return next(
        key for key, record in records.items() if key.startswith("card/") and record["contact_id"] == contact_id
    )
