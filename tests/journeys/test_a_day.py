"""A person's whole day: sign up, sign in, be verified, refresh, sign out."""

from http import HTTPStatus

from werkzeug.test import Client

from identity_service.wiring import Services

PASSWORD = "a long phrase that is mine"
FORM = {"name": "Ada Lovelace", "email": "Ada@Example.org", "password": PASSWORD, "confirm_password": PASSWORD}


def test_sign_up_sign_in_verify_refresh_sign_out(browser: Client, services: Services) -> None:
    client, secret = services.administer.create_client("the chat back end")
    back_end = {"auth": (client.client_id, secret)}

    assert browser.post("/api/auth/register", json=FORM).status_code == HTTPStatus.OK
    first = browser.post("/api/auth/login", json={"email": "ada@example.org", "password": PASSWORD})
    assert first.status_code == HTTPStatus.OK

    told = browser.post("/v1/verify", json={"token": first.json["token"]}, **back_end).json
    assert (told["active"], told["email"], told["role"]) == (True, "Ada@Example.org", "ADMIN")

    second = browser.post("/api/auth/refresh")
    assert second.json["token"] != first.json["token"]
    bearer = {"Authorization": f"Bearer {second.json['token']}"}
    assert browser.get("/api/user", headers=bearer).json["email"] == "Ada@Example.org"

    assert browser.post("/api/auth/logout").json == {"message": "Logout successful"}
    assert browser.post("/v1/verify", json={"token": second.json["token"]}, **back_end).json == {"active": False}
    assert browser.get("/api/user", headers=bearer).status_code == HTTPStatus.UNAUTHORIZED
