"""Which endpoints may a company's flows ask? By https to public addresses; the secret is shown once."""

from typing import Any

import pytest

from app.channels.endpoints import Endpoint, Endpoints, NoAnswer
from app.reach import may_be_asked
from app.signatures import is_secret, new_secret
from tests.api.conftest import House
from tests.crm import crm

URL = "https://crm.example.com/balance?of=jackfield"


def endpoint(company: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"company_id": company["id"], "name": "balance", "url": URL} | more


async def test_the_secret_is_shown_once_and_lies_sealed(house: House, company: dict[str, Any]):
    made = await house.make("endpoints", endpoint(company))
    shown = (await house.operator.get(f"/v1/endpoints/{made['id']}")).json()
    second = await house.make(f"endpoints/{made['id']}/secret", {})
    third = await house.make(f"endpoints/{made['id']}/secret", {"keep_old": False})
    (row,) = await house.rows("SELECT sealed, sealed_before FROM flow_endpoint")
    audit = (await house.operator.get("/v1/audit", params={"company_id": company["id"]})).text

    secrets = [made["secret"], second["secret"], third["secret"]]
    assert all(map(is_secret, secrets))
    assert len(set(secrets)) == 3
    assert made == shown | {"secret": made["secret"]}
    assert (second["live"], third["live"], row["sealed_before"]) == (2, 1, None)
    assert not any(secret in text for secret in secrets for text in (str(shown), row["sealed"], audit))
    assert all(f"endpoint.{act}" in audit for act in ("created", "secret_rotated"))


async def test_a_name_is_one_endpoint_of_a_company_until_it_is_deleted(house: House, company: dict[str, Any]):
    made = await house.make("endpoints", endpoint(company))
    again = await house.operator.post("/v1/endpoints", json=endpoint(company))
    deleted = await house.operator.delete(f"/v1/endpoints/{made['id']}")
    (row,) = await house.rows("SELECT sealed, sealed_before FROM flow_endpoint")
    anew = await house.make("endpoints", endpoint(company))
    listed = (await house.operator.get("/v1/endpoints", params={"company_id": company["id"]})).json()["items"]

    assert (again.status_code, deleted.status_code) == (409, 204)
    assert row == {"sealed": "", "sealed_before": None}
    assert [each["id"] for each in listed] == [anew["id"]]


@pytest.mark.parametrize("name", ["", "Balance", "a b", "1st", "x" * 41])
async def test_a_name_that_no_flow_can_say_is_refused(house: House, company: dict[str, Any], name: str):
    assert (await house.operator.post("/v1/endpoints", json=endpoint(company, name=name))).status_code == 422


async def test_an_address_inside_is_refused_when_it_is_made_and_when_it_is_changed(house: House, company):
    made = await house.make("endpoints", endpoint(company))
    inside = await house.operator.post("/v1/endpoints", json=endpoint(company, name="b", url="http://crm.example/"))
    wish = {"version": 1, "url": "https://10.0.0.5/"}
    changed = await house.operator.patch(f"/v1/endpoints/{made['id']}", json=wish)
    moved = await house.operator.patch(f"/v1/endpoints/{made['id']}", json={"version": 1, "url": "https://b.example/"})

    for refused in (inside, changed):
        assert (refused.status_code, refused.json()["errors"][0]["text_key"]) == (422, "endpoint.url")
    assert (moved.json()["url"], moved.json()["version"]) == ("https://b.example/", 2)


@pytest.mark.parametrize(
    ("url", "outside", "inside"),
    [
        (URL, True, True),
        ("http://crm.example.com/", False, True),
        ("https://user:word@crm.example.com/", False, False),
        ("https://127.0.0.1/", False, True),
        ("https://10.1.2.3:8443/", False, True),
        ("https://169.254.169.254/latest", False, True),
        ("https://[::1]/", False, True),
        ("https://[::ffff:10.0.0.1]/", False, True),
        ("https://[fd00::1]/", False, True),
        ("https://224.0.0.1/", False, True),
        ("https://8.8.8.8/", True, True),
        ("https://[2606:4700::1111]/", True, True),
        ("https://crm.example.com:99999/", False, False),
        ("https://[::1/", False, False),
        ("ftp://crm.example.com/", False, False),
    ],
)
def test_only_what_everybody_reaches_may_be_asked_unless_the_operator_says_so(url: str, outside: bool, inside: bool):
    assert (may_be_asked(url, inside=False), may_be_asked(url, inside=True)) == (outside, inside)


async def test_a_name_that_leads_inside_leads_nowhere():
    """It may lead elsewhere today than when it was written down."""
    asking = Endpoints()
    with crm(accounts={"1": {"balance": "12"}}) as system:
        for host in ("localhost", "127.0.0.1", "2130706433", "0x7f.1"):
            there = Endpoint(f"https://{host}:{system.port}/", [new_secret()])
            with pytest.raises(NoAnswer):
                await asking.ask(there, "q", {"account": "1"})
        await asking.close()

        assert system.connections == 0


@pytest.fixture
def more_settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    return getattr(request, "param", {})


@pytest.mark.parametrize("more_settings", [{"endpoints_inside": True}], indirect=True)
async def test_the_operator_may_let_companies_ask_inside(house: House, company: dict[str, Any]):
    made = await house.make("endpoints", endpoint(company, url="http://crm.internal:8080/balance"))

    assert made["url"] == "http://crm.internal:8080/balance"
