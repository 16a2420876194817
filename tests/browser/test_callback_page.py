"""Whoever asked to be called opens the link of it, without a login: when, another time, or not at all."""

import itertools
import time
from typing import Any

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.browser

DAY_MS = 86_400_000
_tries = itertools.count(1)


async def may_call(centre: Any) -> None:
    """By an Asterisk that is not there: nothing is to be called here."""
    pbx = {"name": "pbx", "url": "http://127.0.0.1:9/ari", "username": "u", "password": "p" * 16}
    made = await centre.api.post("/v1/asterisks", pbx | {"dial_out": "PJSIP/{number}@trunk"})
    number = f"+49305550{next(_tries):02}"
    await centre.api.post(
        "/v1/numbers", {"company_id": centre.company_id, "address": number, "queue_id": centre.queue_id}
    )
    company = await centre.api.get(f"/v1/companies/{centre.company_id}")
    change = {"version": company["version"], "region": "DE", "dialling": {"by": made["id"], "caller_id": number}}
    await centre.api.call("PATCH", f"/v1/companies/{centre.company_id}", change)


async def wish(centre: Any) -> dict[str, Any]:
    slots = await centre.api.get(
        "/v1/callbacks/slots", params={"queue_id": centre.queue_id, "zone": "America/New_York"}
    )
    later = next(slot for slot in slots["items"] if slot["at_ms"] > time.time() * 1000 + DAY_MS)
    body = {
        "company_id": centre.company_id, "queue_id": centre.queue_id, "number": f"+4930777{next(_tries):03}",
        "at_ms": later["at_ms"], "zone": "America/New_York",
    }  # fmt: skip
    made = await centre.api.post("/v1/callbacks", body, headers={"idempotency-key": f"wish-{next(_tries)}"})
    return body | dict(made)


@pytest.mark.parametrize(("theme", "language", "width"), [("light", "en-US", 1280), ("dark", "zh-CN", 390)])
async def test_a_callback_is_put_off_and_given_up_by_its_link(
    centre: Any, visit: Any, theme: str, language: str, width: int
) -> None:
    await may_call(centre)
    made = await wish(centre)
    visitor = await visit(width=width, theme=theme, language=language, inspected=True)
    page, look = visitor.page, f"{theme}-{language}-{width}"
    await page.goto(f"{centre.server.url}/callback#{made['token']}")
    state = page.locator("[data-test=callback]")
    await expect(state).to_have_attribute("data-state", "planned")
    before = await page.locator(".state").inner_text()
    await expect(state).to_contain_text(made["number"][-3:])
    await visitor.take_picture(f"callback-{look}")
    broken = await visitor.broken_rules()

    await page.click("[data-test=move]")
    await page.click("[data-test=do-move]")
    await expect(page.locator("[data-test=wrong]")).not_to_be_empty()
    await page.select_option("#callback-day", index=2)
    await page.locator("fieldset input:enabled").nth(1).check()
    broken += await visitor.broken_rules()
    is_wider = await visitor.is_wider_than_the_screen()
    await visitor.take_picture(f"callback-moving-{look}")
    await page.click("[data-test=do-move]")
    await expect(page.locator(".state")).not_to_have_text(before)
    await expect(state).to_have_attribute("data-state", "planned")

    await page.click("[data-test=cancel]")
    await page.click("[data-test=cancel]")
    await expect(state).to_have_attribute("data-state", "over")
    await page.reload()
    await expect(state).to_have_attribute("data-state", "over")
    contact = await centre.api.get(f"/v1/contacts/{made['contact_id']}")

    assert broken == []
    assert not is_wider
    assert (contact["contact"]["state"], contact["contact"]["outcome"]) == ("closed", "cleared")
    assert visitor.complaints == []


async def test_a_link_that_was_not_copied_whole_says_so(centre: Any, visit: Any) -> None:
    visitor = await visit()
    await visitor.page.goto(f"{centre.server.url}/callback#{'x' * 50}")

    await expect(visitor.page.locator("[data-test=wrong]")).to_contain_text("opens nothing")


@pytest.mark.parametrize(("theme", "language", "width"), [("light", "en-US", 1280), ("dark", "zh-CN", 390)])
async def test_whoever_a_site_sends_asks_to_be_called_at_a_time_of_theirs(
    centre: Any, visit: Any, theme: str, language: str, width: int
) -> None:
    await may_call(centre)
    of = {"company_id": centre.company_id, "queue_id": centre.queue_id, "name": "Service", "callbacks": True}
    key = (await centre.api.post("/v1/widgets", of | {"origins": ["https://shop.example"]}))["key"]
    visitor = await visit(width=width, theme=theme, language=language, inspected=True)
    page, look = visitor.page, f"{theme}-{language}-{width}"
    await page.goto(f"{centre.server.url}/call#{key}")
    await page.locator("#number").wait_for()
    await page.click("[data-test=ask]")
    await expect(page.locator("[data-test=wrong]")).not_to_be_empty()
    await page.fill("#number", "0900 1234567")  # a premium-rate number
    await page.click("[data-test=ask]")
    refused = "付费号码" if language == "zh-CN" else "Premium-rate"
    await expect(page.locator("[data-test=wrong]")).to_contain_text(refused)
    number = f"030 7779{next(_tries):03}"
    await page.fill("#number", number)
    await page.fill("#topic", "A flat with a garden")
    await page.locator("[name=when]").nth(1).check()
    await page.select_option("#callback-day", index=2)
    await page.locator(".slots fieldset input[name=slot]:enabled").nth(1).check()
    await visitor.take_picture(f"call-me-{look}")
    broken, is_wider = await visitor.broken_rules(), await visitor.is_wider_than_the_screen()
    await page.click("[data-test=ask]")
    await page.locator("[data-test=made]").wait_for()
    await visitor.take_picture(f"call-me-done-{look}")
    broken += await visitor.broken_rules()
    link = await page.locator("section a").get_attribute("href")
    await page.goto(centre.server.url + str(link))
    state = page.locator("[data-test=callback]")
    await expect(state).to_have_attribute("data-state", "planned")
    await expect(state).to_contain_text(number[-3:])

    assert (broken, is_wider) == ([], False)
    assert visitor.complaints == []


async def test_a_site_s_link_without_a_form_behind_it_says_so(centre: Any, visit: Any) -> None:
    visitor = await visit()
    await visitor.page.goto(f"{centre.server.url}/call#{'x' * 22}")

    await expect(visitor.page.locator("[data-test=wrong]")).to_contain_text("leads nowhere")
