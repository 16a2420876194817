"""Are companies strictly apart? Every route, asked for another company's things in path, query and body.

The requests are made from the OpenAPI document, so a new route is tested by being there. What a company owns does not
exist for another company's admin: 404. What the installation owns is named below and forbidden: 403.
"""

import copy
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app import rights
from app.api_document import document
from tests.api.conftest import House, open_house
from tests.api.furnished import COMPANY_OWNED, DOCUMENT_OF_A_FAX, FLOW, OPERATOR_OWNED, WAVE, Things, furnish
from tests.conftest import outside_any_loop

DOCUMENT = document()
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
OF_COMPANIES = sorted(name for name in OPERATIONS if rights.TABLE[name].owner == "company")
OF_INSTALLATION = sorted(name for name in OPERATIONS if rights.TABLE[name].owner == "installation")

# Fields and parameters that hold an id -> whose it is. A new one has to be added here, else the tests below fail.
KIND_OF = {
    **{f"{kind}_id": kind for kind in ("company", *COMPANY_OWNED, *OPERATOR_OWNED)},
    "company_ids": "company",
    "agent_ids": "agent",
    "preferred_agent_id": "agent",
    "only_agent_id": "agent",
    "of_contact_id": "contact",
    "forwards": "mail",
    "thread_id": "mail",
    "excluded_agent_ids": "agent",
}
NUMBERS = {"version", "page", "n"}  # in a path, beside the id of what has them
NO_IDS = {"after", "before"}  # a place in a list: compared, never looked up
# What the installation owns and a company's own people may see: a list of what is theirs, nothing of others.
SHARED_LISTS = {"list_companies", "list_agents", "list_teams", "list_skills", "read_team", "read_skill"}
ABOUT_OWN_PEOPLE = {"read_company", "read_agent", "choose_agent_state", "live_set_state", "live_log_out"}
ABOUT_OWN_PEOPLE |= {"live_clear_flag", "live_set_skill"}

FAMILIAR: dict[str, Any] = {
    "version": 1, "name": "some_name", "label": "Label", "slug": "another", "code": "another", "login": "another",
    "address": "+4930999999", "kind": "phone", "role": "agent", "channel": "task", "command_url": "http://127.0.0.1:9/",
    "config": {}, "chosen": "away", "direction": "in", "old": "x" * 10, "new": "y" * 10, "alert": "a",
    "subject": "Call back", "due_ms": 1, "origin": "https://shop.example", "id": "0" * 32, "body": "Hello",
    "question": "What?", "answer": "That", "key": "that", "groups": [["flat", "apartment"]],
    "imap_host": "imap.example.com", "smtp_host": "smtp.example.com",
    "number": "+4930999999", "to": "+4930999999", "text": FLOW, "url": "https://pbx.example/ari",
    "username": "u", "password": "p" * 16, "document": DOCUMENT_OF_A_FAX, "source_id": "fax-1",
    "filename": "a.txt", "content": "YQ==",
}  # fmt: skip

FAX_NUMBER = {"address": FAMILIAR["to"], "kind": "fax"}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return resolved(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    for choice in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        if choice.get("type") != "null":
            return resolved(choice)
    return schema


def body_schema(operation: dict[str, Any]) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return resolved(content["schema"]) if content else None


def sample(schema: dict[str, Any], name: str, mine: Things) -> Any:
    """The smallest value that is accepted."""
    if name in KIND_OF and resolved(schema).get("type") == "string":
        kind = KIND_OF[name]
        return mine.company if kind == "company" else mine.ids[kind]
    schema = resolved(schema)
    if name == "skill":
        return f"of_{mine.slug}"
    if name in FAMILIAR and FAMILIAR[name] in schema.get("enum", [FAMILIAR[name]]):
        return copy.deepcopy(FAMILIAR[name])
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {each: sample(schema["properties"][each], each, mine) for each in schema.get("required", ())}
        case "array":
            return [sample(schema["items"], name.removesuffix("s"), mine)]
        case "boolean":
            return True
        case "integer":
            return 1
    raise AssertionError(f"how does one fill {name}?")


def id_fields(schema: dict[str, Any], steps: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """(where in the body, whose id)."""
    for name, inside in schema.get("properties", {}).items():
        found = resolved(inside)
        items = resolved(found["items"]) if found.get("type") == "array" else {}
        if found.get("format") == "uuid" or items.get("format") == "uuid":
            yield (*steps, name), KIND_OF[name]
        yield from id_fields(found, (*steps, name))
        if items.get("type") == "object":
            yield from id_fields(items, (*steps, name, "0"))


def with_value(body: Any, schema: dict[str, Any], steps: tuple[str, ...], value: str, mine: Things) -> Any:
    """The body with this value at this place; what is needed around it is filled in."""
    schema = resolved(schema)
    if not steps:
        return [value] if schema.get("type") == "array" else value
    step, rest = steps[0], steps[1:]
    if step == "0":
        return [with_value(body[0] if body else sample(schema["items"], "", mine), schema["items"], rest, value, mine)]
    inside = schema["properties"][step]
    there = body.get(step)
    if there is None and rest:
        there = sample(inside, "", mine) if resolved(inside).get("type") == "object" else []
    return {**body, step: with_value(there, inside, rest, value, mine)}


@pytest.fixture(scope="module")
def furnished(new_database_of_module: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, ...]:
    """(database, the first company's things, the second's); no test here may take anything away from them."""
    database = new_database_of_module()

    async def make() -> tuple[Things, Things]:
        async with open_house(database, tmp_path_factory.mktemp("home")) as house:
            return await furnish(house, "mine", "+49301111111"), await furnish(house, "theirs", "+49302222222")

    return database, *outside_any_loop(make)


@pytest_asyncio.fixture
async def apart(furnished: tuple[Any, ...], tmp_path: Path) -> AsyncIterator[tuple[House, Any, Things, Things]]:
    """(the house, an admin of the first company, the first company's things, the second's)."""
    database, mine, theirs = furnished
    async with open_house(database, tmp_path) as house:
        yield house, await house.client_of("admin", mine.company), mine, theirs


async def ask(
    client: Any, name: str, mine: Things, path: dict[str, str] | None = None, query: Any = None, body: Any = None
):
    """The operation with everything in order, but for what is given."""
    method, template, operation = OPERATIONS[name]
    values = {parameter["name"]: "" for parameter in operation.get("parameters", ()) if parameter["in"] == "path"}
    for parameter in values:
        known = mine.ids.get(KIND_OF.get(parameter, ""), mine.company)
        values[parameter] = "1" if parameter in NUMBERS else known
    schema = body_schema(operation)
    if body is None and schema is not None:
        body = own_body(name, mine)
    headers = {"Idempotency-Key": "some-key"}
    needed = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query" and each["required"]]
    if name != "create_prompt" and needed:
        query = {parameter: mine.ids[KIND_OF[parameter]] for parameter in needed} | (query or {})
    if name == "create_prompt":  # its body is a sound
        query = {"company_id": mine.company, "name": "other.wav", "language": "en"} | (query or {})
        return await client.post(template, params=query, content=WAVE, headers={"content-type": "audio/wav"})
    return await client.request(
        method, template.format(**values | (path or {})), params=query, json=body, headers=headers
    )  # fmt: skip


def own_body(name: str, mine: Things) -> Any:
    body = sample(body_schema(OPERATIONS[name][2]) or {}, "", mine)
    if name == "live_acknowledge":
        return body | {"alert": f"longest_wait-{mine.ids['queue']}-1"}
    if name == "create_canned_answer":  # a flow's braces stand for nothing there
        return body | {"text": "Hello {customer}"}
    if name == "create_mailbox":
        more = {"password": "a-password-of-nobody", "imap_host": "imap.example.com"}
        return body | {"address": f"sales@{mine.slug}.example"} | more
    if name == "send_fax":  # a document, or a text
        return body | {"document": DOCUMENT_OF_A_FAX}
    return body | {"queue_id": mine.ids["queue"]} if name == "create_contact" else body


def path_parameters(name: str) -> list[str]:
    return [each["name"] for each in OPERATIONS[name][2].get("parameters", ()) if each["in"] == "path"]


def query_ids(name: str) -> list[str]:
    return [
        each["name"]
        for each in OPERATIONS[name][2].get("parameters", ())
        if each["in"] == "query" and resolved(each["schema"]).get("format") == "uuid" and each["name"] not in NO_IDS
    ]


@pytest.mark.filterwarnings("default")
async def test_nothing_of_another_company_exists(apart):
    """404 for each of its things of every kind, in every place of every route that takes an id."""
    _, admin, mine, theirs = apart
    asked, wrong = 0, []

    def expect(answer: Any, *where: Any) -> None:
        nonlocal asked
        asked += 1
        if answer.status_code != 404 or "not_found" not in answer.text:
            wrong.append((*where, answer.status_code, answer.text[:200]))

    for name in OF_COMPANIES:
        for parameter in path_parameters(name):
            if parameter in NUMBERS:
                continue
            assert KIND_OF[parameter] in COMPANY_OWNED
            for kind in COMPANY_OWNED:
                expect(await ask(admin, name, mine, path={parameter: theirs.ids[kind]}), name, parameter, kind)
        for parameter in query_ids(name):
            kind = KIND_OF[parameter]
            value = theirs.company if kind == "company" else theirs.ids[kind]
            expect(await ask(admin, name, mine, query={parameter: value}), name, parameter)
        schema = body_schema(OPERATIONS[name][2])
        for steps, kind in id_fields(schema) if schema else ():
            if kind in OPERATOR_OWNED:
                continue
            value = theirs.company if kind == "company" else theirs.ids[kind]
            body = with_value(own_body(name, mine), schema, steps, value, mine)
            expect(await ask(admin, name, mine, body=body), name, steps)

    assert wrong == []
    assert asked > 100


async def test_an_address_of_another_company_is_nobodys(apart):
    _, admin, mine, theirs = apart
    body = {"company_id": mine.company, "channel": "phone", "to": theirs.address}

    answer = await ask(admin, "create_contact", mine, body=body)

    assert answer.status_code == 404
    assert (await ask(admin, "create_contact", mine, body=body | {"to": mine.address})).status_code == 201


async def test_the_same_requests_work_on_ones_own_things(house: House):
    """Else the 404s above would prove nothing. Changing comes before what changes versions, deleting last."""
    mine = await furnish(house, "mine", "+49301111111")
    admin = await house.client_of("admin", mine.company)
    methods = ["GET", "PATCH", "POST", "DELETE"]
    order = sorted(OF_COMPANIES, key=lambda name: (methods.index(OPERATIONS[name][0]), name))
    answers = {}
    for name in order:
        body = None
        if name == "remove_customer_address":
            body = {"kind": "phone", "address": "+4930999999"}
        if name == "live_monitor":  # an admin has no phone of their own
            body = own_body(name, mine) | {"agent_id": mine.ids["agent"]}
        if name == "receive_fax":
            await house.make("numbers", FAX_NUMBER | {"company_id": mine.company, "queue_id": mine.ids["queue"]})
        if OPERATIONS[name][0] == "PATCH":
            there = (await ask(admin, name.replace("change_", "read_"), mine)).json()
            body = own_body(name, mine) | {"version": there["version"]}
        answers[name] = (await ask(admin, name, mine, body=body)).status_code

    assert {name: status for name, status in answers.items() if status >= 400} == {}


async def test_lists_show_ones_own_things_alone(apart):
    _, admin, mine, theirs = apart
    for name in OF_COMPANIES:
        if name.startswith("list_") and not path_parameters(name):
            text = (await ask(admin, name, mine)).text

            assert theirs.company not in text, name
            for kind, thing in theirs.ids.items():
                assert thing not in text, (name, kind)
            assert name == "list_audit" or any(thing in text for thing in (mine.company, *mine.ids.values())), name


async def test_what_the_installation_owns_is_forbidden(apart):
    """An admin of a company: 403 on every one of these routes, with ids of either company."""
    _, admin, mine, theirs = apart
    wrong = []
    for name in OF_INSTALLATION:
        for things in (mine, theirs):
            answer = await ask(admin, name, things)
            if name in SHARED_LISTS or (things is mine and name in ABOUT_OWN_PEOPLE):
                assert answer.status_code == 200, (name, answer.text)
            elif answer.status_code != 403:
                wrong.append((name, answer.status_code, answer.text[:200]))

    assert wrong == []


async def test_shared_lists_tell_nothing_of_another_company(apart):
    _, admin, mine, theirs = apart

    companies = (await admin.get("/v1/companies")).json()["items"]
    agents = (await admin.get("/v1/agents")).json()["items"]

    assert [each["id"] for each in companies] == [mine.company]
    assert [each["id"] for each in agents] == [mine.ids["agent"]]
    assert theirs.company not in str(companies + agents)


async def test_another_companys_agent_is_forbidden_as_a_wish(apart):
    _, admin, mine, theirs = apart
    schema = body_schema(OPERATIONS["create_contact"][2])
    places = [steps for steps, kind in id_fields(schema) if kind == "agent"]

    for steps in places:
        body = with_value(own_body("create_contact", mine), schema, steps, theirs.ids["agent"], mine)
        assert (await ask(admin, "create_contact", mine, body=body)).status_code == 403
        body = with_value(own_body("create_contact", mine), schema, steps, mine.ids["agent"], mine)
        assert (await ask(admin, "create_contact", mine, body=body)).status_code == 201
    assert len(places) == 3


async def test_a_role_that_is_too_low_is_forbidden_in_its_own_company(apart):
    house, _, mine, _ = apart
    supervisor = await house.client_of("supervisor", mine.company)

    assert (await ask(supervisor, "create_queue", mine)).status_code == 403
    assert (await ask(supervisor, "list_queues", mine)).status_code == 200


async def test_nobody_gets_in_without_a_key(apart):
    house, _, mine, _ = apart
    for name, right in rights.TABLE.items():
        if name in OPERATIONS and right.owner in ("self", "company", "installation"):
            assert (await ask(house.client, name, mine)).status_code == 401, name
