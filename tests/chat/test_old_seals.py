"""Secrets that the chat application has sealed: opened with its key, in each of its three ways."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR
from cryptography.hazmat.primitives.padding import PKCS7

from identity_service.chat.old_seals import opened

KEY, IV, SECRET = bytes(range(32)), bytes(range(16)), "JBSWY3DPEHPK3PXP"
BARE = SECRET.encode()


def sealed(mode, text=BARE):
    if isinstance(mode, CBC):
        filling = PKCS7(128).padder()
        text = filling.update(text) + filling.finalize()
    sealing = Cipher(AES256(KEY), mode).encryptor()
    return f"{IV.hex()}:{(sealing.update(text) + sealing.finalize()).hex()}"


@pytest.mark.parametrize("kept", [f"v3:{sealed(CTR(IV))}", sealed(CBC(IV)), SECRET], ids=["CTR", "CBC", "bare"])
def test_each_seal_that_there_was_opens(kept):
    assert opened(kept, KEY) == SECRET


@pytest.mark.parametrize("kept", [f"v3:{sealed(CTR(IV))}", sealed(CBC(IV))], ids=["CTR", "CBC"])
@pytest.mark.parametrize("key", [bytes(32), None], ids=["another key", "no key"])
def test_without_the_right_key_nothing_is_believed(kept, key):
    assert opened(kept, key) is None


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "v3:",
        "v3:00:00",
        "zz:zz",
        f"v3:{sealed(CTR(IV), b'a password')}",
        f"{IV.hex()}:00",
        f"{IV.hex()}:{'00' * 16}",
    ],
)
def test_what_is_no_sealed_secret_is_none(kept):
    assert opened(kept, KEY) is None
