"""The settings of the product: environment variables that start with GENJIN_."""

import json
import re
from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from typing_extensions import override

from services.shared import places
from services.shared.errors import Locale, SettingError

PREFIX = "GENJIN_"
SERVICES = ("customers", "followups", "opportunities", "rules")


class WrongSettingError(SettingError):
    """The setting {variable} is wrong: {problem}."""

    slug = "wrong-setting"
    zh = "配置项 {variable} 有误:{problem}。"
    variable: str
    problem: Mapping[Locale, str]

    @override
    def message(self, locale: Locale) -> str:
        """Say it with the problem in the same language."""
        return self.template(locale).format(variable=self.variable, problem=self.problem[locale])


class MissingSettingError(SettingError):
    """The setting {variable} is missing: {purpose}."""

    slug = "missing-setting"
    zh = "缺少配置项 {variable}:{purpose}。"
    variable: str
    purpose: str


class _WrongValue(ValueError):  # noqa: N818 -- pydantic takes it as a reason, nobody catches it
    """What is wrong with a value, in both languages."""

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _WrongValue(zh=f"没有时区“{name}”", en=f"there is no time zone {name!r}") from None
    return name


def _scheme(*schemes: str) -> AfterValidator:
    def check(url: str) -> str:
        if not url.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            starts = [f"{scheme}://" for scheme in schemes]
            raise _WrongValue(
                zh=f"必须以 {' 或 '.join(starts)} 开头", en=f"it must start with {' or '.join(starts)}"
            )
        try:
            _ = urlsplit(url).port
        except ValueError:
            raise _WrongValue(
                zh="端口必须是数字;密码中的特殊字符要写成 %XX",
                en="its port must be a number; special characters in a password are written as %XX",
            ) from None
        return url

    return AfterValidator(check)


def _list(value: object) -> object:
    """Take a JSON list or words separated by commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [word.strip() for word in value.split(",") if word.strip()]


_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def _host_names(names: tuple[str, ...]) -> tuple[str, ...]:
    lower = tuple(name.lower() for name in names)
    for name in lower:
        if not _HOST_NAME.fullmatch(name):
            raise _WrongValue(
                zh="请写成以逗号分隔的主机名，不带协议和端口，如 genjin.example.com,crm",
                en="write names separated by commas, without scheme and port, like genjin.example.com,crm",
            )
    return lower


def _pairs(value: object) -> object:
    """Take `name=value` pairs separated by commas."""
    if not isinstance(value, str):
        return value
    pairs = [pair.strip().partition("=") for pair in value.split(",") if pair.strip()]
    if not all(name and sign and word for name, sign, word in pairs):
        raise _WrongValue(zh="请写成 customers=…,followups=…", en="write it like customers=…,followups=…")
    return {name: word for name, _, word in pairs}


ServiceUrl = Annotated[str, _scheme("http", "https"), AfterValidator(lambda url: url.rstrip("/"))]
"""Where the API of a service is reached."""


class Settings(BaseSettings):
    """What can be set; each field is the variable of its name, in capitals, after GENJIN_.

    `encryption_keys`: the first encrypts, all decrypt. `declare`: services may declare exchanges and queues.
    `role_passwords`: what the services' database roles are given by `genjin migrate`, by service.
    `otel_exporter_otlp_endpoint`: where spans are sent, over HTTP; without it there are none.
    `reference_wait`: for how many seconds a request or a command waits for a record that it names and that
    is not known here yet. `clock_file`: a file with the business instant, for rehearsals. `allowed_hosts`:
    under which names, beside those of the services' addresses, `genjin serve` answers. An empty variable
    counts as not set.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", env_ignore_empty=True, frozen=True)

    database_url: Annotated[str, _scheme("postgresql", "postgresql+asyncpg")] | None = None
    amqp_url: Annotated[str, _scheme("amqp", "amqps")] | None = None
    data_dir: Path = Field(default_factory=places.data_dir)
    rules_dir: Path = Field(default_factory=lambda others: others.get("data_dir", Path()) / "rules")
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"
    locale: Literal["zh", "en"] = "zh"
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_list)] = ()
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    declare: bool = True
    reference_wait: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)] = 2
    role_passwords: Annotated[Mapping[str, SecretStr], NoDecode, BeforeValidator(_pairs)] = Field(
        default_factory=dict
    )
    customers_url: ServiceUrl | None = None
    followups_url: ServiceUrl | None = None
    opportunities_url: ServiceUrl | None = None
    rules_url: ServiceUrl | None = None
    allowed_hosts: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(_list), AfterValidator(_host_names)
    ] = ()
    clock_file: Path | None = None
    otel_exporter_otlp_endpoint: Annotated[str, _scheme("http", "https")] | None = None

    @classmethod
    def load(cls, values: Mapping[str, Any] | None = None) -> Self:
        """Read the environment; `values` (by field) go first. WrongSettingError names the first wrong one."""
        try:
            return cls(**(values or {}))
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            variable = PREFIX + str(first["loc"][0] if first["loc"] else "").upper()
            raise WrongSettingError(variable=variable, problem=_problem(first)) from None

    @property
    def zone(self) -> tzinfo:
        """The time zone of business dates."""
        return ZoneInfo(self.timezone)

    @property
    def service_urls(self) -> dict[str, str]:
        """Where the services are reached, by name, as far as it is set."""
        urls = {name: getattr(self, f"{name}_url") for name in SERVICES}
        return {name: url for name, url in urls.items() if url}

    def require(self, field: str, *, purpose: str) -> str:
        """Return a setting that this way of running needs; MissingSettingError says what for."""
        value = getattr(self, field)
        if value is None:
            raise MissingSettingError(variable=PREFIX + field.upper(), purpose=purpose)
        return str(value)


def _problem(error: ErrorDetails) -> dict[Locale, str]:
    """What is wrong with a value, without the value: it may be a secret."""
    en, context = error["msg"].removeprefix("Value error, "), error.get("ctx", {})
    wrong = context.get("error")
    if isinstance(wrong, _WrongValue):
        return {"zh": wrong.zh, "en": en}
    if error["type"] == "literal_error":
        return {"zh": f"可用的值是 {context['expected'].replace(' or ', ' 或 ')}", "en": en}
    if error["type"] == "string_pattern_mismatch":
        return {"zh": f"不符合格式 {context['pattern']}", "en": en}
    return {"zh": en, "en": en}
