"""Does a viewer more cost nothing but being handed the frame?"""

from dataclasses import dataclass, field

from screenpop.scope import ALL, Scope
from tests.journey.board import open_board
from tests.journey.story import chat
from tests.journey.test_every_turn import CONFIG
from tests.journey.test_feeds import follower_of


@dataclass(slots=True, eq=False)
class Viewer:
    pos: int
    frames: list[bytes] = field(default_factory=list)

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)


async def test_viewers_of_one_scope_get_the_very_same_bytes(database: str) -> None:
    async with open_board(database, config=CONFIG) as board, follower_of(database, board) as near:
        board.switchboard.on_committed.append(near.committed)
        company = Scope.of([(board.centre.company_ids[0], None)])
        viewers = {scope: [Viewer(near.pos) for _ in range(50)] for scope in (ALL, company)}
        for scope, watching in viewers.items():
            for viewer in watching:
                near.join(scope, viewer)
        late = Viewer(near.pos - 1)
        near.join(ALL, late)
        for each in (viewer for watching in viewers.values() for viewer in watching):
            each.frames.clear()
        await chat(board)
        near.floors.send_turns()
        near.floors.send_figures()

        for watching in viewers.values():
            assert len({tuple(map(id, viewer.frames)) for viewer in watching}) == 1
            assert len(watching[0].frames) >= 2
        (turn,) = [frame for frame in late.frames if b'"t":"turn"' in frame]
        assert turn != viewers[ALL][0].frames[0]
        assert turn.partition(b'"pos"')[2] == viewers[ALL][0].frames[0].partition(b'"pos"')[2]
