"""Do the links of the card lead to allowed hosts alone, whoever configures them?"""

from typing import Any

import pytest

from tests.api.conftest import House

GOOD = {"name": "CRM", "url_template": "https://crm.example.com/c/{customer_id}"}


async def test_links_are_kept_with_the_hosts_they_may_lead_to(house: House, company: dict[str, Any]):
    wish = {"version": 1, "crm_hosts": ["crm.example.com"], "crm_links": [GOOD]}
    answer = await house.operator.patch(f"/v1/companies/{company['id']}", json=wish)

    assert answer.status_code == 200, answer.text
    assert (answer.json()["crm_hosts"], answer.json()["crm_links"]) == (["crm.example.com"], [GOOD])


@pytest.mark.parametrize(
    ("wish", "text_key"),
    [
        ({"crm_links": [GOOD]}, "crm.host"),
        ({"crm_hosts": ["other.example.com"], "crm_links": [GOOD]}, "crm.host"),
        (
            {
                "crm_hosts": ["crm.example.com"],
                "crm_links": [{"name": "x", "url_template": "https://crm.example.com/{password}"}],
            },
            "crm.placeholder",
        ),
        (
            {
                "crm_hosts": ["crm.example.com"],
                "crm_links": [{"name": "x", "url_template": "https://{number}.crm.example.com/"}],
            },
            "crm.host",
        ),
    ],
)
async def test_a_link_to_anywhere_else_is_refused(
    house: House, company: dict[str, Any], wish: dict[str, Any], text_key: str
):
    answer = await house.operator.patch(f"/v1/companies/{company['id']}", json={"version": 1, **wish})

    assert answer.status_code == 422
    error = answer.json()["errors"][0]
    assert (error["pointer"], error["text_key"]) == ("/crm_links/0/url_template", text_key)


async def test_a_host_that_links_need_cannot_be_taken_away(house: House, company: dict[str, Any]):
    wish = {"version": 1, "crm_hosts": ["crm.example.com"], "crm_links": [GOOD]}
    await house.operator.patch(f"/v1/companies/{company['id']}", json=wish)
    answer = await house.operator.patch(f"/v1/companies/{company['id']}", json={"version": 2, "crm_hosts": []})

    assert answer.status_code == 422
