"""Is the card on the desk with the offer, the same on every way there, and gone with the contact?"""

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from app import commands as c
from app.follower import Follower
from app.frames import encode
from app.switchboard import new_id
from tests.journey.board import Board, open_board
from tests.journey.story import chat, rows
from tests.journey.test_every_turn import CONFIG, something
from tests.journey.test_feeds import Page, follower_of, frame_for, until
from tests.journey.test_floor_feed import change

ADDRESS = "grace@example.com"


async def somebody_known(board: Board, name: str = "Grace", address: str = ADDRESS) -> str:
    customer_id, company_id = new_id(), board.centre.company_ids[0]
    await change(
        board,
        "INSERT INTO customer (id, company_id, name, value, value_terms, language) VALUES ($1, $2, $3, 80, "
        "'{\"orders\": 3}', 'zh')",
        customer_id,
        company_id,
        name,
    )
    await change(
        board,
        "INSERT INTO customer_address (company_id, customer_id, kind, address, level, source) "
        "VALUES ($2, $1, 'email', $3, 'verified', 'api')",
        customer_id,
        company_id,
        address,
    )
    await change(
        board,
        "INSERT INTO customer_fact (company_id, customer_id, key, value, source) "
        "VALUES ($2, $1, 'life_stage', '\"growing\"', 'analytics')",
        customer_id,
        company_id,
    )
    return customer_id


async def watched(follower: Follower, agent_id: str) -> Page:
    page = Page(await frame_for(follower, agent_id, None))
    follower.join(agent_id, page)
    return page


def card_of(page: Page, contact_id: str) -> dict[str, Any]:
    return dict(page.records.get(f"card/{contact_id}", {}))


async def test_the_offer_comes_with_the_card_of_the_customer(database: str) -> None:
    async with open_board(database, config=CONFIG) as board, follower_of(database, board) as near:
        board.switchboard.on_committed.append(near.committed)
        agent_id = board.centre.agent_ids[0]
        await board.seat(agent_id)
        customer_id = await somebody_known(board)
        known = {"customer_id": customer_id, "collected": {"from": ADDRESS, "topic": "rent"}, "value": 80}
        earlier = await chat(board, "wrap_up", **known)
        await earlier.act("finish")
        page = await watched(near, agent_id)
        waiting = await chat(board, "offered", **known)
        await until(lambda: card_of(page, waiting.contact_id))
        shown = card_of(page, waiting.contact_id)

        assert (shown["name"], shown["level"], shown["value"]) == ("Grace", "matched", 80)
        assert (shown["value_terms"], shown["life_stage"], shown["language"]) == ({"orders": 3}, "growing", "zh")
        assert shown["collected"] == {"from": ADDRESS, "topic": "rent"}
        assert [each["contact_id"] for each in shown["last_contacts"]] == [earlier.contact_id]
        assert shown["last_contacts"][0]["queue"] == "queue"
        assert shown["addresses"] == [{"kind": "email", "address": ADDRESS, "level": "verified"}]

        await waiting.act("decline")
        await until(lambda: not card_of(page, waiting.contact_id))
        assert near.model.cards == {}


async def test_two_people_behind_the_address_are_both_on_the_card(database: str) -> None:
    async with open_board(database, config=CONFIG) as board, follower_of(database, board) as near:
        board.switchboard.on_committed.append(near.committed)
        agent_id = board.centre.agent_ids[0]
        await board.seat(agent_id)
        for name in ("Grace", "Vincent"):
            await somebody_known(board, name)
        page = await watched(near, agent_id)
        waiting = await chat(board, "offered", collected={"from": ADDRESS})
        await until(lambda: card_of(page, waiting.contact_id))

        assert card_of(page, waiting.contact_id)["name"] is None
        assert {each["name"] for each in card_of(page, waiting.contact_id)["candidates"]} == {"Grace", "Vincent"}


async def test_a_page_that_opens_later_has_the_card_from_the_first_frame(database: str) -> None:
    """Also in a process that never saw the offer, and after a cut."""
    async with open_board(database, config=CONFIG) as board:
        agent_id = board.centre.agent_ids[0]
        await board.seat(agent_id)
        customer_id = await somebody_known(board)
        async with follower_of(database, board) as before:
            empty = Page(await frame_for(before, agent_id, None))
        waiting = await chat(board, "talking", customer_id=customer_id, collected={"from": ADDRESS})
        async with follower_of(database, board) as later:
            opened = Page(await frame_for(later, agent_id, None))
            resumed = await frame_for(later, agent_id, empty.pos)

        assert card_of(opened, waiting.contact_id)["name"] == "Grace"
        assert resumed["t"] == "turn"
        assert resumed["put"][f"card/{waiting.contact_id}"]["name"] == "Grace"


async def test_an_erased_customer_is_gone_from_the_card_at_once(database: str) -> None:
    async with open_board(database, config=CONFIG) as board, follower_of(database, board) as near:
        board.switchboard.on_committed.append(near.committed)
        agent_id = board.centre.agent_ids[0]
        await board.seat(agent_id)
        customer_id = await somebody_known(board)
        page = await watched(near, agent_id)
        waiting = await chat(board, "talking", customer_id=customer_id, collected={"from": ADDRESS})
        await until(lambda: card_of(page, waiting.contact_id))
        await change(board, "UPDATE customer SET name = '', erased_at = now() WHERE id = $1", customer_id)
        await board.ask(c.EraseCustomer(customer_id, board.centre.company_ids[0]))
        await until(lambda: card_of(page, waiting.contact_id).get("name") is None)

        assert "Grace" not in json.dumps(page.records)
        assert ADDRESS not in json.dumps(page.records)


@pytest.mark.parametrize("seed", [91, 92])
async def test_desks_with_cards_equal_fresh_ones_wherever_they_were_opened_or_cut(database: str, seed: int) -> None:
    chance = Random(seed)
    async with open_board(database, speed=20, config=CONFIG) as board, follower_of(database, board) as near:
        board.switchboard.on_committed.append(near.committed)
        customers = [await somebody_known(board, f"K{n}", f"k{n}@example.com") for n in range(3)]
        for agent_id in board.centre.agent_ids:
            await board.seat(agent_id)
        pages: dict[str, list[Page]] = {agent_id: [] for agent_id in board.centre.agent_ids}
        refs: dict[str, int] = {}
        with_cards = 0
        for step in range(120):
            await something(board, chance, refs)
            if chance.random() < 0.3:
                n = chance.randrange(3)
                entry = board.entry(0, customer_id=customers[n], collected={"from": f"k{n}@example.com"})
                await board.ask(c.Arrive(replace(entry, channel="chat")))
            for agent_id, opened in pages.items():
                with_cards += any(key.startswith("card/") for key in near.model.snapshot(agent_id))
                if step % 10 == 0:
                    opened.append(await watched(near, agent_id))
                fresh = json.loads(encode(near.model.snapshot(agent_id)))
                for page in opened:
                    assert page.records == fresh, f"seed {seed}, step {step}"
                if step % 10 == 5:
                    cut = chance.choice(opened)
                    frame = await frame_for(near, agent_id, cut.first["pos"])
                    resumed = cut.first["records"] | frame["put"]
                    gone = set(frame.get("drop", ()))
                    assert {k: r for k, r in resumed.items() if k not in gone} == near.model.snapshot(agent_id)

        assert with_cards > 20
        assert await rows(board, "SELECT 1 FROM customer")


async def test_a_customer_who_is_renamed_is_renamed_on_the_desk(database: str) -> None:
    async with open_board(database, config=CONFIG) as board, follower_of(database, board) as near:
        board.switchboard.on_committed.append(near.committed)
        agent_id = board.centre.agent_ids[0]
        await board.seat(agent_id)
        customer_id = await somebody_known(board)
        page = await watched(near, agent_id)
        talk = await chat(board, "talking", customer_id=customer_id, collected={"from": ADDRESS}, value=80)
        await until(lambda: card_of(page, talk.contact_id).get("name") == "Grace")
        await change(board, "UPDATE customer SET name = 'Grace Hopper', version = 2 WHERE id = $1", customer_id)
        await board.ask(c.RowChanged("customer", customer_id, 2, board.centre.company_ids[0]))
        await until(lambda: card_of(page, talk.contact_id).get("name") == "Grace Hopper")

        assert card_of(page, talk.contact_id)["level"] == "matched", "and nothing else of the card is lost"
