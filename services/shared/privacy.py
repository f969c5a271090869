"""Personal data of contacts: stored encrypted, shown masked (K8, R181).

There is a list of keys: the first encrypts, all decrypt. To change keys, put a new one in front and drop the
old one when everything was written again.
"""

from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from services.shared.errors import GenjinError, SettingError
from services.shared.private_files import write_privately

KEY_FILE = "keys"

# What a contact is called by when the name itself must not be shown: 王经理 → *经理.
_TITLES = (
    *("副总经理", "总经理", "董事长", "销售代表", "负责人", "经理", "主任", "总监", "主管", "工程师"),
    *("老师", "教授", "院长", "校长", "处长", "科长", "部长", "局长", "店长", "厂长", "会计", "秘书"),
    *("先生", "女士", "小姐", "总", "工"),
)


class BadEncryptionKeyError(SettingError):
    """An encryption key in {place} is not 32 bytes in URL-safe base64; `genjin keys create` makes one."""

    slug = "bad-encryption-key"
    zh = "{place} 中的加密密钥不是 URL 安全 base64 编码的 32 字节;可用 genjin keys create 生成。"
    place: str


class NoEncryptionKeyError(SettingError):
    """There is no encryption key in {place}; `genjin keys create` makes one."""

    slug = "no-encryption-key"
    zh = "{place} 中没有加密密钥;可用 genjin keys create 生成。"
    place: str


class UndecryptableError(GenjinError):
    """Stored personal data cannot be decrypted with any of the keys in use."""

    slug = "undecryptable"
    zh = "已存储的个人信息无法用现有密钥解密。"


class Cipher:
    """Encrypts and decrypts personal text; the same text encrypts differently each time."""

    def __init__(self, keys: Sequence[str], *, place: str = "GENJIN_ENCRYPTION_KEYS") -> None:
        """Take the keys, newest first; a SettingError names the `place` they came from."""
        if not keys:
            raise NoEncryptionKeyError(place=place)
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except (ValueError, TypeError):
            raise BadEncryptionKeyError(place=place) from None

    def encrypt(self, text: str) -> bytes:
        """Encrypt text with the first key."""
        return self._fernet.encrypt(text.encode())

    def decrypt(self, token: bytes) -> str:
        """Return the text that was encrypted with any of the keys; else UndecryptableError."""
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken:
            raise UndecryptableError from None


def new_key() -> str:
    """Return a fresh random key."""
    return Fernet.generate_key().decode()


def keys_in(data_dir: Path) -> Cipher:
    """Return the cipher of a data directory, whose key file is made when it is missing, for its owner only.

    Its lines are keys, newest first.
    """
    path = data_dir / KEY_FILE
    if not path.exists():
        write_privately(path, new_key() + "\n")
    return Cipher(path.read_text(encoding="utf-8").split(), place=str(path))


def mask_name(name: str) -> str:
    """Show only a person's title, 王经理 → *经理; without one, the end of a Chinese name, 王小明 → *明."""
    name = name.strip()
    for title in _TITLES:
        if name.endswith(title) and name != title:
            return f"*{title}"
    is_chinese = len(name) > 1 and all("\u4e00" <= character <= "\u9fff" for character in name)
    return f"*{name[-1]}" if is_chinese else "*"


def mask_phone(phone: str | None) -> str | None:
    """Show that there is a phone number, and nothing of it."""
    return "电话:*" if phone else None


def mask_email(email: str | None) -> str | None:
    """Show that there is an e-mail address, and nothing of it."""
    return "邮箱:*" if email else None
