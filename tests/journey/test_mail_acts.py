"""Is a mail that is put away, merged or split decided once, by whoever has it, and does a new writer find the same?"""

from app import commands as c
from app.switchboard import new_id
from tests.journey.board import Board, open_board, rebuilt_engine
from tests.journey.story import nothing_is_left, rows, tell


async def served(board: Board) -> tuple[str, str, str]:
    """(contact, segment, agent): a mail that somebody has."""
    anna = board.centre.agent_ids[0]
    await board.seat(anna)
    entry = board.entry(channel="email", collected={"subject": "Win!"})
    await board.ask(c.TakeMail(entry, new_id(), new_id()))
    (segment,) = board.switchboard.house.segments(entry.contact_id)  # type: ignore[union-attr]
    await board.act("accept", segment.id, anna)
    return entry.contact_id, segment.id, anna


async def agrees_with_its_rows(board: Board) -> None:
    engine, _ = await rebuilt_engine(board.url)

    assert board.switchboard.house.engine.digest() == engine.digest()  # type: ignore[union-attr]


async def test_spam_is_taken_away_without_wrap_up_in_whatever_state_its_agent_has_it(database: str) -> None:
    """Talking, parked or wrapping up; a repeat is told that it is over."""
    async with open_board(database, config={"wrap_up_s": 60}) as board:
        told, again = [], []
        for before in ((), ("park",), ("end",)):
            contact_id, segment_id, anna = await served(board)
            for act in before:
                await board.act(act, segment_id, anna)
            await board.ask(c.MarkSpam(contact_id, anna))
            again.append((await board.ask(c.MarkSpam(contact_id, anna))).status)
            await agrees_with_its_rows(board)
            told.append(await tell(board, contact_id))
        nothing_is_left(board)

    assert [(each.state, each.outcome) for each in told] == [("closed", "cleared")] * 3
    assert [each.segments for each in told] == [[(0, "done", None)]] * 3
    assert [each.events.count("mail.spam") for each in told] == [1, 1, 1]
    assert again == [404, 404, 404]


async def test_a_mail_is_part_of_a_contact_only_while_somebody_will_see_it(database: str) -> None:
    """Waiting, talking or parked; what comes while it is wrapped up is a contact of its own, linked, and is offered."""
    async with open_board(database, config={"wrap_up_s": 60}) as board:
        entry = board.entry(channel="email")
        await board.ask(c.TakeMail(entry, new_id(), new_id()))
        joined = [await answered(board, entry.contact_id)]
        contact_id, segment_id, anna = await served(board)
        for act in (None, "park", "unpark"):
            if act is not None:
                assert (await board.act(act, segment_id, anna)).status == 200
            joined.append(await answered(board, contact_id))
        await board.act("end", segment_id, anna)
        machine = await board.ask(c.TakeMail(board.entry(channel="email"), new_id(), new_id(), contact_id, True))
        late = await answered(board, contact_id)
        await board.act("finish", segment_id, anna)
        told, new = await tell(board, contact_id), await tell(board, late.body["contact_id"])
        links = await rows(board, "SELECT from_id::text, to_id::text, kind FROM contact_link")

    assert [(each.status, each.body["joined"]) for each in joined] == [(200, True)] * 4
    assert machine.body == {"contact_id": contact_id, "joined": True}
    assert (late.status, late.body["joined"], told.state, new.state) == (201, False, "closed", "open")
    assert "segment.offered" in new.events
    assert [tuple(row.values()) for row in links] == [(late.body["contact_id"], contact_id, "reply_to")]


async def answered(board: Board, contact_id: str) -> c.Reply:
    """The customer writes in the thread of which this is the latest contact."""
    return await board.ask(c.TakeMail(board.entry(channel="email"), new_id(), new_id(), contact_id))


async def test_only_whoever_has_the_mail_says_what_it_is(database: str) -> None:
    async with open_board(database) as board:
        contact_id, _, _ = await served(board)
        ben = board.centre.agent_ids[1]
        entry = board.entry(channel="email")
        wishes = (
            c.MarkSpam(contact_id, ben),
            c.MergeMails(contact_id, ben, new_id()),
            c.SplitMail(entry, contact_id, ben, new_id()),
        )
        answers = [await board.ask(wish) for wish in wishes]
        told = await tell(board, contact_id)
        (number,) = await rows(board, "SELECT count(*) FROM contact")

    assert [(each.status, each.body["text_key"]) for each in answers] == [(409, "mail.not_yours")] * 3
    assert (told.state, number["count"]) == ("open", 1)


async def test_a_mail_that_is_split_off_waits_as_a_contact_of_its_own_once(database: str) -> None:
    async with open_board(database) as board:
        contact_id, _, anna = await served(board)
        entry = board.entry(channel="email", source_id="split:the-mail")
        first = await board.ask(c.SplitMail(entry, contact_id, anna, new_id()))
        second = await board.ask(
            c.SplitMail(board.entry(channel="email", source_id="split:the-mail"), contact_id, anna, new_id())
        )
        await agrees_with_its_rows(board)
        told = await tell(board, entry.contact_id)
        links = await rows(board, "SELECT from_id::text, to_id::text, kind FROM contact_link")

    assert first.body == second.body == {"contact_id": entry.contact_id}
    assert told.stays in ([None], ["answered"])
    assert {tuple(row.values()) for row in links} == {(entry.contact_id, contact_id, "follow_up_of")}
