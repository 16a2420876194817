"""What does one visitor of a site reach who posts a thousand times? As much as the bound, and nothing in the log."""

import base64
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from app import chat_tokens
from app.api.limiting import CHATS_OF_A_VISITOR, NEW_VISITORS_OF_AN_ADDRESS
from app.chat_tokens import Visitor
from app.commands import Arrive, Command, PlanTask, Reply, RequestCallback, RowChanged
from app.store import chats
from tests.api.conftest import ID, House
from tests.api.furnished import insert_contact

SITE = "https://shop.example"
POSTS = 250  # by each of the four doors
PRIVATE = {"name": "Zebulon Quint", "email": "zebulon@quint.example", "number": "+4930777123", "text": "my secret word"}
FILE = base64.b64encode(b"a secret in a file").decode()

# What is said at each door, and what it makes the writer do.
DOORS: dict[str, tuple[dict[str, Any], type[Command]]] = {
    "chat/start": ({"answers": {name: PRIVATE[name] for name in ("name", "email")}}, Arrive),
    "chat/leave": ({name: PRIVATE[name] for name in ("name", "email", "text")}, PlanTask),
    "chat/attach": ({"name": f"{PRIVATE['name']}.txt", "content": FILE}, RowChanged),
    "call-me": ({"name": PRIVATE["name"], "number": PRIVATE["number"], "topic": PRIVATE["text"]}, RequestCallback),
}


@pytest.fixture(scope="module")
def database(new_database_of_module: Callable[[], str]) -> str:
    """One for all tests of this file."""
    return new_database_of_module()


@pytest.fixture
async def widget(house: House, company: dict[str, Any]) -> dict[str, Any]:
    of = {"company_id": company["id"]}
    queue = await house.make("queues", of | {"name": "Service"})
    about = {"queue_id": queue["id"], "name": "Shop", "origins": [SITE], "callbacks": True}
    return await house.make("widgets", of | about)


async def token_of(house: House, widget: dict[str, Any], *, waits: bool) -> str:
    """Of a visitor who has a chat, in which they wait or not any more."""
    contact_id = await insert_contact(house, widget["company_id"], state="open", outcome=None, channel="chat")
    visitor = Visitor(widget["id"], str(uuid.uuid4()), contact_id)
    async with house.database.engine.begin() as conn:
        await chats.begin(conn, contact_id, widget["company_id"], widget["id"], visitor.visitor_id)
        if waits:
            query = """
                INSERT INTO stay (id, contact_id, company_id, domain_id, queue_id, queue_version, requirement, place_us,
                                  queued_at, promise_at, limit_at)
                SELECT gen_random_uuid(), id, company_id, 1, $2::text::uuid, 1, '', 0, now(), now(), now()
                FROM contact WHERE id = $1::text::uuid
                """
            await conn.exec_driver_sql(query, (contact_id, widget["queue_id"]))
    return chat_tokens.issue(house.app.state.porter.signing_key, visitor)


@pytest.mark.parametrize(
    ("door", "is_known", "bound"),
    [
        ("chat/start", False, NEW_VISITORS_OF_AN_ADDRESS),
        ("chat/start", True, CHATS_OF_A_VISITOR),
        ("chat/leave", False, NEW_VISITORS_OF_AN_ADDRESS),
        ("chat/leave", True, CHATS_OF_A_VISITOR),
        ("chat/attach", True, CHATS_OF_A_VISITOR),
        ("call-me", False, NEW_VISITORS_OF_AN_ADDRESS),
    ],
)
async def test_beyond_the_bound_nothing_happens_and_nothing_that_was_written_is_logged(
    house: House, widget: dict[str, Any], capfd: Any, door: str, is_known: bool, bound: int
) -> None:
    said, makes = DOORS[door]
    house.writer.answers[Arrive] = Reply(201, {"contact_id": ID, "state": "closed"})
    wish = {"key": widget["key"], **said}
    if is_known:
        wish["token"] = await token_of(house, widget, waits=makes is RowChanged)
    capfd.readouterr()
    answers = [
        await house.client.post(f"/v1/{door}", json={**wish, "id": str(uuid.uuid4())}, headers={"origin": SITE})
        for _ in range(POSTS)
    ]
    logged = "".join(capfd.readouterr())
    beyond = answers[bound:]

    assert {answer.status_code for answer in answers[:bound]} <= {200, 201}, answers[0].text
    assert {(each.status_code, each.json()["text_key"]) for each in beyond} == {(429, "rate.limited")}
    assert {each.json()["title"] for each in beyond} == {f"More than {bound} a minute"}
    assert all(1 <= int(each.headers["retry-after"]) <= 61 for each in beyond)
    assert len(house.writer.of(makes)) == bound
    assert logged.count("status=429") == len(beyond)
    for private in (*PRIVATE.values(), FILE, wish["key"], wish.get("token", FILE)):
        assert private not in logged
