"""Is each act of the live view done from its page, and noted with who did what to whom, from what to what?"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Visitor
from tests.browser.phone_desks import CallCentre, Seat, open_call_centre
from tests.serving import Api, Server

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

ACTS = {
    "agent.state_chosen", "agent.logged_out", "agent.flag_cleared", "agent.skill_set", "contact.moved",
    "contact.reprioritised", "contact.assigned", "offer.withdrawn", "queue.closed", "queue.opened", "alert.seen",
    "conversation.monitored",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Watch:
    centre: CallCentre
    boss: Visitor
    boss_id: str

    @property
    def page(self) -> Page:
        return self.boss.page

    @property
    def seat(self) -> Seat:
        return self.centre.seats[0]

    @property
    def agent(self) -> Locator:
        return self.page.locator("[data-test=agents] tbody tr")

    def queue(self, name: str) -> Locator:
        return self.page.locator("[data-test=queues] tbody tr").filter(has_text=name)

    async def chooses(self, row: Locator, act: str) -> None:
        await row.get_by_role("button", name="What can be done").click()
        await self.page.get_by_role("menuitem", name=act).click()

    async def confirms(self) -> None:
        await self.page.click("[data-test=confirm]")
        await expect(self.page.locator("dialog[open]")).to_have_count(0)

    async def noted(self) -> list[tuple[str, str, Any, Any]]:
        """(action, about whom, before, after) of everything that this supervisor did, in its order."""
        page = await self.centre.api.get("/v1/audit", params={"limit": 100})
        mine = [each for each in reversed(page["items"]) if each["actor_id"] == self.boss_id]
        acts = [each for each in mine if each["action"] in ACTS]
        assert {each["actor_kind"] for each in acts} <= {"user"}
        return [(e["action"], e["subject_id"], e["data"].get("before"), e["data"].get("after")) for e in acts]


@pytest_asyncio.fixture(loop_scope="module")
async def watch(shared_server: Server, shared_api: Api, visit_shared: Any) -> AsyncIterator[Watch]:
    async with open_call_centre(shared_server, shared_api, visit_shared, ("Ada Lund",), offer_timeout_s=4) as centre:
        boss, boss_id = await centre.opens_live_view()
        yield Watch(centre, boss, boss_id)
        assert centre.complaints() == boss.complaints == []


async def test_what_is_done_to_an_agent_is_done_at_their_desk_and_noted(watch: Watch) -> None:
    w, agent_id, page = watch, watch.seat.agent_id, watch.page
    skill = f"billing_{w.centre.company_id[-4:]}"
    await w.centre.api.post("/v1/skills", {"name": skill})
    await w.seat.becomes_ready()
    call = await w.centre.is_called()
    await expect(w.agent).to_contain_text("Not responding")
    await call.hangs_up()
    await page.click("[data-test=alerts-button]")
    alert = page.locator("[data-test=alerts] li").filter(has_text="Agent not responding")
    await alert.get_by_role("button", name="Seen").click()
    await expect(alert.get_by_role("button")).to_have_count(0)
    await page.keyboard.press("Escape")
    await w.chooses(w.agent, "Clear “not responding”")
    await expect(w.seat.page.locator("[data-test=flag]")).to_have_count(0)
    await w.chooses(w.agent, "Change state")
    await page.get_by_role("radio", name="Training").check()
    await w.confirms()
    await expect(w.seat.page.locator("[data-test=state]")).to_contain_text("Training")
    await w.chooses(w.agent, "Change skills")
    await page.select_option("#add-skill", skill)
    await page.get_by_role("button", name="Add").click()
    level = page.locator(f"#skill-{skill}")
    await expect(level).to_have_value("1")
    await level.select_option("7")
    await expect(w.agent).to_contain_text(f"{skill} 7")
    await page.get_by_role("button", name=f"Remove {skill}").click()
    await expect(level).to_have_count(0)
    await page.keyboard.press("Escape")
    await w.chooses(w.agent, "Log out")
    await w.confirms()
    await w.seat.page.wait_for_selector("#login")
    seen, *noted = await w.noted()

    assert (seen[0], seen[1].startswith(f"not_responding-{agent_id}")) == ("alert.seen", True)
    ready, away = {"chosen": "ready", "away_reason": None}, {"chosen": "away", "away_reason": "training"}
    assert noted == [
        ("agent.flag_cleared", agent_id, {"not_responding": True}, {"not_responding": False}),
        ("agent.state_chosen", agent_id, ready | {"when": None}, away | {"when": "now"}),
        ("agent.skill_set", agent_id, {skill: None}, {skill: 1}),
        ("agent.skill_set", agent_id, {skill: 1}, {skill: 7}),
        ("agent.skill_set", agent_id, {skill: 7}, {skill: None}),
        ("agent.logged_out", agent_id, {"chosen": "away"}, {"chosen": "offline"}),
    ]


async def test_what_is_done_to_a_waiting_call_is_done_and_noted(watch: Watch) -> None:
    """The agent talks: nothing is offered to them but what the supervisor gives them, above their capacity."""
    w, page, agent_id = watch, watch.page, watch.seat.agent_id
    await w.seat.becomes_ready()
    await w.centre.is_called("+4930900110")
    await w.seat.accepts()
    await w.centre.telephone.does("connect")
    await w.seat.is_("talking")
    call = await w.centre.is_called()
    contact = page.locator(f"[data-contact='{call.contact_id}']")
    await w.queue("Service").get_by_role("button", name="Service", exact=True).click()
    await w.chooses(contact, "Change priority")
    await page.get_by_role("slider").fill("90")
    await w.confirms()
    await expect(contact).to_contain_text("90")
    await w.chooses(contact, "Move to a queue")
    await page.get_by_role("radio", name="Second line").check()
    await w.confirms()
    await expect(contact).to_have_count(0)
    await w.queue("Second line").get_by_role("button", name="Second line", exact=True).click()
    await w.chooses(contact, "Give to an agent")
    await page.get_by_role("radio").check()
    await w.confirms()
    await w.seat.offer.wait_for()
    await page.get_by_role("button", name="Ada Lund", exact=True).click()
    await page.get_by_role("button", name="Take back").click()
    await expect(w.seat.offer).to_have_count(0)
    queues = [stay["queue_id"] for stay in (await w.centre.story(call.contact_id))["stays"]]
    segments = (await w.centre.story(call.contact_id))["segments"]

    assert await w.noted() == [
        ("contact.reprioritised", call.contact_id, {"value": 0}, {"value": 90}),
        ("contact.moved", call.contact_id, {"queue_id": queues[0]}, {"queue_id": queues[1]}),
        ("contact.assigned", call.contact_id, {"agent_id": None}, {"agent_id": agent_id}),
        ("offer.withdrawn", segments[0]["id"], {"state": "offered"}, {"state": "withdrawn"}),
    ]
    assert [(each["state"], each["manual"]) for each in segments] == [("withdrawn", True)]


async def test_a_queue_is_closed_with_a_message_opened_again_and_both_are_noted(watch: Watch) -> None:
    """The message is one line, whatever was typed; while it is closed a caller is not queued."""
    w, page, queue = watch, watch.page, watch.queue("Service")
    await w.chooses(queue, "Close the queue")
    await page.fill("#message", "We are back\nat two <o'clock>. ")
    await w.confirms()
    await expect(queue).to_contain_text("Closed")
    turned_away = await w.centre.is_called("+4930900111")
    await w.chooses(queue, "Open the queue")
    await w.confirms()
    await expect(queue).not_to_contain_text("Closed")
    contact = (await w.centre.story(turned_away.contact_id))["contact"]

    is_open = {"closed": False, "closing_message": None}
    is_closed = {"closed": True, "closing_message": "We are back at two <o'clock>."}
    assert await w.noted() == [
        ("queue.closed", w.centre.queue_id, is_open, is_closed),
        ("queue.opened", w.centre.queue_id, is_closed, is_open),
    ]
    assert contact["outcome"] == "closed_hours"


async def test_whoever_may_listen_to_a_call_is_offered_it_by_mouse_and_by_keys_and_told_why_not(watch: Watch) -> None:
    """This supervisor has no phone here; what is heard with one, tests/pbx/test_listening_in.py tells."""
    w, page = watch, watch.page
    await w.seat.becomes_ready()
    await w.centre.is_called("+4930900112")
    await w.seat.accepts()
    await w.agent.get_by_role("button", name="What can be done").click()
    await expect(page.get_by_role("menuitem", name="Listen")).to_have_count(0)
    await page.keyboard.press("Escape")
    await w.centre.telephone.does("connect")
    await w.seat.is_("talking")
    await expect(w.agent).to_contain_text("Talking")
    await w.agent.get_by_role("button", name="What can be done").press("Enter")
    await expect(page.get_by_role("menuitem", name="Listen")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem", name="Whisper")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("You have no phone here to listen by.")).to_be_visible()
    await page.get_by_role("button", name="Ada Lund", exact=True).click()
    await page.click("[data-test=drill] [data-test=monitor-barge]")
    await expect(page.get_by_text("You have no phone here to listen by.")).to_be_visible()

    await expect(page.locator("[data-test=listening]")).to_have_text("")
    assert await w.noted() == [], "what was refused is not in the audit"
