"""Do the demo's agents keep their shifts and breaks, and do they obey a supervisor?"""

import random

from floor.agent import Desk
from floor.demo_day import Shift
from floor.demo_staff import BREAKS_AT_ONCE, OBEY_S, Pace, Staff, manner
from floor.http_line import Place
from floor.ledger import Ledger

SHIFTS: dict[str, Shift] = {"mei": "early", "jun": "late", "amir": "night"}
QUIET_S = 1.0


class NeverTired(random.Random):
    """No break and no transfer is ever drawn."""

    def random(self) -> float:
        return 0.999


async def nobody(agent_id: str) -> str:
    raise AssertionError("nobody connects here")


def staff_of(shifts: dict[str, Shift], chance: random.Random, pace: Pace | None = None) -> Staff:
    pace, nowhere = pace or Pace(), Place("127.0.0.1", 9)
    desks = {login: Desk(login, nowhere, nobody, ledger=Ledger(None), manner=manner(pace)) for login in shifts}
    return Staff(desks, shifts, {}, pace, chance)


def obey(staff: Staff) -> None:
    """The server does what was chosen."""
    for desk in staff.desks.values():
        chosen, reason = desk._wanted or ("offline", None)
        desk.desk.records["me"] = {"chosen": chosen, "reason": reason, "next_chosen": None}
        desk._kept.clear()


def states(staff: Staff) -> dict[str, str]:
    return {login: desk.desk.me["chosen"] for login, desk in staff.desks.items()}


def test_those_on_shift_are_ready_and_the_others_at_home():
    staff = staff_of(SHIFTS, NeverTired())
    staff.look(8.0, QUIET_S)
    obey(staff)
    at_eight = states(staff)
    staff.look(23.0, 2 * QUIET_S)
    obey(staff)

    assert at_eight == {"mei": "ready", "jun": "offline", "amir": "offline"}
    assert states(staff) == {"mei": "offline", "jun": "offline", "amir": "ready"}


def test_nobody_is_asked_again_for_what_is_so():
    staff = staff_of(SHIFTS, NeverTired())
    staff.look(8.0, QUIET_S)
    obey(staff)
    staff.look(8.0, 10 * OBEY_S)

    assert [desk.is_idle for desk in staff.desks.values()] == [True] * 3


def test_what_a_supervisor_chose_stands_for_a_while():
    staff = staff_of({"mei": "early"}, NeverTired())
    desk = staff.desks["mei"]
    staff.look(8.0, QUIET_S)
    obey(staff)
    desk.desk.records["me"] = {"chosen": "away", "reason": "meeting", "next_chosen": None}
    desk._react()
    staff.look(8.1, QUIET_S + OBEY_S - 1)
    stands = desk.is_idle
    staff.look(8.2, QUIET_S + OBEY_S + 1)
    obey(staff)

    assert stands
    assert states(staff) == {"mei": "ready"}


def test_breaks_have_a_reason_an_end_and_a_bound():
    shifts: dict[str, Shift] = {f"agent{n}": "early" for n in range(20)}
    staff, now_s, most, reasons, returned = staff_of(shifts, random.Random(3)), 0.0, 0, set(), 0
    before: set[str] = set()
    for _ in range(400):
        now_s += 4.0
        staff.look(9.0, now_s)
        obey(staff)
        away = {login for login, desk in staff.desks.items() if desk.desk.me["chosen"] == "away"}
        reasons |= {staff.desks[login].desk.me["reason"] for login in away}
        most, returned, before = max(most, len(away)), returned + len(before - away), away

    assert most == BREAKS_AT_ONCE
    assert reasons >= {"break", "meal", "meeting", "training", "paperwork"}
    assert returned > 5


def test_while_the_past_is_caught_up_with_everybody_works():
    pace = Pace(hurry=True)
    staff = staff_of(SHIFTS, random.Random(1), pace)
    staff.look(3.0, QUIET_S)
    obey(staff)
    hurried = set(states(staff).values())
    pace.hurry = False
    staff.look(3.0, 2 * QUIET_S)
    obey(staff)

    assert hurried == {"ready"}
    assert states(staff) == {"mei": "offline", "jun": "offline", "amir": "ready"}
