"""Which companies does the demo show? A property firm in Shanghai, and a small second one that must never see it."""

from collections.abc import Mapping, Sequence
from typing import Any

from floor import demo_customers, demo_faq
from floor.company import AgentWish, CompanyWish, QueueWish, Wish
from floor.demo_day import Shift
from floor.opening import Ways

PASSWORD = "jackfield-demo"
FIRM, OTHER = demo_customers.FIRM, demo_customers.OTHER
SKILLS = ("letting", "selling", "decoration", "management", "zh", "en")
PAST = "Earlier letters 往来"  # what was before the first visitor came: answered in a moment, it must spoil no figure
CHAT, LETTERS = "Chat 在线", "Letters 信件"  # whose customers come by the widget, the mailbox, the fax server
MANAGEMENT, SELLING = "Property management 物业", "Selling 买卖"  # where others overflow to
HEAD_START = [{"value": 50, "points": 30}, {"value": 80, "points": 90}]  # value decides, within bounds
OFFICE_HOURS = {
    "zone": "Asia/Shanghai",
    "weekly": {day: ["08:00-20:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")},
    "holidays": "CN",
}


def _queue(
    name: str, requirement: str, numbers: Mapping[str, str], language: str = "zh-CN", **config: Any
) -> QueueWish:
    standard: dict[str, Any] = {"promise_s": 40, "limit_s": 300, "wrap_up_s": 20, "head_start": HEAD_START}
    return QueueWish(name, {"requirement": requirement, **standard, **config}, numbers, language)


def _overflow(queue: str) -> dict[str, str]:
    """Named here; the floor puts the id in its place."""
    return {"kind": "overflow", "queue": queue}


QUEUES = (
    _queue(
        MANAGEMENT, "management >= 3 and (zh >= 3 or en >= 3)", {"+862155500140": "phone"},
        widen=[{"after_s": 60, "requirement": "management"}], limit_s=600,
    ),
    _queue(
        SELLING, "selling >= 3 and (zh >= 3 or en >= 3)", {"+862155500120": "phone"},
        widen=[{"after_s": 45, "requirement": "selling >= 2"}], promise_s=30, unwanted_step=_overflow(MANAGEMENT),
    ),
    _queue(
        "Letting 租赁", "letting >= 3 and zh >= 3", {"+862155500110": "phone"},
        widen=[{"after_s": 45, "requirement": "letting >= 2 and zh >= 2"}], limit_s=240, last_step=_overflow(SELLING),
    ),
    _queue(
        "Letting, English", "letting >= 3 and en >= 3", {"+862155500111": "phone"}, "en",
        widen=[{"after_s": 45, "requirement": "letting >= 2 and en >= 2"}], limit_s=240, last_step=_overflow(SELLING),
    ),
    _queue(
        "Decoration 装修", "decoration >= 3", {"+862155500130": "phone"}, hours=OFFICE_HOURS,
        last_step=_overflow(MANAGEMENT),
    ),
    _queue(
        "Complaints 投诉", "(letting >= 6 or selling >= 6 or management >= 6) and zh >= 3", {"+862155500180": "phone"},
        widen=[{"after_s": 30, "requirement": "letting >= 3 or selling >= 3 or management >= 3"}],
        promise_s=20, offer_timeout_s=15, last_step=_overflow(MANAGEMENT),
    ),
    _queue(
        CHAT, "letting >= 3 or selling >= 3 or management >= 3", {"harbour-chat": "widget"},
        promise_s=60, limit_s=900, offers_at_once=2,
    ),
    _queue(
        LETTERS, "letting >= 3 or selling >= 3 or decoration >= 3 or management >= 3",
        {"letting@harbour.example": "email", "service@harbour.example": "email", "+862155500190": "fax"},
        promise_s=600, limit_s=28_800, offer_timeout_s=60, interrupted_by=["phone", "chat"],
    ),
    _queue(
        PAST, "letting >= 3 or selling >= 3 or decoration >= 3 or management >= 3", {},
        promise_s=600, limit_s=28_800,
    ),
)  # fmt: skip
OTHER_QUEUES = (
    _queue("Service", "oakline >= 2", {"+442079460210": "phone", "oakline-chat": "widget"}, "en"),
    _queue(
        "Mail", "oakline", {"service@oakline.example": "email", "+442079460290": "fax"}, "en",
        promise_s=600, limit_s=28_800, offer_timeout_s=60,
    ),
    _queue(PAST, "oakline", {}, "en", promise_s=600, limit_s=28_800),
)  # fmt: skip

DISPOSITIONS = {
    "viewing": "Viewing arranged 已约看房",
    "offer": "Offer sent 已报价",
    "repair": "Repair ordered 已派工",
    "answered": "Question answered 已解答",
    "complaint": "Complaint taken 已受理投诉",
    "call_back": "Call back later 稍后回电",
    "not_ours": "Not for us 非我方业务",
}
OTHER_DISPOSITIONS = {"ordered": "Ordered", "delivered": "Delivery arranged", "answered": "Question answered"}

# name, team, levels in the order of SKILLS, shift
_PEOPLE: tuple[tuple[str, str, str, tuple[int, ...], Shift], ...] = (
    ("mei", "Chen Mei 陈梅", "Letting", (7, 4, 0, 2, 9, 6), "early"),
    ("wei", "Wang Wei 王伟", "Letting", (6, 4, 0, 0, 9, 4), "early"),
    ("grace", "Grace Holloway", "Letting", (8, 4, 0, 4, 4, 10), "early"),
    ("jun", "Liu Jun 刘军", "Letting", (5, 0, 0, 4, 9, 4), "late"),
    ("oliver", "Oliver Brandt", "Letting", (6, 5, 0, 0, 4, 9), "late"),
    ("xiu", "Zhang Xiu 张秀", "Letting", (7, 0, 4, 0, 9, 5), "late"),
    ("hana", "Hana Ito", "Letting", (5, 4, 0, 4, 6, 8), "night"),
    ("lan", "Zhao Lan 赵兰", "Selling", (4, 8, 0, 0, 9, 6), "early"),
    ("thomas", "Thomas Reid", "Selling", (4, 7, 4, 0, 5, 10), "early"),
    ("bo", "Sun Bo 孙波", "Selling", (0, 6, 4, 4, 9, 4), "late"),
    ("yan", "Zhou Yan 周燕", "Selling", (5, 7, 0, 0, 9, 7), "late"),
    ("peng", "Wu Peng 吴鹏", "Selling", (4, 5, 4, 4, 8, 5), "night"),
    ("ning", "Zheng Ning 郑宁", "Decoration", (0, 4, 8, 4, 9, 5), "early"),
    ("sofia", "Sofia Marino", "Decoration", (4, 0, 7, 4, 4, 9), "late"),
    ("hui", "Feng Hui 冯慧", "Decoration", (4, 0, 6, 5, 9, 4), "late"),
    ("tao", "Yang Tao 杨涛", "Property management", (0, 0, 4, 8, 9, 4), "early"),
    ("ruth", "Ruth Adeyemi", "Property management", (4, 0, 0, 7, 4, 9), "early"),
    ("qiang", "Huang Qiang 黄强", "Property management", (0, 4, 4, 7, 9, 4), "late"),
    ("li", "Xu Li 徐丽", "Property management", (4, 0, 0, 6, 9, 6), "late"),
    ("amir", "Amir Haddad", "Property management", (4, 0, 4, 8, 5, 9), "night"),
    ("fang", "He Fang 何芳", "Property management", (5, 4, 0, 6, 9, 5), "night"),
)  # fmt: skip
_OTHER_PEOPLE: tuple[tuple[str, str, Shift], ...] = (
    ("ellen", "Ellen Marsh", "early"),
    ("david", "David Okafor", "late"),
    ("priya", "Priya Nair", "night"),
)
OTHER_TEAM = "Oakline"


def played() -> dict[str, tuple[AgentWish, Shift]]:
    """The 24 agents whom the floor plays, by login."""
    agents: dict[str, tuple[AgentWish, Shift]] = {}
    for login, name, team, levels, shift in _PEOPLE:
        skills = {skill: level for skill, level in zip(SKILLS, levels, strict=True) if level}
        language = "en" if skills["en"] > skills["zh"] else "zh-CN"
        agents[login] = (
            AgentWish(
                login, name, skills, f"SIP/{login}", companies=(FIRM,), team=team, language=language, password=PASSWORD
            ),
            shift,
        )
    for login, name, shift in _OTHER_PEOPLE:
        agents[login] = (
            AgentWish(login, name, {"oakline": 5}, f"SIP/{login}", companies=(OTHER,), team=OTHER_TEAM),
            shift,
        )
    return agents


def visitors() -> list[AgentWish]:
    """Seats that nobody plays. Anna's levels are just what is asked: whoever is better is kept for what needs them."""
    enough = dict.fromkeys(SKILLS, 3)
    return [
        AgentWish(
            "anna", "Anna Visitor 安娜", enough, "SIP/anna", companies=(FIRM,), team="Letting", password=PASSWORD
        ),
        _boss("sara", "Sara Lin 林莎", "supervisor", (FIRM,)),
        _boss("victor", "Victor Tang 唐伟", "supervisor", (FIRM,), of_team="Letting"),
        _boss("oscar", "Oscar Doyle", "supervisor", (OTHER,)),
        _boss("adam", "Adam Qian 钱亚当", "admin", (FIRM,)),
        _boss("operator", "Olga Operator", "operator", ()),
    ]


def _boss(login: str, name: str, role: str, companies: Sequence[str], of_team: str | None = None) -> AgentWish:
    return AgentWish(login, name, companies=companies, password=PASSWORD, role=role, serves=False, of_team=of_team)


# What the table of logins says of each.
PURPOSES = {
    "anna": "agent of Harbour View; this seat is yours",
    "sara": "supervisor of Harbour View",
    "victor": "supervisor of its letting team alone",
    "oscar": "supervisor of Oakline, the second company",
    "adam": "administrator of Harbour View",
    "operator": "operator of the whole installation",
}


def ways(lmtp: str) -> Ways:
    """By which customers of the firm write."""
    return Ways(FIRM, CHAT, LETTERS, "service@harbour.example", "+862155500190", lmtp)


def wish() -> Wish:
    companies = [
        CompanyWish(
            slug=FIRM, name="Harbour View Property 海景物业", zone="Asia/Shanghai", region="CN",
            languages=("zh-CN", "en"), queues=QUEUES, dispositions=DISPOSITIONS, customers=demo_customers.of_firm(),
            faq=demo_faq.of_firm(), synonyms={each: demo_faq.synonyms(each) for each in demo_faq.LANGUAGES},
        ),
        CompanyWish(
            slug=OTHER, name="Oakline Furniture", zone="Europe/London", region="GB", languages=("en",),
            queues=OTHER_QUEUES, dispositions=OTHER_DISPOSITIONS, customers=demo_customers.of_other(),
        ),
    ]  # fmt: skip
    return Wish(companies=companies, agents=[agent for agent, _ in played().values()] + visitors(), provider="demo")
