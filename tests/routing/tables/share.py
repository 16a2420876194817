"""How much of a scarce agent's time may overdue work take? O = overdue, N = ordinary, computed by hand.

One agent takes one stay after the other while both kinds wait. Before each choice: if the window is full and the
overdue in it are `pct` % or more, the ordinary one is taken.
"""

# (what, window, pct, overdue served before any ordinary one waits, the choices)
SHARES: list[tuple[str, int, int, int, str]] = [
    # Window of 3, 50 %: two of three (200 >= 150) are too many, one of three (100 < 150) is not.
    # 1-3 the window fills: O O O.
    # 4: OOO = 3, N.   5: OON = 2, N.   6: ONN = 1, O.   7: NNO = 1, O.   8: NOO = 2, N.   9: OON = 2, N.
    # 10: ONN = 1, O.  11: NNO = 1, O.
    ("a window of three", 3, 50, 0, "OOONNOONNOO"),
    # Five overdue are served while nobody else waits: no choice, so not counted, and the same as above follows.
    ("what was no choice is not counted", 3, 50, 5, "OOONNOONNOO"),
    # 0 %: once the window is full, ordinary work always goes first.
    ("no share at all once the window is full", 2, 0, 0, "OONNNNN"),
    # 100 %: O until all of the window is overdue.  1: O.  2: O.  3: OO = 2 of 2, N.  4: ON, O.  5: NO, O.  6: OO, N.
    ("the whole share still leaves one of three", 2, 100, 0, "OONOONOON"),
    # Window of 3, 67 %: two of three (200 < 201) are not too many.
    # 1-3 the window fills.  4: OOO, N.  5: OON, O.  6: ONO, O.  7: NOO, O.  8: OOO, N.
    ("two of three are less than 67 %", 3, 67, 0, "OOONOOONOOO"),
    # Window of 20, 70 %: 14 of 20 are too many.
    # 1-20 the window fills.  21-27: 20, 19, 18, 17, 16, 15, 14 overdue before the choice: N each time; then 13.
    # 28-40: 13 before the choice, O comes in and an O of the first twenty goes out: 13 again.
    # 41: 13, O comes in and the N of 21 goes out: 14.
    # 42-47: 14, N comes in and the N of 22-27 goes out: 14.   48: 14, N in, the O of 28 goes out: 13.   49: 13, O.
    ("the default: 70 % of the last twenty", 20, 70, 0, "O" * 20 + "N" * 7 + "O" * 14 + "N" * 7 + "O"),
]
