"""
What is remembered is never more than so much.
"""

from identity_service.foundation.memory import keep


def test_what_is_kept_is_remembered_and_handed_back():
    remembered = {"a": 1}

    assert keep(remembered, "b", 2, most=2) == 2
    assert remembered == {"a": 1, "b": 2}


def test_when_there_is_no_room_all_is_forgotten_but_the_newest():
    remembered = {"a": 1, "b": 2}
    keep(remembered, "c", 3, most=2)

    assert remembered == {"c": 3}
