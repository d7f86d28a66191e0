"""What a process that forks leaves behind for those it forks."""

from identity_service.foundation.forking import fill, gaps

SIZE, MANY = 448, 2000


def room_of(size: int) -> int:
    return gaps().get(size, 0)


def test_a_gap_is_where_an_object_has_gone() -> None:
    before = room_of(SIZE)
    objects = [bytes(SIZE - 33) for _ in range(MANY)]
    del objects[::2]
    assert room_of(SIZE) >= before + MANY // 3


def test_a_filled_gap_is_none() -> None:
    objects = [bytes(SIZE - 33) for _ in range(MANY)]
    del objects[::2]
    before = room_of(SIZE)
    fillers = fill({SIZE: before})
    assert len(fillers) == before
    assert room_of(SIZE) < before // 10


def test_what_no_bytes_are_small_enough_for_stays() -> None:
    assert fill({16: 5, 32: 5}) == []
