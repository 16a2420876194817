"""Is what is spam kept and out of the way, and are threads one or two as the agent says, each once?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from floor.rest import Refused
from tests.mail.centre import Centre, centre, failing, run
from tests.mail.post_office import ALICE, PostOffice, letter

Database = Callable[[], str]
SPAMMER = "bob@customer.test"


async def post(here: Centre, contact_id: str, what: str, body: Any = None, login: str = "anna") -> Any:
    return await here.browsers[login].post(f"/v1/contacts/{contact_id}/{what}", json=body)


async def events(here: Centre, kind: str) -> int:
    (row,) = await here.fetch("SELECT count(*) FROM event WHERE kind = $1", kind)
    return int(row["count"])


async def test_spam_is_over_at_once_and_further_mails_are_kept_until_it_is_undone(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=2) as here:
        here.desks["anna"].choose("ready")
        office.send(letter("Win!", "Click here.", SPAMMER), sender=SPAMMER)
        contact_id = await here.served()
        stranger = await post(here, contact_id, "spam", login="ben")
        marked = await post(here, contact_id, "spam")
        await here.until(lambda: not here.desks["anna"].desk.segments, why="nothing is left at the desk")
        again = await post(here, contact_id, "spam")
        office.send(letter("Win more!", "And here.", SPAMMER), sender=SPAMMER)
        await here.until_delivered(2)
        (closed,) = await here.contacts()
        (listed,) = (await here.rest.get("/v1/spam-senders"))["items"]
        undone = await here.browsers["anna"].delete(f"/v1/spam-senders/{listed['id']}")
        released = await here.rest.ask("DELETE", f"/v1/spam-senders/{listed['id']}")
        served = await here.served()
        (shown,) = await here.shown(served)
        office.send(letter("Sorry", "Not spam.", SPAMMER), sender=SPAMMER)
        await here.until_delivered(3)
        contacts = await here.contacts()
        seen = await events(here, "mail.spam")

    assert (stranger.status_code, marked.json()["address"], again.status_code) == (404, SPAMMER, 404)
    assert (closed["state"], closed["outcome"]) == ("closed", "cleared")
    assert (listed["address"], listed["kept"]) == (SPAMMER, 1)
    assert undone.status_code == 403
    assert released == {"contact_ids": [served], "left": 0}
    assert shown["subject"] == "Win more!"
    assert [row["state"] for row in contacts] == ["closed", "open", "open"]
    assert seen == 1


async def spammed(here: Centre, office: PostOffice) -> str:
    """A sender whose first mail was marked: the id by which that is undone."""
    here.desks["anna"].choose("ready")
    office.send(letter("Win!", "Click here.", SPAMMER), sender=SPAMMER)
    await post(here, await here.served(), "spam")
    await here.until(lambda: not here.desks["anna"].desk.segments, why="nothing is left at the desk")
    (listed,) = (await here.rest.get("/v1/spam-senders"))["items"]
    return str(listed["id"])


async def test_what_was_kept_is_found_again_after_a_death_while_its_sender_is_unmarked(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        sender_id = await spammed(here, office)
        for n in (1, 2):
            office.send(letter(f"Kept {n}", "Click here.", SPAMMER), sender=SPAMMER)
            await here.until_delivered(1 + n)
        await run(here, failing("UPDATE", "mail", "NEW.subject = $$Kept 2$$ AND NEW.contact_id IS NOT NULL"))
        with pytest.raises(Refused) as died:
            await here.rest.ask("DELETE", f"/v1/spam-senders/{sender_id}")
        (listed,) = (await here.rest.get("/v1/spam-senders"))["items"]
        await run(here, "DROP TRIGGER in_the_way ON mail")
        released = await here.rest.ask("DELETE", f"/v1/spam-senders/{sender_id}")
        left = (await here.rest.get("/v1/spam-senders"))["items"]
        contacts = await here.contacts()
        lost = await here.mails("contact_id IS NULL")

    assert (died.value.status, listed["kept"]) == (500, 1)
    assert (len(released["contact_ids"]), released["left"], left) == (1, 0, [])
    assert [row["state"] for row in contacts] == ["closed", "open", "open"]
    assert lost == []


async def test_more_mails_than_are_released_at_once_are_released_by_asking_again(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        sender_id = await spammed(here, office)
        here.desks["anna"].choose("away")
        await run(
            here,
            f"""
            INSERT INTO mail (
                id, thread_id, key, company_id, mailbox_id, direction, kind, state, message_id, from_address)
            SELECT new, new, new, company_id, mailbox_id, 'in', 'message', 'delivered', '', from_address
            FROM mail, LATERAL (SELECT gen_random_uuid() AS new FROM generate_series(1, 201)) AS more
            WHERE from_address = '{SPAMMER}'
            """,
        )
        first = await here.rest.ask("DELETE", f"/v1/spam-senders/{sender_id}")
        (listed,) = (await here.rest.get("/v1/spam-senders"))["items"]
        second = await here.rest.ask("DELETE", f"/v1/spam-senders/{sender_id}")
        left = (await here.rest.get("/v1/spam-senders"))["items"]

    assert [(len(each["contact_ids"]), each["left"]) for each in (first, second)] == [(200, 1), (1, 0)]
    assert (listed["kept"], left) == (1, [])


async def test_a_mail_that_comes_while_its_sender_is_unmarked_waits_like_any_other(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """Nobody finds it among what was kept: the sender goes while it is being stored."""
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        await spammed(here, office)
        await run(
            here,
            """
            CREATE FUNCTION unmark() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql
            AS 'BEGIN DELETE FROM spam_sender; RETURN NEW; END';
            CREATE TRIGGER unmark AFTER INSERT ON mail FOR EACH ROW EXECUTE FUNCTION unmark();
            """,
        )
        office.send(letter("Sorry", "Not spam.", SPAMMER), sender=SPAMMER)
        served = await here.served()
        (shown,) = await here.shown(served)

    assert shown["subject"] == "Sorry"


async def test_a_thread_becomes_part_of_another_of_the_same_customer_and_their_answers_follow(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter("Order", "My order."))
        first = await here.served()
        await here.end()
        office.send(letter("My order again", "Where is it?"))
        second = await here.served()
        (thread,) = (await here.browsers["anna"].get(f"/v1/contacts/{second}/threads")).json()["items"]
        strange = await post(here, second, "merge", {"thread_id": second})
        merged = await post(here, second, "merge", {"thread_id": thread["thread_id"]})
        again = await post(here, second, "merge", {"thread_id": thread["thread_id"]})
        shown = await here.shown(second)
        await here.answer(second)
        (got,) = office.until_there(1, ALICE)
        told = await here.fetch("SELECT data FROM event WHERE kind = 'mail.merged'")

    assert (thread["subject"], thread["why"]) == ("Order", "customer")
    assert (strange.status_code, merged.status_code, again.status_code) == (404, 200, 200)
    assert [mail["subject"] for mail in shown] == ["Order", "My order again"]
    assert {mail["thread_id"] for mail in shown} == {thread["thread_id"]}
    assert got["Subject"] == "Re: My order again"
    assert [json.loads(row["data"])["of_contact_id"] for row in told] == [first]


async def test_a_mail_that_is_about_something_else_becomes_a_contact_of_its_own_once(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter("Order", "My order."))
        contact_id = await here.served()
        await here.answer(contact_id)
        (got,) = office.until_there(1, ALICE)
        office.send(letter("Re: Order", "And my invoice is wrong!", In_Reply_To=got["Message-ID"]))
        await here.until_delivered(2)
        first, ours, other = await here.shown(contact_id)
        refused = [await post(here, contact_id, "split", {"mail_id": each["id"]}) for each in (first, ours)]
        made = await post(here, contact_id, "split", {"mail_id": other["id"]})
        again = await post(here, contact_id, "split", {"mail_id": other["id"]})
        left = await here.shown(contact_id)
        mine = await here.until(lambda: here.contacts())
        seen = await events(here, "mail.split")
        (moved,) = await here.mails(f"id = '{other['id']}'")

    keys = [each.json()["errors"][0]["text_key"] for each in refused]
    assert keys == ["mail.first_of_thread", "mail.not_to_be_split"]
    assert (made.status_code, again.status_code) == (201, 201)
    assert made.json() == again.json()
    assert [mail["id"] for mail in left] == [first["id"], ours["id"]]
    assert [str(row["id"]) for row in mine] == [contact_id, made.json()["contact_id"]]
    assert (str(moved["thread_id"]), str(moved["contact_id"])) == (other["id"], made.json()["contact_id"])
    assert seen == 1


async def test_what_a_death_left_of_a_split_is_put_right_when_the_contact_is_read(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        contact_id, other = await answered_about_something_else(here, office)
        await run(here, failing("UPDATE", "mail", f"NEW.id = $${other}$$"))
        died = await post(here, contact_id, "split", {"mail_id": other})
        await run(here, "DROP TRIGGER in_the_way ON mail")
        _, made = [str(row["id"]) for row in await here.contacts()]
        shown = (await here.rest.get(f"/v1/contacts/{made}/mails"))["items"]
        (ours,) = await here.mails(f"id = '{other}'")
        left = await here.shown(contact_id)

    assert died.status_code == 500
    assert [mail["id"] for mail in shown] == [other]
    assert str(ours["contact_id"]) == made
    assert other not in [mail["id"] for mail in left]


async def answered_about_something_else(here: Centre, office: PostOffice) -> tuple[str, str]:
    """(contact, one of its mails that is about something else)."""
    here.desks["anna"].choose("ready")
    office.send(letter("Order", "My order."))
    contact_id = await here.served()
    await here.answer(contact_id)
    (got,) = office.until_there(1, ALICE)
    office.send(letter("Re: Order", "And my invoice is wrong!", In_Reply_To=got["Message-ID"]))
    await here.until_delivered(2)
    _, _, other = await here.shown(contact_id)
    return contact_id, other["id"]


async def test_a_death_while_a_mail_is_marked_as_spam_forgets_neither_its_sender_nor_what_they_send(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """It is marked before its contact is over: whoever asks again, or nobody, the sender is on the list."""
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter("Win!", "Click here.", SPAMMER), sender=SPAMMER)
        contact_id = await here.served()
        await run(here, failing("INSERT", "spam_sender"))
        died = await post(here, contact_id, "spam")
        (between,) = await here.contacts()
        await run(here, "DROP TRIGGER in_the_way ON spam_sender")
        marked = await post(here, contact_id, "spam")
        listed = (await here.rest.get("/v1/spam-senders"))["items"]

    assert (died.status_code, between["state"]) == (500, "open")
    assert (marked.status_code, [each["address"] for each in listed]) == (200, [SPAMMER])


async def test_a_sender_is_marked_by_nobody_who_has_the_mail_no_more(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter("Hello", "A question.", SPAMMER), sender=SPAMMER)
        contact_id = await here.served()
        await here.end()
        late = await post(here, contact_id, "spam")
        listed = (await here.rest.get("/v1/spam-senders"))["items"]

    assert (late.status_code, listed) == (404, [])


async def test_a_death_while_threads_become_one_leaves_one_thread_and_tells_it_once(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    async with centre(office, new_database(), tmp_path, agents=1) as here:
        here.desks["anna"].choose("ready")
        office.send(letter("Order", "My order."))
        await here.served()
        await here.end()
        office.send(letter("My order again", "Where is it?"))
        second = await here.served()
        (thread,) = (await here.browsers["anna"].get(f"/v1/contacts/{second}/threads")).json()["items"]
        wish = {"thread_id": thread["thread_id"]}
        await run(here, failing("UPDATE", "mail", "NEW.thread_id <> OLD.thread_id"))
        died = await post(here, second, "merge", wish)
        before = await events(here, "mail.merged")
        await run(here, "DROP TRIGGER in_the_way ON mail")
        merged = [await post(here, second, "merge", wish) for _ in range(2)]
        shown = await here.shown(second)
        told = await events(here, "mail.merged")

    assert (died.status_code, before) == (500, 0)
    assert [each.status_code for each in merged] == [200, 200]
    assert [mail["subject"] for mail in shown] == ["Order", "My order again"]
    assert told == 1
