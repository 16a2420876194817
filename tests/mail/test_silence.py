"""Does anything of a mail stand in the log of the server, whatever becomes of the mail?"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.mail.centre import INSIDE, Centre, centre
from tests.mail.post_office import SUPPORT, PostOffice, letter
from tests.mail.test_lmtp import BROUGHT, HELP, bring

Database = Callable[[], str]
MARKS = ("quokka", "wombat", "numbat", "bilby", "potoroo", "dunnart", "bettong")  # nowhere else in the product
TELLS = """
CREATE FUNCTION tells() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'no room for % % % %', NEW.from_address, NEW.from_name, NEW.subject, NEW.body; END $$
"""
TELL = "CREATE TRIGGER tells BEFORE INSERT ON mail FOR EACH ROW EXECUTE FUNCTION tells()"


def marked(to: str) -> bytes:
    sender = "quokka@customer.test"
    made = letter("The wombat", "Of numbats.", From=f"Bilby <{sender}>", To=to, Cc="potoroo@customer.test")
    made.add_attachment(b"dunnart", maintype="application", subtype="pdf", filename="bettong.pdf")
    return made.as_bytes()


async def told(here: Centre, what: str) -> str:
    """The log, once it has a line of this."""

    def lines() -> str:
        log = here.server.log.read_text()
        return log if what in log else ""

    return str(await here.until(lines, why=f"the log has: {what}"))


async def test_no_word_of_a_mail_stands_in_the_log_taken_or_not(
    office: PostOffice, new_database: Database, tmp_path: Path
) -> None:
    """By both ways in, while the database says what it was that it did not take, and after it has taken it."""
    settings = {**INSIDE, "JACKFIELD_LMTP": f"127.0.0.1:{office.ports['ours']}"}
    async with centre(office, new_database(), tmp_path, agents=1, settings=settings) as here:
        await here.add_box(HELP, **BROUGHT)
        for statement in (TELLS, TELL):
            await here.fetch(statement)
        office.put(marked(SUPPORT))
        refused = await asyncio.to_thread(bring, office, marked(HELP), sender="quokka@customer.test")
        log = await told(here, "mail in") + await told(here, "mail brought")
        await here.fetch("DROP TRIGGER tells ON mail")
        brought = await asyncio.to_thread(bring, office, marked(HELP), sender="quokka@customer.test")
        (mail, *_) = await here.until_delivered(2)
        here.desks["anna"].choose("ready")
        contact_id = await here.served()
        await here.shown(contact_id)
        await here.browsers["anna"].get(f"/v1/mails/{mail['id']}/attachments/1")
        await here.answer(contact_id, text="Of dunnarts.")
        await here.end()
        log += here.server.log.read_text()

    assert (refused, brought) == ([451], [{}])
    assert [mark for mark in MARKS if mark in log.lower()] == []
