"""The outbox: a letter is a row of its transaction, sealed, and stays until it has arrived or time is up."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from identity_service.foundation.vault import Vault
from identity_service.mail.letters import Letter
from identity_service.mail.outbox import KEPT, LEASE, PAUSES, Outbox
from identity_service.mail.tables import WaitingLetter

LINK = "https://chat.example.org/reset-password?token=a-secret&userId=1"
LETTER = Letter("reset_password", "ada@example.org", "Ada", "en", {"link": LINK})


@pytest.fixture
def outbox(services):
    return services.capabilities.outbox


def test_what_was_posted_is_taken_as_it_was(outbox, change, clock):
    letter_id = change(outbox.post, LETTER)
    taken = change(outbox.take)

    assert taken == (letter_id, "reset_password", 1, clock.now(), LETTER)
    assert change(outbox.take) is None


def test_the_postman_is_woken_after_the_commit_and_not_before(services, outbox):
    woken = []
    outbox.wakes(lambda: woken.append(outbox.due()))
    with services.database.transaction():
        outbox.post(LETTER)
        assert woken == []

    assert woken == [True]


def test_what_is_rolled_back_was_never_written(services, outbox):
    def fail():
        with services.database.transaction():
            outbox.post(LETTER)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert not outbox.due()


def test_neither_link_nor_address_nor_name_lies_in_the_database(services, outbox, change):
    change(outbox.post, LETTER)
    (row,) = services.database.rows(select(*WaitingLetter.__table__.columns))
    seen = " ".join(map(str, row))

    assert "a…@e….org" in seen
    assert [secret for secret in ("a-secret", "ada@", "example.org/", "Ada") if secret in seen] == []


def test_under_another_key_a_letter_cannot_be_read(services, outbox, change, clock, chance):
    change(outbox.post, LETTER)
    other = Outbox(services.database, clock, chance, Vault(bytes(32), chance))

    assert change(other.take).letter is None


def test_whoever_was_killed_loses_the_letter_to_another_when_the_lease_is_over(outbox, change, clock):
    change(outbox.post, LETTER)
    change(outbox.take)
    clock.advance(LEASE - timedelta(seconds=1))
    assert change(outbox.take) is None

    clock.advance(timedelta(seconds=1))
    assert change(outbox.take).attempts == 2


def test_pauses_grow_and_spread_until_two_days_are_over(outbox, change, clock):
    change(outbox.post, LETTER)
    began, waited = clock.now(), []
    while outbox.due():
        is_over = change(outbox.failed, change(outbox.take), "451 not now")
        (letter,) = outbox.waiting()
        if not is_over:
            waited.append(letter.next_attempt_at - clock.now())
            clock.instant = letter.next_attempt_at

    assert len(waited) == len(PAUSES)
    assert all(pause <= seen <= pause * 1.25 for pause, seen in zip(PAUSES, waited, strict=True))
    assert timedelta(days=2) <= clock.now() - began <= timedelta(days=2.5)
    assert (letter.given_up_at, letter.last_answer) == (clock.now(), "451 not now")


def test_a_final_refusal_is_final_at_once(outbox, change):
    change(outbox.post, LETTER)
    assert change(outbox.failed, change(outbox.take), "550 unknown", is_final=True)

    (letter,) = outbox.waiting()
    assert letter.given_up_at is not None
    assert not outbox.due()


def test_what_becomes_of_one_letter_becomes_of_no_other(outbox, change):
    for _ in range(3):
        change(outbox.post, LETTER)
    refused, delayed, sent = (change(outbox.take) for _ in range(3))
    change(outbox.failed, refused, "550 unknown", is_final=True)
    change(outbox.failed, delayed, "451 not now")
    change(outbox.sent, sent)

    told = {letter.id: (letter.last_answer, letter.given_up_at is None) for letter in outbox.waiting()}
    assert told == {refused.id: ("550 unknown", False), delayed.id: ("451 not now", True)}


def test_who_was_too_slow_decides_nothing(outbox, change, clock):
    change(outbox.post, LETTER)
    slow = change(outbox.take)
    clock.advance(LEASE)
    change(outbox.take)

    assert not change(outbox.failed, slow, "550 unknown", is_final=True)
    (letter,) = outbox.waiting()
    assert (letter.given_up_at, letter.last_answer) == (None, "")


def test_an_operator_sends_again_what_was_given_up_or_waits_but_not_what_is_on_its_way(outbox, change):
    given_up, waiting, on_its_way = (change(outbox.post, LETTER) for _ in range(3))
    change(outbox.failed, change(outbox.take), "550 unknown", is_final=True)
    change(outbox.failed, change(outbox.take), "451 not now")
    change(outbox.take)

    assert change(outbox.retry, on_its_way) == 0
    assert change(outbox.retry, "unknown") == 0
    assert change(outbox.retry, given_up) == 1
    assert change(outbox.take).id == given_up
    assert change(outbox.retry) == 1
    assert change(outbox.take).id == waiting


def test_a_letter_that_was_sent_again_has_all_its_attempts_before_it(outbox, change):
    change(outbox.post, LETTER)
    change(outbox.failed, change(outbox.take), "550 unknown", is_final=True)
    change(outbox.retry)

    assert not change(outbox.failed, change(outbox.take), "451 not now")


def test_what_was_given_up_can_be_seen_for_a_week(outbox, change, clock):
    change(outbox.post, LETTER)
    change(outbox.failed, change(outbox.take), "550 unknown", is_final=True)
    clock.advance(KEPT - timedelta(seconds=1))
    assert change(outbox.forget_given_up) == 0

    clock.advance(timedelta(seconds=1))
    assert change(outbox.forget_given_up) == 1
    assert list(outbox.waiting()) == []


def test_what_a_server_says_is_kept_on_one_short_line(outbox, change):
    change(outbox.post, LETTER)
    change(outbox.failed, change(outbox.take), "451 a\r\nb\x1b[31m" + "x" * 9999)

    (letter,) = outbox.waiting()
    assert letter.last_answer.isprintable()
    assert len(letter.last_answer) == 300
