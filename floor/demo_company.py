"""Which companies does the demo show? A property firm and a small second one that must never see each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from floor.company import AgentWish, CompanyWish, CustomerWish, QueueWish, Wish

PASSWORD = "jackfield-demo"

FIRM, OTHER = "hausmann", "lindenhof"


@dataclass(frozen=True, slots=True)
class Door:
    """One way into a company; `share` of all who come take it."""

    company: str
    channel: str
    address: str
    share: int


DOORS: tuple[Door, ...] = (
    Door(FIRM, "phone", "+4930555010110", 22),  # rentals
    Door(FIRM, "phone", "+4930555010120", 20),  # repairs
    Door(FIRM, "phone", "+4930555010130", 6),  # owners
    Door(FIRM, "chat", "hausmann-rentals", 12),
    Door(FIRM, "email", "repairs@hausmann.example", 10),
    Door(FIRM, "email", "rentals@hausmann.example", 6),
    Door(FIRM, "fax", "+4930555010190", 4),
    Door(OTHER, "phone", "+4940555010210", 12),
    Door(OTHER, "chat", "lindenhof-help", 5),
    Door(OTHER, "email", "service@lindenhof.example", 3),
)

_HEAD_START = [{"value": 50, "points": 30}, {"value": 80, "points": 90}]


def _queue(name: str, numbers: Mapping[str, str], requirement: str, **config: Any) -> QueueWish:
    standard = {"requirement": requirement, "head_start": _HEAD_START, "promise_s": 60, "limit_s": 900, "wrap_up_s": 30}
    return QueueWish(name=name, config={**standard, **config}, numbers=numbers)


QUEUES = (
    _queue("Rentals", {"+4930555010110": "phone"}, "rentals >= 2"),
    _queue("Repairs", {"+4930555010120": "phone"}, "repairs >= 2", widen=[{"after_s": 60, "requirement": "repairs"}]),
    _queue("Owners", {"+4930555010130": "phone"}, "owners >= 3", promise_s=30),
    _queue("Rentals chat", {"hausmann-rentals": "widget"}, "rentals", offers_at_once=2),
    _queue(
        "Letters", {"repairs@hausmann.example": "email", "rentals@hausmann.example": "email", "+4930555010190": "fax"},
        "repairs or rentals", promise_s=600, limit_s=28_800, offer_timeout_s=60,
    ),
)  # fmt: skip
OTHER_QUEUES = (
    _queue("Service", {"+4940555010210": "phone"}, "lindenhof"),
    _queue(
        "Service, written", {"lindenhof-help": "widget", "service@lindenhof.example": "email"}, "lindenhof",
        promise_s=600, limit_s=28_800,
    ),
)  # fmt: skip

FIRST = (
    "Mei", "Jonas", "Aylin", "Piotr", "Lena", "Omar", "Greta", "Tomas", "Yuki", "Paul", "Sofia", "Emre",
    "Hanna", "Luis", "Nora", "Ivan", "Chen", "Marta", "Felix", "Zoe", "Karim", "Ella", "Bruno", "Ines",
)  # fmt: skip
LAST = (
    "Albrecht", "Brandt", "Chen", "Demir", "Ebert", "Fontana", "Groß", "Hoffmann", "Ito", "Jansen", "Kowalski", "Lange",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShiftHours:
    """Local hours; a shift over midnight ends on the next day."""

    from_hour: int
    to_hour: int

    def covers(self, hour: int) -> bool:
        if self.from_hour < self.to_hour:
            return self.from_hour <= hour < self.to_hour
        return hour >= self.from_hour or hour < self.to_hour


SHIFTS = (ShiftHours(6, 15), ShiftHours(11, 20), ShiftHours(19, 7))


def simulated() -> dict[str, tuple[AgentWish, ShiftHours]]:
    """The 24 agents whom the floor plays, by login: ten early, ten late, four at night."""
    agents: dict[str, tuple[AgentWish, ShiftHours]] = {}
    for n, first in enumerate(FIRST):
        login = first.lower()
        shift = SHIFTS[0] if n % 12 in (0, 2, 4, 6, 8) else SHIFTS[1] if n % 12 in (1, 3, 5, 7, 9) else SHIFTS[2]
        skills = {"rentals": 2 + n % 4, "repairs": 2 + (n // 2) % 4} | ({"owners": 4} if n % 3 == 0 else {})
        companies: Sequence[str] = (FIRM,)
        if n % 4 == 1 or n >= 22:
            skills, companies = skills | {"lindenhof": 3}, (FIRM, OTHER)
        name = f"{first} {LAST[n % len(LAST)]}"
        agents[login] = AgentWish(login, name, skills, phone=f"SIP/{login}", companies=companies), shift
    return agents


def visitors() -> list[AgentWish]:
    """Seats that nobody plays: for whoever looks at the demo."""
    everything = {"rentals": 5, "repairs": 5, "owners": 5}
    return [
        AgentWish("anna", "Anna Visitor", everything, "SIP/anna", companies=(FIRM,), password=PASSWORD),
        AgentWish(
            "ben", "Ben Visitor", everything | {"lindenhof": 5}, "SIP/ben", companies=(FIRM, OTHER), password=PASSWORD
        ),
        AgentWish("sara", "Sara Supervisor", companies=(FIRM,), password=PASSWORD, role="supervisor", serves=False),
        AgentWish("operator", "Olga Operator", password=PASSWORD, role="operator", serves=False),
    ]


def customers(company: str, many: int, prefix: str) -> list[CustomerWish]:
    """Known by phone and e-mail; every fifth is worth a lot, every third something."""
    made = []
    for n in range(many):
        first, last = FIRST[(n * 7) % len(FIRST)], LAST[(n * 5) % len(LAST)]
        value = 90 if n % 5 == 0 else 60 if n % 3 == 0 else 20
        addresses = [("phone", phone_of(prefix, n)), ("email", f"{first.lower()}.{n}@customers.{company}.example")]
        made.append(CustomerWish(f"{first} {last} {n + 1}", value, addresses))
    return made


def phone_of(prefix: str, n: int) -> str:
    return f"{prefix}{1_000_000 + n}"


PREFIXES = {FIRM: "+491510", OTHER: "+491520"}
CUSTOMERS = {FIRM: 40, OTHER: 20}


def wish() -> Wish:
    companies = [
        CompanyWish(
            slug=FIRM, name="Hausmann Property", zone="Europe/Berlin", region="DE", languages=("de", "en", "zh"),
            queues=QUEUES, customers=customers(FIRM, CUSTOMERS[FIRM], PREFIXES[FIRM]),
        ),
        CompanyWish(
            slug=OTHER, name="Lindenhof Living", zone="Europe/Berlin", region="DE", languages=("de",),
            queues=OTHER_QUEUES, customers=customers(OTHER, CUSTOMERS[OTHER], PREFIXES[OTHER]),
        ),
    ]  # fmt: skip
    return Wish(companies=companies, agents=[agent for agent, _ in simulated().values()] + visitors(), provider="demo")
