"""Do many customers come in at once, whole or not at all, with every fact and every reason that was given?"""

from typing import Any

from app.api.customers_given import BULK_MAX
from app.problems import ERRORS_MAX
from tests.api.conftest import House

LI_NA: dict[str, Any] = {
    "name": "李娜",
    "language": "zh-CN",
    "zone": "Asia/Shanghai",
    "value": 72,
    "value_terms": {"turnover": 50, "loyalty": 30, "late_payment": -8},
    "addresses": [{"kind": "phone", "address": "030 555 0101"}, {"kind": "email", "address": "Li.Na@Mail.Example"}],
    "facts": [{"key": "district", "value": "静安"}, {"key": "rooms", "value": 3, "confidence": 60}],
}


def given(n: int) -> dict[str, Any]:
    return {"name": f"Customer {n}", "addresses": [{"kind": "email", "address": f"c{n}@mail.example"}]}


async def customers_of(house: House) -> int:
    return int((await house.rows("SELECT count(*) AS n FROM customer"))[0]["n"])


async def test_five_hundred_come_in_at_once_in_their_order(house: House, company: dict[str, Any]):
    items = [given(n) for n in range(BULK_MAX)]

    made = (await house.make("customers/bulk", {"company_id": company["id"], "items": items}))["items"]

    last = (await house.operator.get(f"/v1/customers/{made[-1]}")).json()
    assert len(made) == len(set(made)) == await customers_of(house) == BULK_MAX
    assert (last["name"], last["addresses"][0]["address"]) == ("Customer 499", "c499@mail.example")


async def test_what_was_said_of_a_customer_is_shown_again(house: House, company: dict[str, Any]):
    (made,) = (await house.make("customers/bulk", {"company_id": company["id"], "items": [LI_NA]}))["items"]

    shown = (await house.operator.get(f"/v1/customers/{made}")).json()

    assert {name: shown[name] for name in ("name", "language", "zone", "value", "value_terms")} == {
        name: LI_NA[name] for name in ("name", "language", "zone", "value", "value_terms")
    }
    assert [each["address"] for each in shown["addresses"]] == ["li.na@mail.example", "+49305550101"]
    assert [(fact["key"], fact["value"], fact["confidence"]) for fact in shown["facts"]] == [
        ("district", "静安", 100),
        ("rooms", 3, 60),
    ]


async def test_one_alone_and_one_of_many_are_made_alike(house: House, company: dict[str, Any]):
    alone = await house.make("customers", LI_NA | {"company_id": company["id"]})
    (among,) = (await house.make("customers/bulk", {"company_id": company["id"], "items": [LI_NA]}))["items"]
    shown = (await house.operator.get(f"/v1/customers/{among}")).json()

    def kept(customer: dict[str, Any]) -> Any:
        plain = {name: customer[name] for name in customer if name not in ("id", "created_ms", "addresses", "facts")}
        return plain, [[each | {"at_ms": 0} for each in customer[name]] for name in ("addresses", "facts")]

    assert kept(alone) == kept(shown)


async def test_a_bad_row_is_named_and_no_row_is_kept(house: House, company: dict[str, Any]):
    items = [given(n) for n in range(40)]
    items[7]["addresses"].append({"kind": "phone", "address": "withheld"})
    items[31]["addresses"][0]["address"] = "nobody"

    answer = await house.operator.post("/v1/customers/bulk", json={"company_id": company["id"], "items": items})

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/items/7/addresses/1/address",
        "/items/31/addresses/0/address",
    ]
    assert await customers_of(house) == 0


async def test_a_row_of_the_wrong_shape_is_named(house: House, company: dict[str, Any]):
    for wrong, pointer in (
        ({"value": 101}, "/items/1/value"),
        ({"name": " "}, "/items/1/name"),
        ({"value_terms": {"Loyal!": 1}}, "/items/1/value_terms/Loyal!/[key]"),
        ({"facts": [{"key": "rooms", "value": 2.5}]}, "/items/1/facts/0/value"),
        ({"company_id": company["id"]}, "/items/1/company_id"),
    ):
        body = {"company_id": company["id"], "items": [given(0), given(1) | wrong]}
        answer = await house.operator.post("/v1/customers/bulk", json=body)

        assert answer.status_code == 422
        assert any(error["pointer"].startswith(pointer) for error in answer.json()["errors"]), answer.text
    assert await customers_of(house) == 0


async def test_more_than_the_bound_is_refused_and_so_is_nobody(house: House, company: dict[str, Any]):
    for many in (0, BULK_MAX + 1):
        body = {"company_id": company["id"], "items": [given(n) for n in range(many)]}
        answer = await house.operator.post("/v1/customers/bulk", json=body)

        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/items"


async def test_many_bad_rows_are_named_up_to_a_bound(house: House, company: dict[str, Any]):
    items = [{"name": "X", "addresses": [{"kind": "phone", "address": "none"}]} for _ in range(100)]

    answer = await house.operator.post("/v1/customers/bulk", json={"company_id": company["id"], "items": items})

    assert len(answer.json()["errors"]) == ERRORS_MAX


async def test_an_address_or_fact_said_twice_is_kept_once_as_it_was_said_last(house: House, company: dict[str, Any]):
    twice = [
        {"kind": "email", "address": "A@b.example"},
        {"kind": "email", "address": "a@b.example", "level": "claimed"},
    ]
    facts = [{"key": "rooms", "value": 2}, {"key": "rooms", "value": 3}]

    made = await house.make("customers", {"company_id": company["id"], "name": "A", "addresses": twice, "facts": facts})

    assert [(each["address"], each["level"]) for each in made["addresses"]] == [("a@b.example", "claimed")]
    assert [fact["value"] for fact in made["facts"]] == [3]


async def test_a_new_value_does_not_keep_the_old_reasons(house: House, company: dict[str, Any]):
    made = await house.make("customers", LI_NA | {"company_id": company["id"]})

    changed = await house.operator.patch(f"/v1/customers/{made['id']}", json={"version": made["version"], "value": 10})

    assert (changed.json()["value"], changed.json()["value_terms"]) == (10, {})


async def test_a_supervisor_brings_in_one_and_an_admin_many(house: House, company: dict[str, Any]):
    supervisor = await house.client_of("supervisor", company["id"])
    admin = await house.client_of("admin", company["id"])
    body = {"company_id": company["id"], "items": [given(1)]}

    assert (await supervisor.post("/v1/customers", json=given(0) | {"company_id": company["id"]})).status_code == 201
    assert (await supervisor.post("/v1/customers/bulk", json=body)).status_code == 403
    assert (await admin.post("/v1/customers/bulk", json=body)).status_code == 201


async def test_the_audit_says_how_many_and_nothing_personal(house: House, company: dict[str, Any]):
    await house.make("customers/bulk", {"company_id": company["id"], "items": [LI_NA, given(1)]})

    (row,) = await house.rows("SELECT subject_id, data::text FROM audit WHERE action = 'customer.created'")

    assert row["subject_id"] is None
    assert '"count": 2' in row["data"]
    assert "李娜" not in row["data"]
    assert "mail.example" not in row["data"]
