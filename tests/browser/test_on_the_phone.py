"""What does an agent see of a phone call, from the log-in to the end of wrap-up, and of an offer that they let go?"""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PASSWORD
from tests.browser.phone_desks import OPEN_CONTACT, CallCentre, Seat, open_call_centre
from tests.serving import Api, Server

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

TWO = ("Ada Lund", "Ben Okoye")


async def let_go_of(centre: CallCentre, contact_id: str) -> list[str]:
    """'Ada declined declined': each segment of the contact with its end, the oldest first."""
    segments = sorted((await centre.story(contact_id))["segments"], key=lambda each: each["id"])
    return [f"{centre.seat_of(s['agent_id']).name.split()[0]} {s['state']} {s['end'] or ''}".rstrip() for s in segments]


async def is_offered(seat: Seat, from_: str) -> None:
    await expect(seat.offer).to_have_count(1)
    await expect(seat.offer).to_contain_text(from_)


async def talks(centre: CallCentre, seat: Seat) -> str:
    """The seat is ready and takes a call; its contact."""
    await seat.becomes_ready()
    call = await centre.is_called("+4930900999")
    await seat.accepts()
    await centre.telephone.does("connect")
    await seat.is_("talking")
    return call.contact_id


async def test_an_agent_takes_a_call_from_log_in_to_the_end_of_wrap_up(
    shared_server: Server, shared_api: Api, visit_shared: Any
) -> None:
    """Connected is what the provider reports of both wires; over is what it reports, too."""
    async with open_call_centre(shared_server, shared_api, visit_shared, TWO[:1]) as centre:
        seat = centre.seats[0]
        await seat.page.get_by_role("button", name="Log out").click()
        await seat.page.fill("#login", seat.login)
        await seat.page.fill("#password", PASSWORD)
        await seat.page.keyboard.press("Enter")
        await seat.becomes_ready()
        call = await centre.is_called("+4930900100")
        await is_offered(seat, "+4930900100")
        await expect(seat.offer).to_contain_text("Phone")
        await seat.visitor.take_picture("desk-call-offered-wide-light-en")
        await seat.accepts()
        await seat.is_("connecting")
        acts_meanwhile = await seat.page.locator(f"{OPEN_CONTACT} [role=group] button").count()
        await centre.telephone.rings()
        await centre.telephone.reports((call.phone(seat.phone), "Established"))
        after_one_wire = [
            (each["state"], each["connected_ms"]) for each in (await centre.story(call.contact_id))["segments"]
        ]
        await seat.page.wait_for_timeout(500)  # long enough to show what must not be shown
        await seat.is_("connecting")
        await centre.telephone.reports((call.customer, "Established"))
        await seat.is_("talking")
        await seat.visitor.take_picture("desk-call-talking-wide-light-en")
        await seat.clicks("end")
        await centre.telephone.does("hang_up", call.phone(seat.phone))
        await centre.telephone.does("hang_up", call.customer)
        await seat.is_("wrap_up")
        await seat.wraps_up("Solved")
        story = await centre.story(call.contact_id)

        assert acts_meanwhile == 0, "nothing can be done with a call that is not connected"
        assert after_one_wire == [("connecting", None)]
        assert [each["kind"] for each in story["events"] if each["kind"].startswith("segment.")] == [
            "segment.offered", "segment.accepted", "segment.connected", "segment.ended", "segment.finished",
        ]  # fmt: skip
        assert (story["contact"]["outcome"], [each["note"] for each in story["segments"]]) == (
            "handled", ["Ada Lund was here."],
        )  # fmt: skip
        assert centre.complaints() == []


async def test_a_call_that_was_declined_keeps_its_place_and_does_not_come_back_for_the_pause(
    shared_server: Server, shared_api: Api, visit_shared: Any
) -> None:
    """Ben is logged in and busy, so somebody else able is there: Ada is offered a later call instead, Ben the first."""
    async with open_call_centre(shared_server, shared_api, visit_shared, TWO, reoffer_pause_s=600) as centre:
        ada, ben = centre.seats
        await talks(centre, ben)
        await ada.becomes_ready()
        first = await centre.is_called("+4930900101")
        await is_offered(ada, "+4930900101")
        queued_ms = [stay["queued_ms"] for stay in (await centre.story(first.contact_id))["stays"]]
        await ada.page.get_by_role("button", name="Decline with a reason").click()
        await ada.page.get_by_role("menuitem", name="Not my field").click()
        await expect(ada.offer).to_have_count(0)
        await centre.is_called("+4930900102")
        await is_offered(ada, "+4930900102")
        await centre.is_called("+4930900103")
        centre.telephone.lets_go()
        await ben.clicks("end")
        await ben.wraps_up("Solved")
        await is_offered(ben, "+4930900101")
        story = await centre.story(first.contact_id)

        assert [(stay["queued_ms"], stay["end"]) for stay in story["stays"]] == [(queued_ms[0], None)]
        assert await let_go_of(centre, first.contact_id) == ["Ada declined wrong_skill", "Ben offered"]
        await expect(ada.page.locator("[data-test=flag]")).to_have_count(0)
        await is_offered(ada, "+4930900102")
        assert centre.complaints() == []


async def test_a_call_comes_back_to_whoever_declined_it_when_the_pause_is_over(
    shared_server: Server, shared_api: Api, visit_shared: Any
) -> None:
    async with open_call_centre(shared_server, shared_api, visit_shared, TWO, reoffer_pause_s=3) as centre:
        ada, ben = centre.seats
        await talks(centre, ben)
        await ada.becomes_ready()
        call = await centre.is_called()
        await ada.page.click("[data-test=decline]")
        await expect(ada.offer).to_have_count(0)
        await expect(ada.offer).to_have_count(1)
        declined, again = sorted((await centre.story(call.contact_id))["segments"], key=lambda each: each["id"])

        assert again["offered_ms"] - declined["ended_ms"] >= 3000
        assert await let_go_of(centre, call.contact_id) == ["Ada declined declined", "Ada offered"]


async def test_a_call_nobody_answers_goes_to_the_next_and_the_first_is_flagged(
    shared_server: Server, shared_api: Api, visit_shared: Any
) -> None:
    async with open_call_centre(shared_server, shared_api, visit_shared, TWO, offer_timeout_s=6) as centre:
        ada, ben = centre.seats
        await ada.becomes_ready()
        call = await centre.is_called()
        await is_offered(ada, "+4930900100")
        await ben.becomes_ready()
        await is_offered(ben, "+4930900100")
        await expect(ada.page.locator("[data-test=flag]")).to_be_visible()
        await expect(ada.offer).to_have_count(0)
        await ben.accepts()
        await centre.telephone.does("connect")
        await ben.is_("talking")
        later = await centre.is_called("+4930900104")
        flagged = await let_go_of(centre, later.contact_id)
        await ada.page.click("[data-test=back]")
        await is_offered(ada, "+4930900104")
        story = await centre.story(call.contact_id)

        assert await let_go_of(centre, call.contact_id) == ["Ada expired timeout", "Ben talking"]
        assert [stay["end"] for stay in story["stays"]] == ["answered"]
        assert flagged == [], "who is flagged is offered nothing, though free and ready"
        await expect(ada.page.locator("[data-test=flag]")).to_have_count(0)
        assert centre.complaints() == []


async def test_a_call_that_the_provider_does_not_connect_is_given_back(
    shared_server: Server, shared_api: Api, visit_shared: Any
) -> None:
    """The phone of the first agent does not answer: the caller waits at the old place, the next agent is asked."""
    async with open_call_centre(shared_server, shared_api, visit_shared, TWO) as centre:
        ada, ben = centre.seats
        await ada.becomes_ready()
        call = await centre.is_called()
        await ada.accepts()
        await ada.is_("connecting")
        await centre.telephone.rings()
        await ben.becomes_ready()
        await call.hangs_up(ada.phone)
        await is_offered(ben, "+4930900100")
        await expect(ada.page.locator(OPEN_CONTACT)).to_have_count(0)

        assert await let_go_of(centre, call.contact_id) == ["Ada failed provider", "Ben offered"]


async def test_who_is_away_or_without_a_phone_is_named_with_that_and_cannot_be_asked(
    shared_server: Server, shared_api: Api, visit_shared: Any
) -> None:
    async with open_call_centre(shared_server, shared_api, visit_shared) as centre:
        first, away, silent = centre.seats
        await talks(centre, first)
        await silent.becomes_ready()
        await centre.telephone.phones(silent.agent_id, up=False)
        await away.page.click("[data-test=state]")
        await away.page.get_by_role("menuitemradio", name="Break").click()
        await expect(away.page.locator("[data-test=state]")).to_have_attribute("data-state", "away")
        await first.clicks("transfer")
        await first.page.click("[data-choice=agent]")
        colleagues = first.page.locator("[data-test=transfer-dialog] label")
        shown = [
            (" ".join((await each.inner_text()).split()), await each.get_by_role("radio").is_disabled())
            for each in [colleagues.filter(has_text=seat.name) for seat in (away, silent)]
        ]
        await first.visitor.take_picture("desk-nobody-there-wide-light-en")

        assert shown == [("Ben Okoye Break", True), ("Cleo Ruiz Not reachable", True)]
        await expect(first.page.locator("[data-test=consult]")).to_be_disabled()
        assert centre.complaints() == []
