"""Does every route have a right, and does a grant reach as far as it says?"""

import pytest
from fastapi import APIRouter

from app import rights
from app.api.app import build_api, operations
from app.ports import Doors
from app.rights import Forbidden, Grant, Principal, companies_of
from tests.api.conftest import House, settings_of


def asker(*grants: Grant) -> Principal:
    return Principal("user", "u", grants)


def test_every_route_has_a_right(house: House):
    assert set(operations(house.app)) <= set(rights.TABLE)
    assert len(operations(house.app)) > 70


def test_a_route_without_a_right_is_not_served(house: House, tmp_path):
    router = APIRouter()

    @router.get("/v1/secrets")
    async def list_secrets() -> None: ...

    doors = Doors(settings_of("postgresql://x/y", tmp_path), house.database, house.writer.submit, lambda: 0)
    with pytest.raises(LookupError, match="list_secrets"):
        build_api(doors, [router])


def test_a_grant_reaches_its_companies_and_no_further():
    right = rights.TABLE["read_customer"]

    assert companies_of(asker(Grant("supervisor", "a"), Grant("admin", "b")), right) == {"a", "b"}
    assert companies_of(asker(Grant("supervisor", "a"), Grant("agent", "b")), right) == {"a"}
    assert companies_of(asker(Grant("supervisor")), right) is None
    assert companies_of(asker(Grant("operator")), right) is None


def test_without_a_grant_that_carries_the_right_nothing_is_reached():
    for grants in ((), (Grant("agent", "a"),), (Grant("agent"),), (Grant("supervisor", "a", "team"),)):
        with pytest.raises(Forbidden):
            companies_of(asker(*grants), rights.TABLE["read_customer"])


def test_the_grant_for_one_team_carries_what_concerns_its_agents():
    one_team = asker(Grant("supervisor", "a", "red"))

    assert companies_of(one_team, rights.TABLE["choose_agent_state"]) == {"a"}


def test_no_role_but_the_operator_changes_the_installation():
    changing = [
        (name, right)
        for name, right in rights.TABLE.items()
        if right.owner == "installation"
        and name.partition("_")[0] not in ("list", "read")
        and not right.of_teams  # what concerns a supervisor's own people
    ]

    assert len(changing) > 15
    assert {right.roles for _, right in changing} == {frozenset({"operator"})}
