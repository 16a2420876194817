"""Does the reader believe what can be believed of the bank's log, and say what it refuses?"""

from floor import bank_log
from floor.bank_log import BankLog

HEADER = "vru+line\tcall_id\tcustomer_id\tpriority\ttype\tdate\tvru_entry\tvru_exit\tvru_time\tq_start\tq_exit\tq_time\toutcome\tser_start\tser_exit\tser_time\tserver"  # noqa: E501
NO_QUEUE = "0:00:00 0:00:00 0"
NO_SERVICE = "0:00:00 0:00:00 0 NO_SERVER"


def log_of(*rows: str) -> BankLog:
    """Rows with blanks in place of tabs."""
    return bank_log.parse([HEADER + "\r\n", *("\t".join(row.split()) + "\r\n" for row in rows)])


def refused(log: BankLog) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for of_date in log.refused.values():
        for reason, rows in of_date.items():
            found.setdefault(reason, []).extend(rows)
    return found


def test_a_served_caller_who_queued_arrives_when_the_queue_begins():
    log = log_of("AA0101 1 9664491 2 PS 990105 9:00:00 9:00:05 5 9:00:05 9:01:05 60 AGENT 9:01:04 9:03:04 120 MICHAL")

    (call,) = log.calls
    assert (call.arrived_s, call.waited_s, call.service_s, call.outcome) == (32405, 60, 120, "agent")
    assert (call.customer, call.priority, call.server, call.row) == ("9664491", 2, "MICHAL", 2)


def test_a_served_caller_who_did_not_queue_arrives_when_the_ivr_lets_go():
    log = log_of(f"AA0101 1 0 0 NW 990105 9:00:00 9:00:10 10 {NO_QUEUE} AGENT 9:00:09 9:03:49 220 BASCH")

    (call,) = log.calls
    assert (call.arrived_s, call.waited_s, call.customer) == (32410, 0, None)


def test_hanging_up_in_a_queue_is_a_call_and_hanging_up_in_the_ivr_is_counted_beside():
    log = log_of(
        f"AA0101 1 0 0 PS 990105 9:00:00 9:00:05 5 9:00:05 9:02:05 120 HANG {NO_SERVICE}",
        f"AA0101 2 0 0 PS 990105 9:00:00 9:00:05 5 {NO_QUEUE} HANG {NO_SERVICE}",
    )

    assert [(call.outcome, call.waited_s) for call in log.calls] == [("hang", 120)]
    assert log.ivr_hang_ups == {"990105": 1}
    assert not log.refused


def test_what_cannot_be_believed_is_refused_with_its_reason_and_row():
    log = log_of(
        "AA0101 1 1 2 PS 990105 9:31:30 9:31:36 6 9:31:36 9:33:01 85 PHANTOM 9:33:01 9:33:05 4 NO_SERVER",
        f"AA0204 2 0 0 AA 990105 4:12:26 4:13:04 38 {NO_QUEUE} HANG {NO_SERVICE}",
        f"AA0101 3 1 1 PS 990105 15:46:01 15:45:24 -37 15:45:24 15:46:41 77 HANG {NO_SERVICE}",
        "AA0102 4 1 2 PS 990105 14:48:46 14:48:52 6 14:48:52 14:52:18 206 AGENT 14:49:10 14:58:00 530 VICKY",
        f"AA0102 5 0 0 PS 990105 13:39:21 13:39:30 9 {NO_QUEUE} AGENT 0:00:00 0:00:00 0 GILI",
        f"AA0102 6 0 0 PS 990105 13:39:21 13:39:30 9 {NO_QUEUE} LOST {NO_SERVICE}",
        f"AA0102 7 0 0 PS 990105 13:39 13:39:30 9 {NO_QUEUE} HANG {NO_SERVICE}",
        "too short",
    )

    assert not log.calls
    assert refused(log) == {
        "phantom": [2],
        "unknown_type": [3],
        "times_contradict": [4, 5],
        "served_without_service": [6],
        "unknown_outcome": [7],
        "malformed": [8, 9],
    }


def test_a_call_served_by_no_server_stays_but_names_nobody():
    log = log_of(f"AA0101 1 0 0 PS 990105 9:00:00 9:00:10 10 {NO_QUEUE} AGENT 9:00:13 9:00:16 3 NO_SERVER")

    assert [(call.server, call.service_s) for call in log.calls] == [(None, 3)]


def test_a_customer_whose_id_was_spoilt_is_unknown():
    log = log_of(f"AA0101 1 6.02E+11 0 PS 990105 9:00:00 9:00:10 10 {NO_QUEUE} AGENT 9:00:10 9:00:20 10 DORIT")

    assert [call.customer for call in log.calls] == [None]


def test_a_name_with_z2_before_it_is_the_same_person():
    log = log_of(f"AA0101 1 0 0 PS 990105 9:00:00 9:00:10 10 {NO_QUEUE} AGENT 9:00:10 9:00:20 10 Z2SHARON")

    assert [call.server for call in log.calls] == ["SHARON"]


def test_a_call_over_midnight_keeps_its_order():
    log = log_of(
        f"AA0102 1 0 0 PS 990105 23:59:15 23:59:34 19 {NO_QUEUE} AGENT 23:59:33 0:03:40 247 BENSION",
        "AA0213 2 3 1 PS 990105 23:59:20 23:59:28 8 23:59:28 0:00:03 35 AGENT 0:00:03 0:00:55 52 ANAT",
    )

    assert [(call.service_start_s, call.service_s) for call in log.calls] == [(86373, 247), (86403, 52)]
    assert not log.refused
