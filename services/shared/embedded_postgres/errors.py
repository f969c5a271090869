"""What can go wrong with the embedded database, one class per reason."""

from services.shared.errors import RefusedError


class DatabaseNotStartedError(RefusedError):
    """The embedded database at {home} did not start: {reason} (its log is {log})."""

    slug = "database-not-started"
    zh = "内置数据库 {home} 未能启动:{reason}(日志见 {log})。"


class DatabaseMissingError(RefusedError):
    """{record} says that the embedded database is at {home}, but it is not there."""

    slug = "database-missing"
    zh = "{record} 记载内置数据库位于 {home},但那里没有。"


class DatabaseInUseError(RefusedError):
    """The embedded database at {home} is in use by another data directory."""

    slug = "database-in-use"
    zh = "内置数据库 {home} 正被另一个数据目录使用。"


class NoPlaceForDatabaseError(RefusedError):
    """The embedded database cannot be kept at {path}: {reason}."""

    slug = "no-place-for-database"
    zh = "无法在 {path} 存放内置数据库:{reason}。"


class NoServerAccountError(RefusedError):
    """PostgreSQL refuses to run as root, and programs cannot be run as {account} here: {reason}."""

    slug = "no-server-account"
    zh = "PostgreSQL 拒绝以 root 身份运行,而此处无法以 {account} 身份运行程序:{reason}。"
