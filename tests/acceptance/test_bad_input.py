"""Bad input: one clear sentence in the user's language, the exit status, and nothing half done."""

import json
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import openpyxl
import pytest
import structlog

from services.cli import main
from services.cli.loads import tell_of_dead_letters
from services.client import Client
from services.shared.data_directory import DataDirectory
from services.shared.settings import SERVICES

RULES = """
decision: size
title: {zh: 规模, en: size}
subject: customer
returns: {size: [big, small]}
hit: unique
rows:
  - {id: big, if: {anual_amount: ">= 50万"}, then: {size: big}}
  - {id: some, if: {intent: high}, then: {size: large}}
"""


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the machine; commands configure the logs of their process, which here is the tests'."""
    for name in ("RULES_DIR", "DATA_DIR", "LOCALE", "DATABASE_URL", "AMQP_URL", "TIMEZONE"):
        monkeypatch.delenv(f"GENJIN_{name}", raising=False)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


class Command:
    """Runs commands in this process and keeps what they wrote."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def run(self, *arguments: object, locale: str = "zh", **settings: object) -> tuple[int, str, str]:
        """The exit status, standard output and standard error; a traceback would be an error here."""
        for name, value in {"locale": locale, **settings}.items():
            self._monkeypatch.setenv(f"GENJIN_{name.upper()}", str(value))
        self._capsys.readouterr()
        try:
            main([str(each) for each in arguments])
        except SystemExit as ended:
            status = int(ended.code or 0)
        else:
            status = 0
        said = self._capsys.readouterr()
        return status, said.out, said.err

    def refused(self, *arguments: object, zh: str, en: str, status: int = 1, **settings: object) -> None:
        """A command is refused with one sentence, and with the same one in the other language."""
        for locale, words in (("zh", zh), ("en", en)):
            left, _, said = self.run(*arguments, locale=locale, **settings)
            lines = [line for line in said.splitlines() if line]
            assert (left, len(lines)) == (status, 1), said
            assert words in lines[0]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(capsys, monkeypatch)


@pytest.mark.parametrize(
    ("name", "content", "zh", "en"),
    [
        ("empty.csv", b"", "是空的(0 字节)", "is empty (0 bytes)"),
        (
            "mixed.csv",
            "客户名称\n甲公司\n".encode() + b"\xff\xfe\x81\n",
            "既不是有效的 UTF-8",
            "neither valid UTF-8",
        ),
        ("letter.pdf", b"%PDF-1.7 \x00\x01", "既不是 CSV", "neither CSV nor"),
        ("broken.xlsx", b"PK\x03\x04 and no more", "不是可读取的 Excel", "not a readable Excel"),
        ("heads.csv", "客户名称,客户名称\n甲,乙\n".encode(), "重复", "twice"),
        ("other.csv", "品名,数量\n轴承,3\n".encode(), "没有可识别为 customers 字段的列", "No column"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_whole(  # noqa: PLR0913 -- a row of a table
    command: Command, tmp_path: Path, database_url: str, *, name: str, content: bytes, zh: str, en: str
) -> None:
    file, data = tmp_path / name, tmp_path / "data"
    file.write_bytes(content)

    command.refused("import", "customers", file, "--data", data, zh=zh, en=en, database_url=database_url)

    assert _counts(command, data, database_url)["customers"] == 0


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(
    command: Command, tmp_path: Path, database_url: str
) -> None:
    book = openpyxl.Workbook()
    book.active.title = "客户"
    book.active.append(("客户名称",))
    book.active.append(("甲公司",))
    book.save(tmp_path / "book.xlsx")
    book.close()

    command.refused(
        *("import", "customers", tmp_path / "book.xlsx", "--sheet", "客人", "--data", tmp_path / "data"),
        zh="没有工作表“客人”,只有:客户",
        en="has no sheet '客人'; it has 客户",
        database_url=database_url,
    )
    assert _counts(command, tmp_path / "data", database_url)["customers"] == 0


def test_the_table_of_the_documents_comes_in_whole_and_the_rest_is_reported(
    command: Command, tmp_path: Path, database_url: str
) -> None:
    """D4, R220: contacts, past contacts and plans of the same file; a dry run keeps nothing."""
    file, data = tmp_path / "table.csv", tmp_path / "data"
    file.write_text(
        "客户ID,*客户名称,联系人,联系方式,互动历史,跟进计划,负责人（必填）,车牌\n"
        "CUST001,甲公司,王五/采购经理,电话:*,2025-01-10:会议;2025-01-15:报价,2025-04-01:演示,*销售代表,\n"
        "合计,,,,,,,\n",
        encoding="utf-8",
    )
    arguments = ("import", "customers", file, "--data", data)
    status, said, _ = command.run(*arguments, "--dry-run", "--json", database_url=database_url)
    (dry,) = json.loads(said)
    assert (status, dry["rows"], dry["created"], dry["preview"][0]["action"]) == (0, 1, 1, "create")
    assert _counts(command, data, database_url)["customers"] == 0

    status, said, _ = command.run(*arguments, "--json", database_url=database_url)
    reports = json.loads(said)
    kinds = [(report["what"], report["created"]) for report in reports]
    assert kinds == [("customers", 1), ("contacts", 1), ("follow_ups", 2), ("plans", 1)]
    customers = reports[0]
    assert [each["column"] for each in customers["unused_columns"]] == ["车牌"]
    assert [each["value"] for each in customers["not_understood"]] == ["*销售代表", "合计"]

    status, said, _ = command.run(*arguments, database_url=database_url)
    assert "未使用的列 1 个" in said
    assert "合计行，不是记录，未导入" in said


def test_what_cannot_be_imported_is_told_with_what_can(
    command: Command, tmp_path: Path, database_url: str
) -> None:
    (tmp_path / "tea.csv").write_text("name\n龙井\n", encoding="utf-8")
    command.refused(
        *("import", "teas", tmp_path / "tea.csv", "--data", tmp_path / "data"),
        zh="不能导入“teas”,可以导入的有:contacts, customers",
        en="Nothing called 'teas' can be imported",
        database_url=database_url,
    )


def test_a_load_with_one_bad_file_imports_none(command: Command, tmp_path: Path, database_url: str) -> None:
    """The first file is good, and is not imported."""
    (tmp_path / "good.csv").write_text("name\n甲公司\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_bytes(b"")
    load = tmp_path / "load.yaml"
    load.write_text(
        "steps:\n- {what: customers, file: good.csv}\n- {what: purchases, file: bad.csv}\n", encoding="utf-8"
    )
    command.refused(
        "load", load, "--data", tmp_path / "data", zh="空的", en="empty", database_url=database_url
    )
    assert _counts(command, tmp_path / "data", database_url)["customers"] == 0

    load.write_text(
        "steps:\n- {what: customers, file: good.csv}\n- {what: purchases, file: none.csv}\n", encoding="utf-8"
    )
    command.refused(
        *("up", "--load", load, "--once", "--data", tmp_path / "data"),
        zh="文件不存在",
        en="There is no file",
        database_url=database_url,
    )
    assert _counts(command, tmp_path / "data", database_url)["customers"] == 0


def _counts(command: Command, data: Path, database_url: str) -> dict[str, int]:
    status, said, _ = command.run("up", "--once", "--json", "--data", data, database_url=database_url)
    assert status == 0
    counts: dict[str, int] = json.loads(said)["counts"]
    return counts


def test_rules_with_errors_are_refused_with_every_problem_and_its_place(
    command: Command, tmp_path: Path, database_url: str
) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "size.yaml").write_text(RULES, encoding="utf-8")

    status, listed, complained = command.run("rules", "check", rules, locale="en")
    assert (status, complained) == (1, "")
    unknown, value, count = listed.splitlines()
    assert unknown.startswith("size.yaml:8:20: ")
    assert "annual_amount" in unknown
    assert value.startswith("size.yaml:9:49: ")
    assert "large" in value
    assert count == f"{rules}: 2 problems; the rules are refused."

    status, shown, said = command.run(
        *("up", "--sample", "--once", "--data", tmp_path / "data"),
        rules_dir=rules,
        database_url=database_url,
    )
    assert (status, shown) == (1, "")
    assert [line.partition(": ")[0] for line in said.splitlines()[1:]] == ["size.yaml:8:20", "size.yaml:9:49"]


def test_a_rules_directory_that_is_not_there_is_refused(command: Command, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    command.refused("rules", "check", nowhere, zh="没有规则目录", en="There is no rules directory")
    nowhere.mkdir()
    command.refused("rules", "check", nowhere, zh="没有 *.yaml 文件", en="holds no *.yaml file")


def test_a_port_that_is_taken_is_refused_before_anything_is_done(command: Command, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        command.refused(
            *("up", "--port", port, "--data", tmp_path / "data"),
            zh=f"端口 {port} 已被占用",
            en=f"Port {port} on 127.0.0.1 is already in use",
        )
    assert not (tmp_path / "data").exists()


def test_a_data_directory_that_is_a_file_is_refused(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("mine", encoding="utf-8")
    for path in (file, file / "below"):
        command.refused("up", "--once", "--data", path, zh="是一个文件", en="is a file")
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_data_directory_that_cannot_be_written_is_refused(command: Command) -> None:
    command.refused(
        *("up", "--once", "--data", "/proc/genjin"),
        zh="不可写:文件或目录不存在",
        en="is not writable: No such file or directory",
    )


def test_a_data_directory_in_use_is_refused(command: Command, tmp_path: Path) -> None:
    with DataDirectory.hold(tmp_path / "data"):
        for arguments in (("up", "--once"), ("tasks",), ("migrate",)):
            command.refused(
                *arguments,
                "--data",
                tmp_path / "data",
                zh="正被另一个进程(pid",
                en="in use by another process",
            )


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("database_url", "mysql://localhost/x", "必须以 postgresql://"),
        ("amqp_url", "http://localhost", "必须以 amqp:// 或 amqps:// 开头"),
        ("timezone", "Asia/Peking", "没有时区“Asia/Peking”"),
        ("currency", "yuan", "不符合格式"),
        ("log_format", "poem", "可用的值是 'console' 或 'json'"),
    ],
)
def test_a_wrong_setting_is_named(
    command: Command, tmp_path: Path, *, name: str, value: str, problem: str
) -> None:
    variable = f"GENJIN_{name.upper()}"
    command.refused(
        *("up", "--once", "--data", tmp_path / "data"),
        zh=f"配置项 {variable} 有误:{problem}",
        en=f"The setting {variable} is wrong",
        status=2,
        **{name: value},
    )
    assert not (tmp_path / "data").exists()


def test_a_wrong_language_is_named(command: Command, tmp_path: Path) -> None:
    status, _, said = command.run("up", "--once", "--data", tmp_path / "data", locale="klingon")
    assert (status, said.count("\n")) == (2, 1)
    assert "GENJIN_LOCALE" in said


def test_a_missing_setting_is_named(command: Command, tmp_path: Path) -> None:
    command.refused(
        *("serve", "rules", "--port", "0"),
        zh="缺少配置项 GENJIN_AMQP_URL:服务接收消息的 RabbitMQ",
        en="The setting GENJIN_AMQP_URL is missing",
        status=2,
        data_dir=tmp_path / "data",
    )


def test_keys_that_are_none_are_refused(command: Command, tmp_path: Path, database_url: str) -> None:
    status, _, said = command.run(
        *("up", "--once", "--data", tmp_path / "data"),
        locale="en",
        database_url=database_url,
        encryption_keys="not-a-key",
    )
    assert (status, len(said.splitlines())) == (2, 1), said
    assert "not-a-key" not in said


def test_a_database_that_is_away_is_status_3(command: Command, tmp_path: Path) -> None:
    command.refused(
        *("up", "--once", "--data", tmp_path / "data"),
        zh="GENJIN_DATABASE_URL 指定的数据库服务器无法使用",
        en="The database server of GENJIN_DATABASE_URL cannot be used",
        status=3,
        database_url="postgresql://postgres@127.0.0.1:1/genjin",
    )


@pytest.mark.parametrize(
    "arguments",
    [("serve", "tea"), ("up", "--sample", "--load", "x.yaml"), ("import", "customers"), ("fly",), ("why",)],
)
def test_wrong_usage_is_status_2(command: Command, arguments: tuple[str, ...]) -> None:
    status, shown, said = command.run(*arguments)
    assert (status, shown) == (2, "")
    assert "Usage: " in said
    assert "Traceback" not in said


@pytest.mark.parametrize("text", ["yesterday", "", "0001-01-01", "9999-12-31T23:00-12:00", "2101-01-01"])
def test_an_instant_that_is_none_is_wrong_usage(command: Command, tmp_path: Path, text: str) -> None:
    command.refused(
        *("up", "--once", "--as-of", text, "--data", tmp_path / "data"),
        zh="不是有效的时刻",
        en="is no instant",
        status=2,
    )


def test_a_subject_or_a_rule_that_nobody_knows_is_told(
    command: Command, tmp_path: Path, database_url: str
) -> None:
    data = tmp_path / "data"
    (tmp_path / "c.csv").write_text("name\n甲公司\n", encoding="utf-8")
    assert command.run("import", "customers", tmp_path / "c.csv", "--data", data, database_url=database_url)[
        0
    ] == (0)

    command.refused("why", "乙公司", "--data", data, zh="没有编号、ID 或名称为“乙公司”", en="“乙公司”")
    command.refused(
        "why", "甲公司", "grades", "--data", data, zh="没有名为“grades”", en="there are: grade_by_value"
    )


@pytest.mark.parametrize(("dead", "words"), [(0, ""), (11, "有 11 条消息未能处理")])
async def test_messages_that_no_service_could_handle_are_told(
    capsys: pytest.CaptureFixture[str], dead: int, words: str
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/audit/heads":
            return httpx.Response(200, json={"heads": {"customers": 20}})
        line = {"consumer": "rules", "source": "customers", "applied": 20 - dead, "dead": dead}
        return httpx.Response(200, json={"handled": [line]})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://genjin") as http:
        await tell_of_dead_letters(Client(dict.fromkeys(SERVICES, http)))

    said = capsys.readouterr().err
    assert words in said
    assert bool(said) == bool(dead)


def test_a_file_name_in_another_encoding_is_no_obstacle(
    command: Command, tmp_path: Path, database_url: str
) -> None:
    """As archives from Chinese Windows leave it behind."""
    file = tmp_path / os.fsdecode("客户.csv".encode("gb18030"))
    file.write_text("name\n甲公司\n", encoding="utf-8")
    data = tmp_path / "data"
    assert command.run("import", "customers", file, "--data", data, database_url=database_url)[0] == 0
    assert _counts(command, data, database_url)["customers"] == 1
