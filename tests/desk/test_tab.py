"""What does one open tab take, and what not?"""

from app.api.tab import ROOM_BYTES, Seat, Socket, Watch
from screenpop.scope import ALL


def test_a_view_that_has_fallen_behind_takes_no_turn_until_it_was_brought_what_it_missed() -> None:
    behind: list[Watch] = []
    scope = ALL
    socket = Socket(Seat(None, "user", "session", scope), "tab", 0.0)
    watch = Watch(scope, socket, 5, behind.append, follows=True)

    taken = [watch.send(b"x" * (ROOM_BYTES + 1)), watch.send(b"refused")]
    socket.frames.clear()
    socket.queued_bytes = 0  # its page has read
    taken.append(watch.send(b"the next, without what was refused"))
    watch.follows = True
    taken.append(watch.send(b"after it was brought"))

    assert taken == [True, False, False, True]
    assert behind == [watch]
    assert socket.frames == [b"after it was brought"]


def test_a_desk_takes_every_frame() -> None:
    socket = Socket(Seat("ann", "user", "session"), "tab", 0.0)
    watch = Watch("ann", socket, 5, lambda _: None)

    assert [watch.send(b"x" * ROOM_BYTES) for _ in range(3)] == [True] * 3
