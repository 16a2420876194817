"""May this call be recorded? By the company's rule for its direction, and by what the customer was told or answered.

Nothing is recorded that was not announced where the rule says so, or not agreed to where the rule is to ask. Whoever
declined is not recorded, whatever the rule.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from contacts.contact import Contact

NoticeRule = Literal["none", "announce", "consent"]
Notice = Literal["announced", "consented", "declined"]
NOTICES: tuple[Notice, ...] = get_args(Notice)
VARIABLE = "recording"  # by which a flow says that it has told or asked its caller
Permission = Literal["given", "open", "denied"]

_ENOUGH: Mapping[NoticeRule, frozenset[Notice | None]] = {
    "none": frozenset({None, "announced", "consented"}),
    "announce": frozenset({"announced", "consented"}),
    "consent": frozenset({"consented"}),
}


def notice_rule(company: Mapping[str, Any], contact: Contact) -> NoticeRule:
    """From the company's configuration; where it says nothing, nothing has to be said."""
    rule: NoticeRule = company.get("recording_notice", {}).get(contact.direction, "none")
    return rule


def notice_of(contact: Contact) -> Notice | None:
    """None: nothing was said yet. Whoever declined and asked to be called has declined for that call, too."""
    notice: Notice | None = contact.ivr.get("notice") or contact.ivr.get("reach", {}).get("notice")
    return notice


def permission(rule: NoticeRule, contact: Contact) -> Permission:
    """`open`: nobody has told or asked them yet."""
    notice = notice_of(contact)
    if notice == "declined":
        return "denied"
    return "given" if notice in _ENOUGH[rule] else "open"
