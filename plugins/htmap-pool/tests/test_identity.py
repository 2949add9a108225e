from __future__ import annotations

import os
import pwd
import shutil

import pytest
from htmap_pool.errors import CannotStart
from htmap_pool.running import identity

from tests.golden_files import Golden

only_root = pytest.mark.skipif(os.getuid() != 0, reason="not root")


@pytest.mark.skipif(os.getuid() == 0, reason="root is a case of its own")
def test_an_ordinary_user_is_themselves() -> None:
    assert identity.current() == identity.Identity(pwd.getpwuid(os.getuid()).pw_name, os.getuid(), os.getgid())
    assert identity.current().command() == []


@only_root
def test_root_wears_the_mask_of_another_user() -> None:
    mask = identity.current()
    assert mask.in_namespace
    assert pwd.getpwuid(mask.uid).pw_name == mask.name
    assert mask.command()[0] == "unshare"


@only_root
def test_the_mask_is_not_the_user_that_strangers_look_like() -> None:
    assert identity.current().uid not in (0, 65534)


@only_root
def test_root_without_unshare_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, golden: Golden) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(CannotStart) as caught:
        identity.current()
    golden("pool/root-without-unshare-is-told-what-to-do", caught.value)


def test_a_user_without_a_name_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, golden: Golden) -> None:
    unused = next(uid for uid in range(3_000_000, 4_000_000) if uid not in {entry.pw_uid for entry in pwd.getpwall()})
    monkeypatch.setattr(os, "getuid", lambda: unused)
    with pytest.raises(CannotStart) as caught:
        identity.current()
    golden("pool/a-user-without-a-name-is-told-what-to-do", caught.value)
