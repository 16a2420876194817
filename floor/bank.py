"""What company was the bank? Its queues, numbers, agents and best customers, as a day of the log needs them."""

from collections.abc import Iterable

from floor.bank_log import CALL_TYPES, CallType
from floor.company import AgentWish, CompanyWish, CustomerWish, QueueWish, Wish
from floor.day import CREDIT_S, Day

SLUG = "bank"
HIGH_VALUE = 100
LEVEL = 5  # everybody does what they do equally well: the log does not say otherwise
WRAP_UP_S = 40  # the box ends what is longer (2 to 3 % of the log's after-call work): deadlines have something to do
PROMISE_S, LIMIT_S = 900, 3600  # the bank had neither; far enough away to change little, near enough to happen


def number_of(type_: CallType) -> str:
    return f"+9723555010{list(CALL_TYPES).index(type_) + 1}"


def queue_name(type_: CallType) -> str:
    return f"{type_} {CALL_TYPES[type_]}"


def skill_of(type_: CallType) -> str:
    return type_.lower()


def phones(day: Day) -> dict[str, str]:
    """Customer -> a mobile number of Israel that nobody else has; who is unknown withholds theirs."""
    known = sorted({arrival.customer for arrival in day.arrivals if arrival.customer})
    return {customer: f"+97250{1_000_000 + index}" for index, customer in enumerate(known)}


def login_of(server: str) -> str:
    return server.lower()


def wish(day: Day) -> Wish:
    """Priority 2 of the log is a customer of high value with a head start of 90 s; everybody else is unknown."""
    queues = [
        QueueWish(
            name=queue_name(type_),
            config={
                "requirement": skill_of(type_),
                "rate": 1,
                "head_start": [{"value": HIGH_VALUE, "points": CREDIT_S}],
                "promise_s": PROMISE_S,
                "limit_s": LIMIT_S,
                "agent_order": "longest_idle",
                "wrap_up_s": WRAP_UP_S,
            },
            numbers={number_of(type_): "phone"},
        )
        for type_ in CALL_TYPES
    ]
    company = CompanyWish(
        slug=SLUG, name="Bank", zone="Asia/Jerusalem", region="IL", languages=("he", "en"),
        queues=queues, customers=list(_high(day)),
    )  # fmt: skip
    agents = [
        AgentWish(
            login=login_of(server),
            name=server.title(),
            skills={skill_of(type_): LEVEL for type_ in sorted(day.skills.get(server, ()))},
            phone=f"SIP/{login_of(server)}",
        )
        for server in day.servers
    ]
    return Wish(companies=[company], agents=agents)


def _high(day: Day) -> Iterable[CustomerWish]:
    phone_of = phones(day)
    for customer in sorted({arrival.customer for arrival in day.arrivals if arrival.high and arrival.customer}):
        yield CustomerWish(f"Customer {customer}", HIGH_VALUE, [("phone", phone_of[customer])])
