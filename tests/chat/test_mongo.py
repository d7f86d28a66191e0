"""The chat application's database: what we write there, what we leave alone, and what goes with a person."""

from dataclasses import replace
from datetime import timedelta

import pytest
from bson import ObjectId

from identity_service.chat import documents
from identity_service.chat.bridge import Conflict
from identity_service.chat.mongo import MongoChat
from identity_service.chat.provider_ids import Known
from identity_service.foundation.errors import ChatUnavailable, Misconfigured
from tests.chat.people import ADA, ADAS_ID, GRACE, NOW, document
from tests.servers.process import free_port

LATER = NOW + timedelta(hours=1)
BELONGINGS = list(documents.belongings())
PROVIDERS = ("googleId", "facebookId", "openidId", "samlId", "ldapId", "githubId", "discordId", "appleId")


def test_somebody_new_is_a_document_with_our_id_and_without_what_they_do_not_have(store, chat):
    chat.mirror(ADA)

    assert list(store.users.find()) == [
        {
            "_id": ADAS_ID,
            "email": "ada@example.org",
            "emailVerified": True,
            "name": "Ada Lovelace",
            "username": "ada",
            "provider": "local",
            "role": "ADMIN",
            "plugins": [],
            "twoFactorEnabled": False,
            "termsAccepted": False,
            "termsAcceptedAt": None,
            "personalization": {"memories": True},
            "createdAt": NOW,
            "updatedAt": NOW,
            "__v": 0,
        }
    ]


def test_writing_again_changes_nothing(store, chat):
    chat.mirror(ADA)
    first = list(store.users.find())
    chat.mirror(ADA)
    assert chat.mirror_all([ADA]) == []

    assert list(store.users.find()) == first


def test_what_is_the_chat_applications_is_left_alone(store, chat):
    store.users.insert_one(document())
    chat.mirror(ADA)

    found = store.users.find_one()
    ours = {"name": ADA.name, "emailVerified": True, "role": "ADMIN", "updatedAt": NOW}
    assert found == {**{k: v for k, v in document().items() if k != "expiresAt"}, **ours}


def test_a_document_that_changed_later_over_there_does_not_grow_younger(store, chat):
    store.users.insert_one(document(updatedAt=LATER))
    chat.mirror(ADA)

    assert store.users.find_one()["updatedAt"] == LATER


def test_a_person_who_is_here_does_not_expire_over_there(store, chat):
    store.users.insert_one(document())
    chat.mirror(replace(ADA, email_verified=False))

    assert "expiresAt" not in store.users.find_one()


def test_an_old_hash_goes_when_the_password_is_another_one(store, chat):
    store.users.insert_one(document())
    chat.mirror(ADA)
    assert "password" in store.users.find_one()
    chat.mirror(ADA, forgets_password=True)

    assert "password" not in store.users.find_one()


def test_the_picture_is_the_providers_until_the_person_chooses_one(store, chat):
    chat.mirror(replace(ADA, avatar="https://pictures.example/1"))
    assert store.users.find_one()["avatar"] == "https://pictures.example/1"
    store.users.update_one({}, {"$set": {"avatar": "/images/ada.png?manual=true"}})
    chat.mirror(replace(ADA, avatar="https://pictures.example/2"))

    assert store.users.find_one()["avatar"] == "/images/ada.png?manual=true"


def test_a_providers_id_stands_under_its_name(store, chat):
    chat.mirror(replace(ADA, provider="google", provider_ids={"googleId": "1234"}))

    assert {name: value for name, value in store.users.find_one().items() if name in PROVIDERS} == {"googleId": "1234"}


ENDED = [
    (Known("google", "https://accounts.google.com", "42"), {"googleId": "42"}),
    (Known("okta", "https://i", "42"), {"openidId": "42", "openidIssuer": "https://i"}),
    (Known("okta", "https://i/", "42"), {"openidId": "42", "openidIssuer": "https://i"}),
    (Known("okta", "https://i", "42"), {"openidId": "42", "openidIssuer": "https://i/"}),
    (Known("openid", "https://i", "42"), {"openidId": "42"}),
]


@pytest.mark.parametrize(
    ("known", "ids"), ENDED, ids=[f"{known.issuer} {' '.join(ids.values())}" for known, ids in ENDED]
)
def test_a_connection_that_has_ended_takes_its_own_id_away_and_nothing_else(store, chat, known, ids):
    store.users.insert_many([document(**ids, samlId="42"), document(**ids, _id=ObjectId(GRACE.id), email="g@x.org")])
    for _ in range(2):
        chat.untie(ADA.id, [known])

    assert store.users.find_one({"_id": ADAS_ID}) == document(samlId="42")
    assert store.users.find_one({"_id": ObjectId(GRACE.id)}).items() >= ids.items()


@pytest.mark.parametrize(
    "ids", [{"googleId": "43"}, {"githubId": "42"}, {"openidId": "42", "openidIssuer": "https://another"}], ids=str
)
def test_an_id_that_was_never_tied_here_stays_when_a_connection_ends(store, chat, ids):
    store.users.insert_one(document(**ids))
    chat.untie(ADA.id, [known for known, _ in ENDED])

    assert store.users.find_one() == document(**ids)


def test_ids_at_providers_are_read_as_they_stand(store, chat):
    ids = {"googleId": "42", "openidId": "43", "openidIssuer": "https://i"}
    store.users.insert_many([document(**ids, samlId="44", githubId=45), document(_id=ObjectId(GRACE.id), email="g@x")])

    assert chat.ids_at_providers([ADA.id, GRACE.id, "f" * 24]) == {ADA.id: ids, GRACE.id: {}}


def test_an_address_that_another_document_has_is_a_conflict_and_no_fault_of_the_database(store, chat):
    store.users.create_index([("email", 1), ("tenantId", 1)], unique=True)
    store.users.insert_one(document(_id=ObjectId()))

    with pytest.raises(Conflict):
        chat.mirror(ADA)
    assert chat.mirror_all([ADA, GRACE]) == [ADA.id]
    assert [str(found["_id"]) for found in store.users.find({"email": GRACE.email})] == [GRACE.id]


@pytest.mark.parametrize(("collection", "field"), BELONGINGS, ids=[" ".join(one) for one in BELONGINGS])
def test_what_belongs_to_a_person_is_named_by_this_field_as_id_or_as_text(store, chat, collection, field):
    store[collection].insert_many([{field: ADAS_ID}, {field: ADA.id}, {field: GRACE.id}, {field: ObjectId(GRACE.id)}])

    assert chat.belongings(ADA.id) == {collection: 2}
    assert chat.erase(ADA.id, erases_transactions=False) == {collection: 2}
    assert store[collection].count_documents({}) == 2
    assert chat.erase(ADA.id, erases_transactions=False) == {}


def test_the_account_goes_with_its_memberships_bans_and_the_keys_to_its_things(store, chat):
    store.users.insert_many([document(idOnTheSource="ada@source"), document(_id=ObjectId(GRACE.id), email="g@x.org")])
    agent = store.agents.insert_one({"author": ADAS_ID}).inserted_id
    store.aclentries.insert_many([{"principalId": ADAS_ID}, {"resourceId": agent, "principalId": GRACE.id}])
    store.groups.insert_one({"memberIds": [ADA.id, "ada@source", GRACE.id]})
    hers = [f"BANS:{ADA.id}", f"logins:{ADA.id}", f"ban_cache:user:{ADA.id}"]
    store.logs.insert_many([{"key": key} for key in (*hers, f"BANS:{GRACE.id}")])
    went = chat.erase(ADA.id, erases_transactions=False)

    assert went == {"groups": 1, "users": 1, "aclentries": 2, "agents": 1, "logs": 3}
    assert store.groups.find_one()["memberIds"] == [GRACE.id]
    assert [found["key"] for found in store.logs.find()] == [f"BANS:{GRACE.id}"]
    assert [str(found["_id"]) for found in store.users.find()] == [GRACE.id]


@pytest.mark.parametrize(("collection", "field"), documents.SHARED_THINGS.items())
def test_nobody_is_let_in_any_more_to_a_thing_that_has_gone(store, chat, collection, field):
    things = store[collection].insert_many([{field: ADAS_ID}, {field: GRACE.id}]).inserted_ids
    store.aclentries.insert_many([{"resourceId": thing, "principalType": "public"} for thing in things])

    assert chat.erase(ADA.id, erases_transactions=False) == {"aclentries": 1, collection: 1}
    assert [found["resourceId"] for found in store.aclentries.find()] == things[1:]


@pytest.mark.parametrize(("erases", "left"), [(True, 0), (False, 1)])
def test_payments_go_only_on_request(store, chat, erases, left):
    store.transactions.insert_one({"user": ADAS_ID})
    chat.erase(ADA.id, erases_transactions=erases)

    assert store.transactions.count_documents({}) == left


def test_people_are_walked_through_in_the_order_of_their_ids(store, chat):
    assert chat.mirror_all([GRACE, ADA]) == []

    assert list(chat.ids()) == [ADA.id, GRACE.id]


def test_a_database_that_is_not_there_is_said_to_be_unavailable():
    away = MongoChat(f"mongodb://127.0.0.1:{free_port()}/LibreChat?serverSelectionTimeoutMS=100")

    with pytest.raises(ChatUnavailable):
        away.mirror(ADA)
    with pytest.raises(ChatUnavailable):
        list(away.ids())
    away.close()


def test_an_address_that_cannot_be_read_is_a_wrong_setting_and_its_password_is_not_repeated():
    wrong = MongoChat("mongodb://ada:a secret@127.0.0.1/?nonsense")

    with pytest.raises(Misconfigured) as refused:
        wrong.mirror(ADA)
    assert "secret" not in str(refused.value)
