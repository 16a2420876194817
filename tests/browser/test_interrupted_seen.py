"""What does an agent see of a mail that a call interrupts? In the list and in the contact, until it is back."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.phone_desks import open_call_centre

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_mail_is_marked_as_interrupted_while_its_agent_is_on_the_phone_and_comes_back(
    shared_server: Any, shared_api: Any, visit_shared: Any
) -> None:
    async with open_call_centre(
        shared_server, shared_api, visit_shared, names=("Ada Lund",), interrupted_by=["phone"], wrap_up_s=0
    ) as centre:
        (ada,) = centre.seats
        await ada.becomes_ready()
        mail = {"company_id": centre.company_id, "queue_id": centre.queue_id, "channel": "email"}
        await shared_api.post("/v1/contacts", mail, headers={"idempotency-key": centre.company_id})
        await ada.accepts()
        await ada.is_("talking")

        call = await centre.is_called()
        await expect(ada.offer).to_be_visible()
        await expect(ada.page.locator("[data-test=contact] > header")).to_contain_text("Returns by itself")
        await ada.visitor.take_picture("interrupted")
        await ada.accepts()
        await centre.telephone.rings()
        mark = ada.page.locator(".item [data-state=parked]")
        await expect(mark).to_have_text("Interrupted")

        await call.hangs_up()
        await expect(mark).to_have_count(0)
        await ada.is_("talking")
        assert ada.visitor.complaints == []
