"""How does a company come into being? From a plain description, through the public REST API alone.

Everything has a natural key (slug, name, login, address): what is there is found, what is missing is made, so a second
start makes nothing. Only a provider's secrets cannot be found again: they are made anew, and the old ones stop.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from floor.rest import Rest

BULK_MAX = 500
PASSWORDS_MAX = 100  # in one request
FAQ_MAX = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class QueueWish:
    """`config` as POST /v1/queues takes it, but that an overflow names the `queue`, one that comes before this one.

    `numbers`: address -> kind, all answered in `language`.
    """

    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerWish:
    """Who they are is known by the first address: (kind, address in its canonical form)."""

    name: str
    value: int
    addresses: Sequence[tuple[str, str]]
    kind: str = "person"
    language: str | None = None
    zone: str | None = None
    value_terms: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """As POST /v1/customers/bulk takes it."""
        more = {"language": self.language, "zone": self.zone}
        return {
            "name": self.name,
            "kind": self.kind,
            "value": self.value,
            "value_terms": dict(self.value_terms),
            "addresses": [{"kind": kind, "address": address} for kind, address in self.addresses],
            "facts": [{"key": key, "value": value} for key, value in self.facts.items()],
            **{name: value for name, value in more.items() if value is not None},
        }


@dataclass(frozen=True, slots=True)
class AgentWish:
    """`companies`: slugs; none of them = all companies. `of_team`: their right reaches that team alone."""

    login: str
    name: str
    skills: Mapping[str, int] = field(default_factory=dict)
    phone: str | None = None
    capacity: Mapping[str, Any] = field(default_factory=dict)
    companies: Sequence[str] = ()
    password: str | None = None
    role: str = "agent"
    serves: bool = True  # False: a user without a desk, such as a supervisor
    team: str | None = None
    of_team: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class CompanyWish:
    slug: str
    name: str
    zone: str = "UTC"
    region: str | None = None
    languages: Sequence[str] = ("en",)
    queues: Sequence[QueueWish] = ()
    dispositions: Mapping[str, str] = field(default_factory=dict)  # code -> name
    customers: Sequence[CustomerWish] = ()
    faq: Sequence[Mapping[str, Any]] = ()  # entries as they are brought in
    synonyms: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)  # by language


@dataclass(frozen=True, slots=True)
class Wish:
    companies: Sequence[CompanyWish]
    agents: Sequence[AgentWish]
    provider: str = "floor"
    command_url: str = ""


@dataclass(slots=True)
class Premises:
    """What the wish became: ids by natural key."""

    companies: dict[str, str] = field(default_factory=dict)  # slug -> id
    queues: dict[tuple[str, str], str] = field(default_factory=dict)  # (slug, name) -> id
    teams: dict[str, str] = field(default_factory=dict)  # name -> id
    agents: dict[str, str] = field(default_factory=dict)  # login -> agent id
    provider_id: str = ""
    secret_in: str = ""
    secret_out: str = ""
    made: int = 0  # things that were not there before


async def establish(rest: Rest, wish: Wish) -> Premises:
    """Raises Refused, httpx2.HTTPError."""
    found = Premises()
    for company in wish.companies:
        await _company(rest, company, found)
    await _skills(rest, wish.agents, found)
    await _teams(rest, wish.agents, found)
    await _agents(rest, wish.agents, found)
    if wish.command_url:
        await _provider(rest, wish, found)
    return found


async def _company(rest: Rest, wish: CompanyWish, found: Premises) -> None:
    known = {item["slug"]: item["id"] async for item in rest.every("/v1/companies")}
    if wish.slug not in known:
        body = {"slug": wish.slug, "name": wish.name, "zone": wish.zone, "languages": list(wish.languages)}
        made = await rest.post("/v1/companies", body | ({"region": wish.region} if wish.region else {}))
        known[wish.slug] = made["id"]
        found.made += 1
    company_id = found.companies[wish.slug] = known[wish.slug]
    await _queues(rest, wish, company_id, found)
    await _numbers(rest, wish, company_id, found)
    await _dispositions(rest, wish, company_id, found)
    await _customers(rest, wish, company_id, found)
    await _faq(rest, wish, company_id, found)


async def _queues(rest: Rest, wish: CompanyWish, company_id: str, found: Premises) -> None:
    known = {item["name"]: item["id"] async for item in rest.every("/v1/queues", company_id=company_id)}
    for queue in wish.queues:
        if queue.name not in known:
            config = {key: _step(value, wish.slug, found) for key, value in queue.config.items()}
            body = {"company_id": company_id, "name": queue.name, "config": config}
            known[queue.name] = (await rest.post("/v1/queues", body))["id"]
            found.made += 1
        found.queues[wish.slug, queue.name] = known[queue.name]


def _step(value: Any, slug: str, found: Premises) -> Any:
    """Of a queue's configuration: the id in the place of the name of the queue that it overflows to."""
    if not isinstance(value, Mapping) or "queue" not in value:
        return value
    return {"kind": value["kind"], "queue_id": found.queues[slug, value["queue"]]}


async def _numbers(rest: Rest, wish: CompanyWish, company_id: str, found: Premises) -> None:
    known = {(item["kind"], item["address"]) async for item in rest.every("/v1/numbers", company_id=company_id)}
    for queue in wish.queues:
        for address, kind in queue.numbers.items():
            if (kind, address) not in known:
                body = {"company_id": company_id, "address": address, "kind": kind, "language": queue.language}
                await rest.post("/v1/numbers", body | {"queue_id": found.queues[wish.slug, queue.name]})
                found.made += 1


async def _dispositions(rest: Rest, wish: CompanyWish, company_id: str, found: Premises) -> None:
    known = {item["code"] async for item in rest.every("/v1/dispositions", company_id=company_id)}
    for position, (code, name) in enumerate(wish.dispositions.items()):
        if code not in known:
            body = {"company_id": company_id, "code": code, "name": name, "position": position}
            await rest.post("/v1/dispositions", body)
            found.made += 1


async def _customers(rest: Rest, wish: CompanyWish, company_id: str, found: Premises) -> None:
    """A slice is made whole or not at all, so it is there if its first or its last customer is."""
    for some in _slices(wish.customers, BULK_MAX):
        if not any([await _is_known(rest, company_id, customer) for customer in (some[0], some[-1])]):
            body = {"company_id": company_id, "items": [customer.body for customer in some]}
            await rest.post("/v1/customers/bulk", body)
            found.made += len(some)


async def _faq(rest: Rest, wish: CompanyWish, company_id: str, found: Premises) -> None:
    """Where there is none yet: what somebody wrote since then stays."""
    if not wish.faq or (await rest.get("/v1/faq", company_id=company_id, limit="1"))["items"]:
        return
    for some in _slices(wish.faq, FAQ_MAX):
        await rest.post("/v1/faq/bulk", {"company_id": company_id, "items": [dict(entry) for entry in some]})
        found.made += len(some)
    for language, groups in wish.synonyms.items():
        body = {"company_id": company_id, "language": language, "version": 0, "groups": [list(each) for each in groups]}
        await rest.post("/v1/faq/synonyms", body)


async def _is_known(rest: Rest, company_id: str, customer: CustomerWish) -> bool:
    page = await rest.get("/v1/customers", company_id=company_id, address=customer.addresses[0][1], limit="1")
    return bool(page["items"])


async def _skills(rest: Rest, agents: Sequence[AgentWish], found: Premises) -> None:
    wanted = {skill for agent in agents for skill in agent.skills}
    known = {item["name"] async for item in rest.every("/v1/skills")} if wanted else set()
    for skill in sorted(wanted - known):
        await rest.post("/v1/skills", {"name": skill})
        found.made += 1


async def _teams(rest: Rest, agents: Sequence[AgentWish], found: Premises) -> None:
    wanted = {team for agent in agents for team in (agent.team, agent.of_team) if team}
    found.teams = {item["name"]: item["id"] async for item in rest.every("/v1/teams")} if wanted else {}
    for team in sorted(wanted - found.teams.keys()):
        found.teams[team] = (await rest.post("/v1/teams", {"name": team}))["id"]
        found.made += 1


async def _agents(rest: Rest, wishes: Sequence[AgentWish], found: Premises) -> None:
    users = {item["login"]: item["id"] async for item in rest.every("/v1/users")}
    new = [wish for wish in wishes if wish.login not in users]
    for some in _slices([wish for wish in new if wish.password is None], BULK_MAX):
        users |= await _make_users(rest, some, found)
    for some in _slices([wish for wish in new if wish.password is not None], PASSWORDS_MAX):
        users |= await _make_users(rest, some, found)
    agents = {item["user_id"]: item["id"] async for item in rest.every("/v1/agents")}
    serving = [wish for wish in wishes if wish.serves]
    for some in _slices([wish for wish in serving if users[wish.login] not in agents], BULK_MAX):
        items = [_agent_body(wish, users[wish.login], found.teams) for wish in some]
        made = await rest.post("/v1/agents/bulk", {"items": items})
        agents |= dict(zip((item["user_id"] for item in items), made["items"], strict=True))
        found.made += len(some)
    found.agents = {wish.login: agents[users[wish.login]] for wish in serving}


async def _make_users(rest: Rest, wishes: Sequence[AgentWish], found: Premises) -> dict[str, str]:
    items = [
        {"login": wish.login, "name": wish.name, "language": wish.language, "grants": _grants(wish, found)}
        | ({"password": wish.password} if wish.password else {})
        for wish in wishes
    ]
    made = await rest.post("/v1/users/bulk", {"items": items})
    found.made += len(items)
    return dict(zip((wish.login for wish in wishes), made["items"], strict=True))


def _grants(wish: AgentWish, found: Premises) -> list[dict[str, str]]:
    if not wish.companies:
        return [{"role": wish.role}]
    of_team = {"team_id": found.teams[wish.of_team]} if wish.of_team else {}
    return [{"role": wish.role, "company_id": found.companies[slug], **of_team} for slug in wish.companies]


def _agent_body(wish: AgentWish, user_id: str, teams: Mapping[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {"user_id": user_id, "skills": dict(wish.skills)}
    if wish.phone:
        body["phone_address"] = wish.phone
    if wish.team:
        body["team_id"] = teams[wish.team]
    if wish.capacity:
        body["capacity"] = dict(wish.capacity)
    return body


async def _provider(rest: Rest, wish: Wish, found: Premises) -> None:
    known = {item["name"]: item async for item in rest.every("/v1/telephony-providers")}
    there = known.get(wish.provider)
    if there is None:
        body = {"name": wish.provider, "command_url": wish.command_url}
        made = await rest.post("/v1/telephony-providers", body)
        found.provider_id, found.secret_in, found.secret_out = made["id"], made["secret_in"], made["secret_out"]
        found.made += 1
        return
    path = f"/v1/telephony-providers/{there['id']}"
    found.provider_id = there["id"]
    if there["command_url"] != wish.command_url:
        await rest.ask("PATCH", path, {"version": there["version"], "command_url": wish.command_url})
    for direction in ("in", "out"):
        secret = (await rest.post(f"{path}/secrets", {"direction": direction, "keep_old": False}))["secret"]
        setattr(found, f"secret_{direction}", secret)


def _slices(items: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
