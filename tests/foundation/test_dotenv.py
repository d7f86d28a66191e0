"""A first `.env`: fresh, private, and never on top of another."""

import os
import resource
import stat
import threading

import pytest

from identity_service.foundation.dotenv import write_fresh
from identity_service.foundation.errors import Misconfigured
from identity_service.foundation.settings import load
from tests.fakes.chance import SeededChance
from tests.house.tree import ROOT

EXAMPLE = ROOT / ".env.example"
SECRETS = ("JWT_SECRET", "JWT_REFRESH_SECRET", "CREDS_KEY", "CREDS_IV")


@pytest.fixture
def target(tmp_path):
    return tmp_path / ".env"


def test_the_written_file_is_one_that_the_service_starts_with(target, chance):
    write_fresh(EXAMPLE, target, chance.token_bytes)
    settings = load({}, target.parent)
    assert len(settings.secrets.creds_key.get_secret_value()) == 32
    assert len(settings.secrets.creds_iv.get_secret_value()) == 16
    assert len(bytes.fromhex(settings.secrets.jwt.get_secret_value())) == 32


def test_the_sample_itself_is_not_enough_to_start(tmp_path):
    (tmp_path / ".env").write_text(EXAMPLE.read_text())
    with pytest.raises(Misconfigured) as refusal:
        load({}, tmp_path)
    assert [problem.split()[0] for problem in refusal.value.problems] == [
        "JWT_SECRET",
        "JWT_REFRESH_SECRET",
        "CREDS_KEY",
    ]


def test_only_the_owner_may_read_it_whatever_the_umask(target, chance):
    before = os.umask(0)
    try:
        write_fresh(EXAMPLE, target, chance.token_bytes)
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_file_that_exists_is_left_as_it_is(target, chance):
    target.write_text("JWT_SECRET=mine\n")
    with pytest.raises(FileExistsError):
        write_fresh(EXAMPLE, target, chance.token_bytes)
    assert target.read_text() == "JWT_SECRET=mine\n"


def test_a_link_is_not_followed(target, chance):
    elsewhere = target.with_name("elsewhere")
    target.symlink_to(elsewhere)
    with pytest.raises(FileExistsError):
        write_fresh(EXAMPLE, target, chance.token_bytes)
    assert not elsewhere.exists()


def test_of_many_that_write_at_once_exactly_one_does(target):
    together, done = threading.Barrier(8), []

    def write(number):
        together.wait()
        try:
            write_fresh(EXAMPLE, target, SeededChance(str(number)).token_bytes)
        except FileExistsError:
            return
        done.append(number)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(done) == 1


def test_every_secret_is_fresh_and_nothing_else_changes(target, chance):
    write_fresh(EXAMPLE, target, chance.token_bytes)
    before, after = EXAMPLE.read_text().splitlines(), target.read_text().splitlines()
    changed = dict(new.split("=") for old, new in zip(before, after, strict=True) if old != new)
    assert tuple(changed) == SECRETS
    assert len(set(changed.values())) == 4


def test_two_files_share_no_secret(tmp_path, chance):
    for name in ("one", "two"):
        write_fresh(EXAMPLE, tmp_path / name, chance.token_bytes)
    lines = [
        {line for line in (tmp_path / name).read_text().splitlines() if line.startswith(SECRETS)}
        for name in ("one", "two")
    ]
    assert lines[0].isdisjoint(lines[1])


@pytest.mark.parametrize("sample", ["JWT_SECRET=\n", "JWT_SECRET=x\nJWT_REFRESH_SECRET=\nCREDS_KEY=\nCREDS_IV=\n"])
def test_a_sample_without_a_blank_line_for_each_secret_is_refused_before_anything_is_written(sample, target, chance):
    example = target.with_name("sample")
    example.write_text(sample)
    with pytest.raises(Misconfigured, match="exactly one blank line"):
        write_fresh(example, target, chance.token_bytes)
    assert not target.exists()


def test_a_sample_that_is_no_text_is_refused_before_anything_is_written(target, chance):
    example = target.with_name("sample")
    example.write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="UTF-8"):
        write_fresh(example, target, chance.token_bytes)
    assert not target.exists()


def test_a_disk_that_is_full_leaves_no_half_file(target, chance):
    # The system then refuses the write as it would on a full disk, with another number.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(OSError, match="too large"):
            write_fresh(EXAMPLE, target, chance.token_bytes)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not target.exists()
