"""Addresses as neighbourhoods: what one subscriber can change at will counts as one."""

import pytest

from identity_service.foundation.networks import is_loopback, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("2001:db8:1:2::/64", "2001:db8:1:2::/64"),
        ("", ""),
        ("unknown", ""),
        ("192.0.2.0/24", ""),
        ("66f1c0ffee0ddba11ad00001", ""),
        ("12345678", ""),
    ],
)
def test_an_address_has_one_network(address, network):
    assert network_of(address) == network
    assert network_of(network) == network


@pytest.mark.parametrize(
    ("address", "is_it"),
    [
        *[(one, True) for one in ("127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1", "::1", "::1/64", "::/64", "::2")],
        *[(one, False) for one in ("192.0.2.7", "::ffff:192.0.2.7", "0:0:0:1::1", "2001:db8::/64", "")],
    ],
)
def test_this_machine_is_known(address, is_it):
    assert is_loopback(address) is is_it
