"""Which notice is enough for which rule, in which direction?"""

from typing import Any

import pytest

from contacts.contact import Contact
from contacts.notice import Notice, NoticeRule, Permission, notice_rule, permission
from contacts.record import replace

CALL = Contact("c", "company", 1, "phone", "in", "open", "telephony:p", "1", 0)

TABLE: list[tuple[NoticeRule, Notice | None, Permission]] = [
    ("none", None, "given"), ("none", "announced", "given"), ("none", "consented", "given"),
    ("announce", None, "open"), ("announce", "announced", "given"), ("announce", "consented", "given"),
    ("consent", None, "open"), ("consent", "announced", "open"), ("consent", "consented", "given"),
    ("none", "declined", "denied"), ("announce", "declined", "denied"), ("consent", "declined", "denied"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "notice", "may"), TABLE)
def test_what_is_recorded_was_announced_or_agreed_to_as_the_rule_asks(
    rule: NoticeRule, notice: Notice | None, may: Permission
) -> None:
    assert permission(rule, replace(CALL, ivr={"notice": notice} if notice else {})) == may


def test_whoever_declined_and_asked_to_be_called_has_declined() -> None:
    assert permission("none", replace(CALL, direction="out", ivr={"reach": {"notice": "declined"}})) == "denied"
    assert permission("consent", replace(CALL, direction="out", ivr={"reach": {}})) == "open"


@pytest.mark.parametrize(
    ("company", "inbound", "outbound"),
    [
        ({}, "none", "none"),
        ({"recording_notice": {}}, "none", "none"),
        ({"recording_notice": {"in": "consent"}}, "consent", "none"),
        ({"recording_notice": {"in": "announce", "out": "consent"}}, "announce", "consent"),
    ],
)
def test_each_direction_has_a_rule_of_its_own(company: dict[str, Any], inbound: str, outbound: str) -> None:
    assert notice_rule(company, CALL) == inbound
    assert notice_rule(company, replace(CALL, direction="out")) == outbound
