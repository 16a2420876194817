"""Do visitors of a site get the company's answers, and is it counted rightly who needed no agent?"""

import uuid
from typing import Any

import httpx2
import pytest_asyncio

from app.api import limiting
from app.api.acts import new_id
from app.commands import PlanTask, Reply
from tests.api.conftest import House
from tests.api.furnished import insert_contact
from tests.api.test_faq import entry, unanswered

SITE = "https://shop.example"
ASKED = "When do I get my deposit back?"
IN_VAIN = "How do I knit a scarf for 4711?"


class Widget:
    """As a page of the site has it."""

    def __init__(self, house: House, row: dict[str, Any]) -> None:
        self.house, self.row = house, row

    async def post(self, path: str, origin: str = SITE, **body: Any) -> httpx2.Response:
        wish = {"key": self.row["key"], **body}
        return await self.house.client.post(f"/v1/chat/{path}", json=wish, headers={"origin": origin})

    async def ask(self, text: str = ASKED, own_id: str | None = None, **more: Any) -> tuple[str, list[dict[str, Any]]]:
        own_id = own_id or str(uuid.uuid4())
        answer = await self.post("ask", id=own_id, text=text, **more)
        assert answer.status_code == 200, answer.text
        return own_id, answer.json()["items"]


@pytest_asyncio.fixture
async def widget(house: House, company: dict[str, Any]) -> Widget:
    of = {"company_id": company["id"]}
    queue = await house.make("queues", of | {"name": "Service"})
    await house.make("faq", entry(company))
    about = of | {"name": "Shop", "queue_id": queue["id"], "origins": [SITE]}
    return Widget(house, await house.make("widgets", about))


async def solved(house: House, company_id: str) -> dict[str, dict[str, Any]]:
    answer = await house.operator.get("/v1/faq/solved", params={"company_id": company_id})
    assert answer.status_code == 200, answer.text
    return {each["key"]: each for each in answer.json()["figures"]}


def counted(figures: dict[str, dict[str, Any]]) -> tuple[int, int, tuple[int, int]]:
    rate = figures["solved_without_agent"]
    return figures["asked"]["value"], figures["asked_in_vain"]["value"], (rate["part"], rate["whole"])


async def came_to_agent(house: House, widget: Widget, asked: str) -> None:
    """A message that was left; the contact is there, as a turn would have written it."""
    contact_id = await insert_contact(house, widget.row["company_id"], state="open", outcome=None, channel="task")
    house.writer.answers[PlanTask] = Reply(201, {"contact_id": contact_id, "state": "open"}, 10)
    left = await widget.post("leave", id=str(uuid.uuid4()), email="a@b.example", text="Call me", asked=asked)
    assert left.status_code == 201, left.text


async def test_a_visitor_is_told_what_the_company_answers(house: House, widget: Widget):
    _, items = await widget.ask()

    assert [(each["question"], each["answer"]) for each in items] == [
        ("When is my deposit returned?", "Within 14 days.")
    ]


async def test_what_is_not_sure_is_not_told_and_goes_to_the_editors_without_numbers(house, company, widget: Widget):
    _, items = await widget.ask(IN_VAIN)

    assert items == []
    assert await unanswered(house.operator, company_id=company["id"]) == [("how do i knit a scarf for #", 1)]


async def test_drafts_and_other_companies_answers_are_told_to_nobody(house, company, widget: Widget):
    other = await house.make("companies", {"slug": f"other-{new_id()[-12:]}", "name": "Other"})
    await house.make("faq", entry(other, question="How do I knit a scarf?", key="scarf"))
    await house.make("faq", entry(company, question="How do I knit a scarf?", key="scarf", state="draft"))

    assert (await widget.ask(IN_VAIN))[1] == []


async def test_solved_is_who_was_helped_and_came_to_nobody(house: House, company: dict[str, Any], widget: Widget):
    """Five asked: two were helped, one of them came to an agent after all; one found nothing, two said nothing."""
    helped, came, *_ = [await widget.ask() for _ in range(4)]
    await widget.ask(IN_VAIN)
    for own_id, items in (helped, came):
        told = await widget.post("helpful", id=own_id, faq_id=items[0]["id"])
        assert told.status_code == 204, told.text
    await came_to_agent(house, widget, came[0])

    assert counted(await solved(house, company["id"])) == (5, 1, (1, 5))


async def test_the_report_of_the_queue_says_the_same_by_the_same_definition(house, company, widget: Widget):
    own_id, items = await widget.ask()
    await widget.post("helpful", id=own_id, faq_id=items[0]["id"])
    page = await solved(house, company["id"])
    around = {"queue_id": widget.row["queue_id"]}
    (queue,) = (await house.operator.get("/v1/figures", params=around)).json()["queues"]
    report = {each["key"]: each for each in queue["figures"]}

    assert page == {key: report[key] for key in page}
    assert (page["solved_without_agent"]["part"], page["solved_without_agent"]["whole"]) == (1, 1)


async def test_who_asks_again_is_one_visitor_and_one_voice(house: House, company: dict[str, Any], widget: Widget):
    own_id, _ = await widget.ask(IN_VAIN)
    _, items = await widget.ask(ASKED, own_id)
    for _ in range(3):
        await widget.post("helpful", id=own_id, faq_id=items[0]["id"])
    (listed,) = (await house.operator.get("/v1/faq", params={"company_id": company["id"]})).json()["items"]

    assert counted(await solved(house, company["id"])) == (1, 0, (1, 1))
    assert (listed["helpful"], listed["unhelpful"]) == (1, 0)


async def test_nothing_of_the_question_is_kept_beside_the_count(house: House, widget: Widget):
    before = len(house.writer.envelopes)
    await widget.ask(f"{ASKED} I am Ada, 0171 2345678")
    (row,) = await house.rows("SELECT * FROM faq_ask")

    assert not any("Ada" in str(value) or "0171" in str(value) for value in row.values())
    assert len(house.writer.envelopes) == before, "no event either"


async def test_who_asked_nothing_cannot_have_been_helped(house: House, company: dict[str, Any], widget: Widget):
    _, items = await widget.ask()
    never = await widget.post("helpful", id=str(uuid.uuid4()), faq_id=items[0]["id"])
    in_vain, _ = await widget.ask(IN_VAIN)
    found_nothing = await widget.post("helpful", id=in_vain, faq_id=items[0]["id"])

    assert (never.status_code, found_nothing.status_code) == (404, 404)
    assert counted(await solved(house, company["id"]))[2] == (0, 2)


async def test_other_sites_and_too_many_questions_are_refused(house: House, widget: Widget):
    elsewhere = await widget.post("ask", "https://evil.example", id=str(uuid.uuid4()), text=ASKED)
    answers = [
        await widget.post("ask", id=str(uuid.uuid4()), text=ASKED) for _ in range(limiting.QUESTIONS_OF_AN_ADDRESS + 1)
    ]

    assert (elsewhere.status_code, elsewhere.json()["text_key"]) == (403, "chat.origin")
    assert [each.status_code for each in answers[-2:]] == [200, 429]


async def test_a_widget_says_whether_there_is_anything_to_ask(house: House, company: dict[str, Any], widget: Widget):
    with_answers = (await widget.post("look")).json()["answers_first"]
    about = {"version": widget.row["version"], "answers_first": False}
    assert (await house.operator.patch(f"/v1/widgets/{widget.row['id']}", json=about)).status_code == 200
    switched_off = (await widget.post("look")).json()["answers_first"]

    assert (with_answers, switched_off) == (True, False)
