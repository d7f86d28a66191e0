"""Applications: a file of them, and a door at which they register themselves."""

import pytest

TOKEN = "9b1d2e3f4a5c6b7d8e9f0a1b2c3d4e5f60718293a4b5c6d7"


def test_nothing_is_open_by_default(build):
    clients = build().clients

    assert (clients.file, clients.dynamic_registration, clients.initial_access_token) == (None, False, None)


def test_the_file_is_found_beside_the_settings(build, problems, tmp_path):
    (tmp_path / "clients.toml").write_text("")

    assert build(CLIENTS_FILE="clients.toml").clients.file == tmp_path / "clients.toml"
    assert problems(CLIENTS_FILE="gone.toml") == ["CLIENTS_FILE must name an existing file."]


def test_whoever_opens_the_door_needs_a_token_for_it(build, problems):
    assert build(DYNAMIC_REGISTRATION="true", DYNAMIC_REGISTRATION_TOKEN=TOKEN).clients.initial_access_token == TOKEN
    (problem,) = problems(DYNAMIC_REGISTRATION="true")
    assert problem.startswith("DYNAMIC_REGISTRATION_TOKEN is required when DYNAMIC_REGISTRATION is true")


@pytest.mark.parametrize("token", ["short", TOKEN[:31], "ab" * 20])
def test_a_token_that_can_be_guessed_is_refused(problems, token):
    (problem,) = problems(DYNAMIC_REGISTRATION="true", DYNAMIC_REGISTRATION_TOKEN=token)

    assert problem.startswith("DYNAMIC_REGISTRATION_TOKEN ")
    assert token not in problem


def test_a_token_alone_opens_nothing_and_is_not_printed(build):
    clients = build(DYNAMIC_REGISTRATION_TOKEN=TOKEN).clients

    assert clients.initial_access_token is None
    assert TOKEN not in repr(clients)
