"""The kinds of failure, their words in two languages, and their slug.

One class per reason. Its docstring is the English message, `zh` the Chinese one; both are templates over
the facts, which are keyword arguments of the constructor and attributes of the error:

    class UnknownPersonError(NotFoundError):
        \"\"\"No person is named {name!r}.\"\"\"

        slug = "unknown-person"
        zh = "没有名为“{name}”的人员。"
        name: str

    raise UnknownPersonError(name="李雷")

The kind, one of the classes below, decides the exit status, the HTTP status and whether to try again.
"""

import errno
import os
from string import Formatter
from typing import ClassVar, Literal, Protocol, runtime_checkable

Locale = Literal["zh", "en"]


def _fact_names(template: str) -> set[str]:
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in Formatter().parse(template) if name}


@runtime_checkable
class Worded(Protocol):
    """A fact that has words of its own in both languages."""

    def message(self, locale: Locale) -> str:
        """Say it in the language asked for."""


class SystemCause:
    """Why the operating system refused: the words for an `errno`."""

    def __init__(self, number: int | None) -> None:
        self._number = number or 0

    def message(self, locale: Locale) -> str:
        """Say it in the language asked for."""
        if locale == "en":
            return os.strerror(self._number)
        return _CAUSES_ZH.get(self._number, f"系统错误 {self._number}")


_CAUSES_ZH = {
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许此操作",
    errno.EROFS: "文件系统是只读的",
    errno.ENOSPC: "磁盘空间不足",
    errno.EDQUOT: "超出磁盘配额",
    errno.ENOENT: "文件或目录不存在",
    errno.EISDIR: "它是一个目录",
    errno.ENOTDIR: "路径中有一部分不是目录",
    errno.ENAMETOOLONG: "名称过长",
    errno.EIO: "读写出错",
    errno.EMFILE: "打开的文件过多",
    errno.EADDRNOTAVAIL: "地址不可用",
}


class GenjinError(Exception):
    """The work could not be done."""

    slug: ClassVar[str] = "error"
    """The stable `code` of problem documents; it outlives the name of the class."""
    zh: ClassVar[str] = "操作未能完成。"
    exit_status: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    members: ClassVar[tuple[str, ...]] = ()
    """The facts that a problem document has as members of their own, for programs."""

    def __init_subclass__(cls) -> None:
        """Refuse a class that would fail for want of words at the moment it is raised."""
        super().__init_subclass__()
        missing = [name for name in ("__doc__", "slug", "zh") if not vars(cls).get(name)]
        if missing:
            reason = f"{cls.__name__} says nothing of its own in {', '.join(missing)}"
            raise TypeError(reason)
        if _fact_names(cls.template("zh")) - _fact_names(cls.template("en")):
            reason = f"{cls.__name__}: the Chinese message names facts that the English one does not"
            raise TypeError(reason)

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        self.__dict__.update(facts)
        super().__init__(self.message("en"))

    @classmethod
    def template(cls, locale: Locale) -> str:
        """Return the message before the facts are filled in: in English, the docstring's first paragraph."""
        if locale == "zh":
            return cls.zh
        return " ".join((cls.__doc__ or cls.slug).split("\n\n")[0].split())

    def message(self, locale: Locale) -> str:
        """Say what is wrong, in the language asked for; a KeyError names a fact that was not given."""
        return self.template(locale).format(
            **{name: _said(fact, locale) for name, fact in self.facts.items()}
        )


def _said(fact: object, locale: Locale) -> object:
    return fact.message(locale) if isinstance(fact, Worded) else fact


class RefusedError(GenjinError):
    """The request was refused."""

    slug = "refused"
    zh = "请求被拒绝。"
    http_status = 422


class NotAllowedError(RefusedError):
    """This is not allowed."""

    slug = "not-allowed"
    zh = "不允许此操作。"
    http_status = 403


class AwaitedError(RefusedError):
    """The request names something that is not known here, or not yet.

    What it names may be on its way: the same work may succeed a moment later.
    """

    slug = "awaited"
    zh = "请求所指的内容在此处不存在，或尚未到达。"


class ConflictError(RefusedError):
    """The request does not go with what is there."""

    slug = "conflict"
    zh = "请求与现有数据冲突。"
    http_status = 409


class NotFoundError(GenjinError):
    """There is no such record."""

    slug = "not-found"
    zh = "没有这条记录。"
    http_status = 404


class SettingError(GenjinError):
    """A setting is missing or wrong."""

    slug = "bad-setting"
    zh = "配置缺失或有误。"
    exit_status = 2


class UnreachableError(GenjinError):
    """A service is not reachable."""

    slug = "unreachable"
    zh = "无法连接服务。"
    exit_status = 3
    http_status = 503


class TransientError(GenjinError):
    """This did not work now but may work later."""

    slug = "try-again"
    zh = "暂时无法完成,请稍后重试。"
    exit_status = 3
    http_status = 503
