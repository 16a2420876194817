"""A flow asks what its company knows: found, none, too late, unreadable, over our death; secrets are nowhere."""

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from standardwebhooks import Webhook

from app import commands as c
from app.channels.endpoints import Endpoints
from app.look_ups import LookUps, ask_endpoint, find_customer
from app.seals import seal
from app.signatures import new_secret
from app.store.database import Database
from app.switchboard import new_id
from tests.crm import Crm, crm
from tests.journey.board import Board, open_board
from tests.journey.story import rows, we_die
from tests.journey.test_self_service import ARRIVED, Walk, published

KEY, SECRET = b"k" * 32, new_secret()
FLOW = """\
flow: main
languages: [en]
start: account
prompts:
  ask: {{en: "your number"}}
  told: {{en: "it is {{a.balance}}"}}
  unknown: {{en: "not known"}}
  sorry: {{en: "sorry"}}
nodes:
  account: {{collect: number, ask: ask, {secret}next: find}}
  find: {{{look_up}, into: a, within_s: {within_s}, next: told, none: unknown, on: {{failure: sorry}}}}
  told: {{hang_up: told}}
  unknown: {{hang_up: unknown}}
  sorry: {{hang_up: sorry}}
"""
BY_HTTP = "look_up: http, endpoint: balance, by: {account: number}"
BALANCE = {"balance": "12.50", "days": 3}
SAID = "SELECT args FROM effect WHERE kind = 'telephony.play'"
WITHIN_S = 8.0


def flow(look_up: str = BY_HTTP, *, within_s: float = 5, secret: bool = False) -> str:
    return FLOW.format(look_up=look_up, within_s=within_s, secret="secret: true, " if secret else "")


@dataclass(slots=True)
class Desk:
    """A board whose look-ups are carried out, as by the writer's process."""

    board: Board
    database: Database
    crm: Crm
    endpoints: Endpoints
    carrier: LookUps

    def another(self) -> LookUps:
        """That of the next process."""
        board, engine = self.board.switchboard, self.database.engine
        look = {
            "customer": partial(find_customer, engine),
            "http": partial(ask_endpoint, engine, KEY, self.endpoints),
        }

        def secrets(contact_id: str) -> Any:
            assert board.house is not None
            return board.house.secrets.get(contact_id, {})

        return LookUps(board.submit, look, secrets, lambda at_us: board.clock.real_s_until(at_us))

    async def walk(self, text: str, keys: str = "4711") -> Walk:
        """To the look-up, and no further."""
        walk = await Walk(self.board).begin(await published(self.board, text))
        await walk.says("keys", keys)
        return walk

    async def hears(self) -> str:
        """What is said to the caller when it is decided."""
        async with asyncio.timeout(WITHIN_S):
            while not (said := await rows(self.board, SAID)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return str(json.loads(said[-1]["args"])["prompts"][0]["text"])

    async def until_asked(self, times: int = 1) -> None:
        async with asyncio.timeout(WITHIN_S):
            while len(self.crm.asked) < times:  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def looked_up(self) -> list[Any]:
        return await rows(self.board, "SELECT id::text, kind, args, state FROM effect WHERE kind LIKE 'lookup.%'")

    async def dies_and_another_goes_on(self) -> None:
        """The process that carried it out is gone; the next one reads everything anew."""
        await self.carrier.stop()
        self.board.switchboard.on_committed.remove(self.carrier.committed)
        self.carrier = self.another()
        await we_die(self.board)
        self.goes_on()

    def goes_on(self) -> None:
        house = self.board.switchboard.house
        assert house is not None
        self.board.switchboard.on_committed.append(self.carrier.committed)
        self.carrier.start(house.records.effects.values())


@contextlib.asynccontextmanager
async def open_desk(database_url: str, **told: Any) -> AsyncIterator[Desk]:
    with crm(**told) as system:
        async with open_board(database_url) as board:
            database = Database.connect(database_url, connections=4)
            desk = Desk(board, database, system, Endpoints(inside=True), None)  # type: ignore[arg-type]
            desk.carrier = desk.another()
            desk.goes_on()
            await rows(
                board,
                "INSERT INTO flow_endpoint (id, company_id, name, url, sealed) VALUES ($1, $2, 'balance', $3, $4)",
                new_id(), board.centre.company_ids[0], system.url, seal(KEY, SECRET),
            )  # fmt: skip
            try:
                yield desk
            finally:
                await desk.carrier.stop()
                await desk.endpoints.close()
                await database.dispose()


async def test_what_the_company_knows_is_told_and_stays_with_the_contact(database: str) -> None:
    async with open_desk(database, accounts={"4711": BALANCE}) as desk:
        await desk.walk(flow())
        said = await desk.hears()
        (contact,) = await rows(desk.board, ARRIVED)
        (effect,) = await desk.looked_up()
        events = await rows(desk.board, "SELECT data::text FROM event")

    assert said == "it is 12.50"
    assert {"a.balance": "12.50", "a.days": "3", "number": "4711"}.items() <= json.loads(contact["collected"]).items()
    assert (effect["kind"], effect["state"], desk.crm.asked) == ("lookup.http", "done", [{"account": "4711"}])
    Webhook(SECRET).verify(desk.crm.signed[0][1], desk.crm.signed[0][0])
    assert desk.crm.signed[0][0]["webhook-id"] == effect["id"], "asked twice, it is the same question"
    assert "12.50" not in str(events), "the log holds nothing personal"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"accounts": {}}, "not known"),
        ({"status": 404, "body": b"<html>"}, "not known"),
        ({"status": 500}, "sorry"),
        ({"status": 201, "body": b'{"balance": "12"}'}, "sorry"),
        ({"status": 302, "headers": {"location": "/elsewhere"}}, "sorry"),
        ({"body": b"<html>"}, "sorry"),
        ({"body": b'["balance"]'}, "sorry"),
        ({"body": b'{"balance": {"now": 1}}'}, "sorry"),
        ({"body": b'{"balance": null}'}, "sorry"),
        ({"body": b'{"balance": true}'}, "sorry"),
        ({"body": b'{"balance": NaN}'}, "sorry"),
        ({"body": b'{"Balance": "12"}'}, "sorry"),
        ({"body": b'{"balance": "1\\u00002"}'}, "sorry"),
        ({"body": json.dumps({"balance": "1" * 201}).encode()}, "sorry"),
        ({"body": json.dumps({f"n{n}": n for n in range(31)}).encode()}, "sorry"),
        ({"body": b'{"balance": "12"}' + b" " * 16_384}, "sorry"),
        ({"body": gzip.compress(b'{"balance": "12"}'), "headers": {"content-encoding": "gzip"}}, "sorry"),
    ],
)  # fmt: skip
async def test_what_cannot_be_used_is_a_failure_and_nothing_is_none(database: str, told: Any, said: str) -> None:
    async with open_desk(database, **told) as desk:
        await desk.walk(flow())

        assert await desk.hears() == said
        assert len(desk.crm.asked) == 1, "a redirect is not followed, and nothing is asked twice"


async def test_nobody_waits_longer_than_the_limit_and_a_late_answer_changes_nothing(database: str) -> None:
    async with open_desk(database, accounts={"4711": BALANCE}, waits_s=1.5) as desk:
        await desk.walk(flow(within_s=0.3))
        began_s = asyncio.get_running_loop().time()
        said = await desk.hears()
        took_s = asyncio.get_running_loop().time() - began_s
        (before,) = await rows(desk.board, ARRIVED)
        (effect,) = await desk.looked_up()
        await desk.board.ask(c.ReportFound(effect["id"], "found", {"balance": "12.50"}))
        (after,) = await rows(desk.board, ARRIVED)

    assert (said, effect["state"]) == ("sorry", "failed")
    assert took_s < 1.4
    assert before == after


async def test_a_caller_who_hangs_up_meanwhile_is_gone_and_the_answer_changes_nothing(database: str) -> None:
    async with open_desk(database, accounts={"4711": BALANCE}, waits_s=0.6) as desk:
        walk = await desk.walk(flow())
        await desk.until_asked()
        await walk.report("ConnectionCleared")
        (before,) = await rows(desk.board, ARRIVED)
        async with asyncio.timeout(WITHIN_S):
            while [row["state"] for row in await desk.looked_up()] == ["due"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        (after,) = await rows(desk.board, ARRIVED)

    assert before == after
    assert before["state"] == "closed"


async def test_what_was_open_when_we_died_is_looked_up_again(database: str) -> None:
    async with open_desk(database, accounts={"4711": BALANCE}, waits_s=0.5) as desk:
        await desk.walk(flow(within_s=10))
        await desk.until_asked()
        await desk.dies_and_another_goes_on()

        assert await desk.hears() == "it is 12.50"
        assert desk.crm.asked == [{"account": "4711"}] * 2
        assert len({headers["webhook-id"] for headers, _ in desk.crm.signed}) == 1


async def test_whose_time_was_over_when_we_came_back_fails_and_is_not_asked_again(database: str) -> None:
    async with open_desk(database, accounts={"4711": BALANCE}, waits_s=5) as desk:
        await desk.walk(flow(within_s=0.2))
        await desk.until_asked()
        await desk.carrier.stop()
        await asyncio.sleep(0.3)
        desk.carrier.start(list(desk.board.switchboard.house.records.effects.values()))  # type: ignore[union-attr]

        assert await desk.hears() == "sorry"
        assert len(desk.crm.asked) == 1


async def test_a_secret_is_given_to_the_company_and_is_found_nowhere(database: str) -> None:
    async with open_desk(database, accounts={"73915264": BALANCE}) as desk:
        await desk.walk(flow(secret=True), "73915264")
        said = await desk.hears()
        (effect,) = await desk.looked_up()

        assert said == "it is 12.50"
        assert desk.crm.asked == [{"account": "73915264"}]
        assert json.loads(effect["args"])["secrets"] == {"account": "number"}
        assert "73915264" not in await everything(desk.board)


async def test_a_secret_that_was_lost_with_us_fails_and_nothing_is_asked_by_it(database: str) -> None:
    async with open_desk(database, accounts={"73915264": BALANCE}, waits_s=1.0) as desk:
        desk.board.switchboard.on_committed.remove(desk.carrier.committed)  # it dies before it has asked
        await desk.walk(flow(secret=True, within_s=10), "73915264")
        desk.board.switchboard.on_committed.append(desk.carrier.committed)
        await desk.dies_and_another_goes_on()

        assert await desk.hears() == "sorry"
        assert desk.crm.asked == []


async def everything(board: Board) -> str:
    """Every row of every table, as text."""
    tables = await rows(board, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    told = [await rows(board, f'SELECT t::text AS row FROM "{table["tablename"]}" t') for table in tables]
    return "\n".join(row["row"] for some in told for row in some)


async def test_more_than_a_call_can_hold_is_a_failure(database: str) -> None:
    async with open_desk(database, accounts={"4711": BALANCE}, waits_s=1.5) as desk:
        await desk.walk(flow())
        (effect,) = await desk.looked_up()
        await desk.board.ask(c.ReportFound(effect["id"], "found", {f"n{n}": "李" * 200 for n in range(30)}))

        assert await desk.hears() == "sorry"


@pytest.mark.parametrize("kind", ["order", "case"])
async def test_what_nothing_is_known_of_yet_is_a_failure(database: str, kind: str) -> None:
    async with open_desk(database) as desk:
        await desk.walk(flow(f"look_up: {kind}, by: {{number: number}}"))

        assert await desk.hears() == "sorry"
        assert await desk.looked_up() == []


async def test_an_endpoint_that_the_company_has_not_allowed_is_a_failure(database: str) -> None:
    async with open_desk(database, accounts={"4711": BALANCE}) as desk:
        await rows(desk.board, "UPDATE flow_endpoint SET company_id = $1", desk.board.centre.company_ids[1])
        await desk.walk(flow())

        assert await desk.hears() == "sorry"
        assert desk.crm.asked == []


# --- customers --------------------------------------------------------------------------------------------------------


async def customer(board: Board, company: int, called: str, **known: Any) -> str:
    """`known`: a phone, and facts."""
    customer_id, company_id = new_id(), board.centre.company_ids[company]
    await rows(
        board, "INSERT INTO customer (id, company_id, name, value, language) VALUES ($1, $2, $3, 80, 'en')",
        customer_id, company_id, called,
    )  # fmt: skip
    for key, value in known.items():
        if key == "phone":
            await rows(
                board, "INSERT INTO customer_address VALUES ($1, $2, 'phone', $3, 'matched', 'api', now())",
                company_id, customer_id, value,
            )  # fmt: skip
        else:
            await rows(
                board,
                "INSERT INTO customer_fact (company_id, customer_id, key, value, source) "
                "VALUES ($1, $2, $3, $4, 'api')",
                company_id, customer_id, key, json.dumps(value),
            )  # fmt: skip
    return customer_id


@pytest.mark.parametrize(
    ("by", "keys", "said"),
    [
        ("phone: number", "4930111", "unknown"),  # it is none: no region, and no plus
        ("phone: caller", "1", "Ann 80 mature"),
        ("number: caller, contract: number", "4711", "Ann 80 mature"),
        ("number: caller, contract: number", "4712", "unknown"),
        ("contract: number", "4711", "Ann 80 mature"),
        ("contract: number", "4712", "unknown"),  # another company's
        ("tariff: number", "7", "unknown"),  # several
        ("tariff: number, contract: number", "7", "unknown"),
        ("contract: nothing", "1", "unknown"),  # nothing was keyed in
    ],
)
async def test_a_customer_is_found_by_what_is_known_of_one_alone(database: str, by: str, keys: str, said: str) -> None:
    text = flow(f"look_up: customer, by: {{{by}}}").replace("{a.balance}", "{a.name} {a.value} {a.life_stage}")
    async with open_desk(database) as desk:
        ann = await customer(
            desk.board, 0, "Ann", phone="+4930777", contract=4711, tariff="7", life_stage="mature", name="Bob"
        )
        await customer(desk.board, 0, "Cleo", tariff=7)
        await customer(desk.board, 1, "Dora", phone="+4930777", contract="4712")
        await desk.walk(text, keys)
        heard = await desk.hears()
        noted = await rows(desk.board, "SELECT customer_id::text, contact_id::text FROM customer_found")
        (contact,) = await rows(desk.board, ARRIVED)

    is_found = said.startswith("Ann")
    assert heard == (f"it is {said}" if is_found else "not known")
    assert [tuple(row) for row in noted] == ([(ann, contact["id"])] if is_found else [])
