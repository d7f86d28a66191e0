"""Delivery: each letter once, again until somebody takes it, and never for ever."""

import threading
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from identity_service.flows.deliver_mail import DeliverMail
from identity_service.foundation.vault import Vault
from identity_service.mail.composer import Composer
from identity_service.mail.delivering import Composed, NotTaken, Receipt, Then
from identity_service.mail.letters import Letter
from identity_service.mail.outbox import LEASE, PAUSES, Outbox

LINK = "https://chat.example.org/reset-password?token=a-secret"


@dataclass
class Postman:
    """Takes letters, or says why not."""

    why_not: NotTaken | None = None
    sent: list[Composed] = field(default_factory=list)

    def send(self, letter: Composed, then: Then) -> None:
        """Take one."""
        if self.why_not is not None:
            raise self.why_not
        self.sent.append(letter)
        then(Receipt("mail.example.org:25", "", ""))


@pytest.fixture
def postman():
    return Postman()


@pytest.fixture
def outbox(services):
    return services.capabilities.outbox


@pytest.fixture
def delivering(services):
    """Deliver by the postman that is given, from the outbox that is given or ours."""

    def by(postman, outbox=services.capabilities.outbox):
        return DeliverMail(outbox, Composer("Our Chat"), postman, services.database.transaction)

    return by


@pytest.fixture
def post(services, outbox):
    def write(to="ada@example.org", kind="reset_password", **facts):
        with services.database.transaction():
            return outbox.post(Letter(kind, to, "Ada", "en", {"link": LINK, **facts}))

    return write


def test_a_letter_arrives_once_and_its_row_goes(delivering, postman, outbox, post):
    letter_id = post()
    delivering(postman).deliver_due()
    delivering(postman).deliver_due()
    (sent,) = postman.sent

    assert (sent.id, sent.to) == (letter_id, "ada@example.org")
    assert LINK in sent.text
    assert list(outbox.waiting()) == []


def test_one_that_is_refused_for_now_does_not_hold_up_the_next(delivering, postman, outbox, post, clock):
    post()
    delivering(Postman(NotTaken("451 not now"))).deliver_due()
    post("eve@example.org")
    delivering(postman).deliver_due()
    assert [letter.to for letter in postman.sent] == ["eve@example.org"]

    clock.advance(PAUSES[0] * 1.25)
    delivering(postman).deliver_due()
    assert [letter.to for letter in postman.sent] == ["eve@example.org", "ada@example.org"]


def test_while_the_server_is_in_trouble_one_letter_finds_that_out(delivering, postman, outbox, post):
    for number in range(5):
        post(f"{number}@example.org")
    delivering(Postman(NotTaken("there was no connection", concerns_all=True))).deliver_due()
    assert [letter.attempts for letter in outbox.waiting()] == [1, 0, 0, 0, 0]

    delivering(postman).deliver_due()
    assert len(postman.sent) == 4


def test_one_that_is_refused_for_good_is_not_tried_again(delivering, postman, outbox, post, clock):
    post()
    delivering(Postman(NotTaken("550 unknown", is_final=True))).deliver_due()
    clock.advance(timedelta(days=3))
    delivering(postman).deliver_due()

    assert postman.sent == []
    (letter,) = outbox.waiting()
    assert (letter.last_answer, letter.attempts) == ("550 unknown", 1)


def test_a_server_that_is_away_for_two_days_is_given_up(delivering, outbox, post, clock):
    post()
    for _ in range(len(PAUSES) + 1):
        delivering(Postman(NotTaken("there was no connection"))).deliver_due()
        clock.advance(PAUSES[-1] * 1.25)

    (letter,) = outbox.waiting()
    assert letter.given_up_at is not None


def test_what_no_template_knows_is_given_up_at_once_and_the_next_letter_goes(delivering, postman, outbox, post):
    post(kind="birthday")
    post("eve@example.org")
    delivering(postman).deliver_due()

    assert [letter.to for letter in postman.sent] == ["eve@example.org"]
    (letter,) = outbox.waiting()
    assert "birthday" in letter.last_answer
    assert letter.given_up_at is not None


def test_what_another_key_has_sealed_is_given_up_at_once(services, delivering, postman, post, clock, chance):
    post()
    other = Outbox(services.database, clock, chance, Vault(bytes(32), chance))
    delivering(postman, other).deliver_due()

    assert postman.sent == []
    (letter,) = other.waiting()
    assert "CREDS_KEY" in letter.last_answer


def test_an_operator_who_has_mended_the_server_need_not_wait(services, delivering, postman, post):
    post()
    post("eve@example.org")
    delivering(Postman(NotTaken("550 unknown", is_final=True))).deliver_due()

    assert services.mail.retry.letters("unknown") == 0
    assert services.mail.retry.letters() == 2
    delivering(postman).deliver_due()
    assert len(postman.sent) == 2


def test_many_at_once_send_each_letter_once(services, delivering, post):
    for number in range(24):
        post(f"{number}@example.org")
    busy, everybody = Postman(), threading.Barrier(6)

    def deliver():
        everybody.wait(10)
        delivering(busy).deliver_due()

    crowd = [threading.Thread(target=deliver) for _ in range(6)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join(30)

    assert sorted(letter.to for letter in busy.sent) == sorted(f"{number}@example.org" for number in range(24))


def test_a_slow_one_keeps_no_other_waiting(delivering, post):
    class Slow(Postman):
        """Thinks about the first letter until somebody says so."""

        def __init__(self):
            super().__init__()
            self.may_go_on, self.thinks = threading.Event(), threading.Event()

        def send(self, letter, then):
            if letter.to == "slow@example.org":
                self.thinks.set()
                self.may_go_on.wait(10)
            super().send(letter, then)

    post("slow@example.org")
    slow = Slow()
    thread = threading.Thread(target=delivering(slow).deliver_due)
    thread.start()
    assert slow.thinks.wait(10)
    post("quick@example.org")
    delivering(slow).deliver_due()
    assert [letter.to for letter in slow.sent] == ["quick@example.org"]

    slow.may_go_on.set()
    thread.join(10)
    assert [letter.to for letter in slow.sent] == ["quick@example.org", "slow@example.org"]


def test_a_letter_whose_carrier_was_killed_goes_when_the_lease_is_over(
    services, delivering, postman, outbox, post, clock
):
    post()
    with services.database.transaction():
        outbox.take()
    delivering(postman).deliver_due()
    assert postman.sent == []

    clock.advance(LEASE)
    delivering(postman).deliver_due()
    assert len(postman.sent) == 1


def test_neither_address_nor_link_is_in_the_log(logged, delivering, postman, post):
    post()
    delivering(Postman(NotTaken("451 <ada@example.org> not now"))).deliver_due()
    post("eve@example.org")
    delivering(Postman(NotTaken("550 <eve@example.org> unknown", is_final=True))).deliver_due()
    post("bob@example.org")
    delivering(postman).deliver_due()
    lines = logged()

    assert [line["event"] for line in lines] == ["letter.postponed", "letter.given_up", "letter.sent"]
    assert [secret for secret in ("@example", "a-secret") if secret in str(lines)] == []
