"""Which pages may come in by a widget's doors? Those of its sites; every door is found in the app, none is listed."""

import uuid
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute

from app import rights
from app.api.app import _OURS
from app.commands import Arrive, Reply
from tests.api.conftest import ID, URL, House

SITE = "https://shop.example"
FOREIGN = ("https://evil.example", "http://shop.example", f"{SITE}:8443", f"{SITE}.evil.example", "null")
ASKS = {"origin": SITE, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
# What a visitor's page says, by the names of the fields; a door that asks for something else has to be added here.
SAYS = {
    "email": "ada@example.com",
    "text": "Where is it?",
    "name": "a.txt",
    "content": "YWJj",
    "faq_id": str(uuid.UUID(int=1)),
    "n": 1,
    "number": "+4930777001",
}


def needed_of(route: Any) -> set[str] | None:
    """The fields that a widget's door cannot do without; None: it is none."""
    model = getattr(route.body_field, "field_info", None) if isinstance(route, APIRoute) else None
    fields = getattr(getattr(model, "annotation", None), "model_fields", {})
    if "key" not in fields or rights.right_of(route.name) is not rights.PUBLIC:
        return None
    return {name for name, field in fields.items() if field.is_required()}


DOORS = {route.path: needed for router in _OURS for route in router.routes if (needed := needed_of(route)) is not None}
CALL_ME = [path for path in DOORS if path.startswith("/v1/call-me")]
BY_LINK = [f"/v1/callbacks/by-link{end}" for end in ("", "/move", "/cancel")]


@pytest.fixture(scope="module")
def database(new_database_of_module: Callable[[], str]) -> str:
    """One for all tests of this file."""
    return new_database_of_module()


@pytest.fixture
async def key(house: House, company: dict[str, Any]) -> str:
    of = {"company_id": company["id"]}
    queue = await house.make("queues", of | {"name": "Service"})
    about = {"queue_id": queue["id"], "name": "Shop", "origins": [SITE], "callbacks": True}
    return str((await house.make("widgets", of | about))["key"])


async def knock(house: House, path: str, key: str, headers: dict[str, str]) -> httpx2.Response:
    says = {"key": key, "id": str(uuid.uuid4()), **SAYS}
    return await house.client.post(path, json={name: says[name] for name in DOORS[path]}, headers=headers)


def test_the_doors_are_found() -> None:
    assert {"/v1/chat/look", "/v1/chat/start", "/v1/chat/attach", "/v1/call-me"} <= set(DOORS)


@pytest.mark.parametrize("path", DOORS)
async def test_no_door_lets_in_a_page_of_another_site(house: House, key: str, path: str) -> None:
    before = len(house.writer.envelopes)
    answers = [await knock(house, path, key, {"origin": origin}) for origin in FOREIGN]

    assert [(answer.status_code, answer.json()["text_key"]) for answer in answers] == [(403, "chat.origin")] * 5
    assert len(house.writer.envelopes) == before


@pytest.mark.parametrize("path", DOORS)
async def test_the_widget_s_own_site_may_ask_and_read_what_it_is_answered(house: House, key: str, path: str) -> None:
    """Nobody is there for their chat: it begins nothing."""
    house.writer.answers[Arrive] = Reply(201, {"contact_id": ID, "state": "closed"})
    allowed = await house.client.request("OPTIONS", path, headers=ASKS)
    answer = await knock(house, path, key, {"origin": SITE})

    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, SITE)
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.status_code in (200, 201, 404), answer.text


@pytest.mark.parametrize("path", CALL_ME)
async def test_the_call_form_is_for_servers_and_our_own_page_too(house: House, key: str, path: str) -> None:
    behind_a_proxy = {"origin": "https://centre.example", "sec-fetch-site": "same-origin"}
    answers = [await knock(house, path, key, headers) for headers in ({}, {"origin": URL}, behind_a_proxy)]

    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]


@pytest.mark.parametrize("path", BY_LINK)
async def test_a_page_of_any_site_may_open_the_link_that_it_has(house: House, path: str) -> None:
    """The link is the right: no cookie goes with it, and a program could ask as well."""
    allowed = await house.client.request("OPTIONS", path, headers=ASKS)
    answer = await house.client.post(path, json={"token": "x" * 40, "at_ms": 1}, headers={"origin": SITE})

    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, SITE)
    assert answer.headers["access-control-allow-origin"] == SITE


@pytest.mark.parametrize("path", ["/v1/callbacks", "/v1/contacts", "/v1/session", "/v1/callbacks/slots"])
async def test_no_other_door_is_opened_to_pages_of_others(house: House, path: str) -> None:
    answer = await house.client.request("OPTIONS", path, headers=ASKS)

    assert "access-control-allow-origin" not in answer.headers
