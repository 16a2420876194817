"""Does a mail come to its own thread and to no other, whatever its subject, and as whom?"""

import pytest

from contacts.thread import Placement, Reference, place

ALICE, BOB = "alice@customer.test", "bob@customer.test"
PEOPLE = {"t1": frozenset({ALICE}), "t2": frozenset({BOB})}


def ours(thread: str, signed: bool = True) -> Reference:
    return Reference(thread, ours=True, signed=signed)


def theirs(thread: str) -> Reference:
    return Reference(thread, ours=False)


@pytest.mark.parametrize(
    ("sender", "references", "expected"),
    [
        (ALICE, [], Placement(None)),
        (ALICE, [ours("t1")], Placement("t1", "participant")),
        (BOB, [ours("t1")], Placement("t1", "unverified")),
        ("", [ours("t1")], Placement("t1", "unverified")),
        (ALICE, [ours("t1", signed=False)], Placement("t1", "participant")),
        (BOB, [ours("t1", signed=False)], Placement(None, possibly_thread_id="t1")),
        (ALICE, [theirs("t1")], Placement(None, possibly_thread_id="t1")),
        (BOB, [theirs("t1")], Placement(None, possibly_thread_id="t1")),
        (ALICE, [ours("gone")], Placement("gone", "unverified")),
        # several: what is signed goes first, then the nearest
        (ALICE, [theirs("t2"), ours("t1")], Placement("t1", "participant")),
        (ALICE, [ours("t2", signed=False), ours("t1")], Placement("t1", "participant")),
        (BOB, [ours("t1", signed=False), ours("t2", signed=False)], Placement("t2", "participant")),
        (BOB, [ours("t1"), ours("t2")], Placement("t1", "unverified")),
        (BOB, [theirs("t1"), theirs("t2")], Placement(None, possibly_thread_id="t1")),
    ],
)
def test_where_a_mail_goes_and_as_whom_its_sender_joins(
    sender: str, references: list[Reference], expected: Placement
) -> None:
    assert place(sender, references, PEOPLE) == expected
