"""Personal data of contacts is encrypted at rest and masked on the way out (K8, R181)."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shared.privacy import (
    BadEncryptionKeyError,
    Cipher,
    NoEncryptionKeyError,
    UndecryptableError,
    keys_in,
    mask_email,
    mask_name,
    mask_phone,
    new_key,
)

KEY, OTHER_KEY = new_key(), new_key()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_was_encrypted_decrypts_to_the_same_text(text: str) -> None:
    cipher = Cipher([KEY])
    assert cipher.decrypt(cipher.encrypt(text)) == text


def test_the_stored_form_shows_nothing_of_the_text_and_differs_each_time() -> None:
    cipher = Cipher([KEY])
    first, second = cipher.encrypt("13800138000"), cipher.encrypt("13800138000")
    assert first != second
    assert b"13800138000" not in first


def test_a_new_key_in_front_still_reads_what_the_old_one_wrote() -> None:
    token = Cipher([KEY]).encrypt("王经理")
    assert Cipher([OTHER_KEY, KEY]).decrypt(token) == "王经理"


def test_the_first_key_encrypts() -> None:
    token = Cipher([OTHER_KEY, KEY]).encrypt("王经理")
    assert Cipher([OTHER_KEY]).decrypt(token) == "王经理"


@pytest.mark.parametrize(
    "token", [b"", b"rubbish", Cipher([OTHER_KEY]).encrypt("x")], ids=["empty", "rubbish", "foreign"]
)
def test_what_no_key_can_read_is_an_error_with_a_name(token: bytes) -> None:
    with pytest.raises(UndecryptableError):
        Cipher([KEY]).decrypt(token)


@pytest.mark.parametrize("key", ["short", "é" * 44, "!" * 44])
def test_a_bad_key_is_refused_with_the_name_of_its_place(key: str) -> None:
    with pytest.raises(BadEncryptionKeyError, match="GENJIN_ENCRYPTION_KEYS"):
        Cipher([key])


def test_no_key_at_all_is_refused() -> None:
    with pytest.raises(NoEncryptionKeyError, match="GENJIN_ENCRYPTION_KEYS"):
        Cipher([])


def test_a_data_directory_gets_a_key_for_its_owner_only_and_keeps_it(tmp_path: Path) -> None:
    token = keys_in(tmp_path).encrypt("王经理")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
    assert keys_in(tmp_path).decrypt(token) == "王经理"
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_a_key_half_written_before_a_crash_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "keys.new").write_text("half")
    assert keys_in(tmp_path).encrypt("x")


def test_an_empty_key_file_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "keys").touch()
    with pytest.raises(NoEncryptionKeyError, match="keys"):
        keys_in(tmp_path)


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王经理", "*经理"),
        ("欧阳总经理", "*总经理"),
        ("李总", "*总"),
        ("张女士", "*女士"),
        ("王小明", "*明"),
        ("李雷", "*雷"),
        ("王", "*"),
        ("John Smith", "*"),
        ("", "*"),
        ("  王经理 ", "*经理"),
    ],
)
def test_a_name_is_masked_down_to_its_title(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_phone_and_e_mail_show_only_that_they_exist() -> None:
    assert mask_phone("13800138000") == "电话:*"
    assert mask_email("wang@example.com") == "邮箱:*"
    assert mask_phone(None) is None
    assert mask_email("") is None
