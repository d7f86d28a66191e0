"""The language of letters, chosen by whoever gets them."""

import pytest

from identity_service.foundation.errors import InvalidInput, SignInRequired
from tests.fakes.people import VISITOR


@pytest.fixture
def choose(services):
    """Ada's flow."""
    return services.recovery.choose_language


def test_it_is_remembered_until_the_browser_shall_say_it_again(services, ada, choose, active):
    assert choose.of(active) == ""
    for language in ("fr", ""):
        choose.to(language, active, VISITOR)
        assert choose.of(active) == language

    entries = services.capabilities.trail.about(ada.id)
    chosen = [entry.event for entry in entries if entry.event.name == "account.language_chosen"]
    assert [(event.actor, event.outcome, event.detail) for event in chosen] == [
        (ada.id, "done", {"language": "fr"}),
        (ada.id, "done", {"language": ""}),
    ]


def test_a_language_without_letters_is_refused_and_those_with_letters_are_named(choose, active, told, ada):
    with pytest.raises(InvalidInput) as refused:
        choose.to("tlh", active, VISITOR)

    assert refused.value.message == "language: Must be one of de, en, es, fr"
    assert "account.language_chosen done" not in told(ada.id)


def test_an_account_that_is_going_chooses_nothing(services, ada, choose, active, told):
    with services.database.transaction():
        services.capabilities.users.begin_closing(ada.id)
    with pytest.raises(SignInRequired):
        choose.to("fr", active, VISITOR)

    assert choose.of(active) == ""
    assert "account.language_chosen done" not in told(ada.id)
    assert services.capabilities.languages.of("0" * 24) == ""
