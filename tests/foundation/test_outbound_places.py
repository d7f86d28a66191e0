"""Places in the network: only what is plainly public is public."""

from ipaddress import ip_address

import pytest

from identity_service.foundation.outbound_places import is_public, look_up


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "93.184.215.14", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"]
)
def test_the_open_network_is_public(text):
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0.0.0.0", "nowhere"),  # noqa: S104 - nobody listens here
        ("0.1.2.3", "this network"),
        ("10.0.0.1", "private"),
        ("100.64.0.1", "behind a carrier's NAT"),
        ("100.100.100.200", "a cloud's metadata"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "a cloud's own"),
        ("169.254.169.254", "a cloud's metadata"),
        ("172.16.0.1", "private"),
        ("192.0.0.9", "protocol assignments"),
        ("192.0.2.1", "documentation"),
        ("192.88.99.1", "6to4 relays"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "benchmarks"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.250", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "nowhere"),
        ("::1", "loopback"),
        ("::7f00:1", "IPv4 inside"),
        ("::ffff:127.0.0.1", "mapped loopback"),
        ("::ffff:8.8.8.8", "mapped"),
        ("64:ff9b::7f00:1", "NAT64 to loopback"),
        ("64:ff9b::808:808", "NAT64"),
        ("64:ff9b:1::1", "NAT64 inside"),
        ("100::1", "discarded"),
        ("2001::1", "Teredo"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::", "6to4 to loopback"),
        ("3fff::1", "documentation"),
        ("fc00::1", "unique local"),
        ("fd00:ec2::254", "a cloud's metadata"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local with its link"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
    ],
)
def test_everything_else_is_not(text, why):
    assert not is_public(ip_address(text)), why


def test_the_system_gives_every_address_of_a_name_and_reads_odd_spellings():
    assert set(look_up("localhost")) <= {"127.0.0.1", "::1"}
    assert look_up("0x7f.1") == ["127.0.0.1"]
