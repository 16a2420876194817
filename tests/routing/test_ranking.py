"""Do the engine's orders answer what a sorted list answers, however large they are and however they grew?"""

from bisect import insort
from collections.abc import Callable
from random import Random

import pytest

from routing.ranking import Key, Ordered, Ranking, slots_of

# How keys come: by chance, as time goes on, backwards, and all into one place.
GROWTHS: dict[str, Callable[[Random, int], int]] = {
    "anywhere": lambda chance, number: chance.randint(0, 100_000),
    "at the end": lambda chance, number: number,
    "at the beginning": lambda chance, number: -number,
    "in the middle": lambda chance, number: (number if number % 2 else -number) + 50_000,
}


def key_of(place: int, number: int, slot: int = 0) -> Key:
    return (place, f"{number:06}", slot >> 3, 1 << (slot & 7))


@pytest.mark.parametrize("block", [2, 5, 16])
@pytest.mark.parametrize("growth", GROWTHS)
def test_an_order_is_a_sorted_list(growth: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.ranking._BLOCK", block)
    chance, ordered = Random(block), Ordered()
    plain: list[Key] = []
    for number in range(600):
        # Grows, shrinks to nothing at 400, grows again.
        if plain and chance.random() < (0.3 if number < 250 or number > 400 else 0.95):
            key = plain.pop(chance.randrange(len(plain)))
            ordered.remove(key)
        else:
            key = key_of(GROWTHS[growth](chance, number), number)
            insort(plain, key)
            ordered.add(key)

        assert list(ordered) == plain
        assert ordered.size == len(plain)
        assert ordered.first == (plain[0] if plain else None)
        nth = chance.randint(0, len(plain) + 1)
        assert ordered.nth(nth) == (plain[nth] if nth < len(plain) else None)
        assert all(ordered.blocks) or ordered.blocks == [[]]
        assert max(map(len, ordered.blocks)) <= block


def test_a_large_order_is_cut_where_it_grows() -> None:
    """At the end, seven of eight keys stay together, so that blocks do not remain half empty."""
    ordered = Ordered()
    for number in range(2_000):
        ordered.add(key_of(number, number))

    assert [len(block) for block in ordered.blocks[:-1]] == [448] * (len(ordered.blocks) - 1)
    assert list(ordered) == [key_of(number, number) for number in range(2_000)]
    for place in (0, 1_500):  # in the first block, and in the last but one
        for number in range(300):
            ordered.add(key_of(place, 10_000 + number))
        assert max(map(len, ordered.blocks)) <= 512
        assert min(map(len, ordered.blocks)) >= 200


@pytest.mark.parametrize("few", [1, 8])
def test_the_numbers_of_a_mask_are_its_bits(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.ranking._FEW_SLOTS", few)
    chance = Random(few)
    for slots in ([], [0], [7, 8], [0, 63, 64, 1000], [chance.randrange(3_000) for _ in range(200)]):
        mask = sum(1 << slot for slot in set(slots))

        assert sorted(slots_of(mask)) == sorted(set(slots))


@pytest.mark.parametrize("small", [False, True], ids=["as it is", "small"])
def test_a_ranking_gives_the_members_of_the_slots_in_question_in_order(
    small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if small:
        monkeypatch.setattr("routing.ranking._BLOCK", 4)
        monkeypatch.setattr("routing.ranking._SORT_MAX", 3)
    chance, ranking = Random(5), Ranking()
    members: list[tuple[Key, int]] = []
    for number in range(500):
        if members and chance.random() < 0.3:
            key, slot = members.pop(chance.randrange(len(members)))
            ranking.remove(slot, key)
        else:
            slot = chance.randrange(90) if number % 3 else chance.randrange(4)
            key = key_of(chance.randint(0, 300), number, slot)
            members.append((key, slot))
            ranking.add(slot, key)
        wanted = {chance.randrange(100) for _ in range(chance.choice([1, 3, 40, 200]))}

        expected = sorted(key for key, slot in members if slot in wanted)
        assert list(ranking.in_order(sum(1 << slot for slot in wanted))) == expected
        assert ranking.mask == sum(1 << slot for slot in {slot for _, slot in members})
    assert list(ranking.in_order(-1)) == sorted(key for key, _ in members)
    assert list(ranking.in_order(0)) == []


def test_members_that_all_stand_at_the_end_are_found() -> None:
    ranking = Ranking()
    others = [key_of(number, number, number % 8) for number in range(6_000)]
    for number, key in enumerate(others):
        ranking.add(number % 8, key)
    wanted = [key_of(1_000_000 + number, number, 8 + number) for number in range(200)]
    for number, key in enumerate(wanted):
        ranking.add(8 + number, key)

    mask = sum(1 << 8 + number for number in range(200))

    assert list(ranking.in_order(mask)) == wanted


def test_members_are_found_by_the_ends_of_their_keys_however_long_the_keys_are() -> None:
    """An overdue head's key begins with its promise; the more parts, the farther from the front is the slot."""
    ranking = Ranking()
    keys = [(number, number, number, *key_of(number, number, number % 8)) for number in range(10)]
    for number, key in enumerate(keys):
        ranking.add(number % 8, key)

    assert list(ranking.in_order(0b11111110)) == [key for number, key in enumerate(keys) if number % 8]
