"""The customer that a task asks to call can be called, by who may; and no other site's page reaches us."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from services.hosting.instance import token_of
from tests.acceptance.genjin import Genjin, Running
from tests.postgres import reachable_directory

NAME, PHONE = "远山科技有限公司", "13800000000"
CUSTOMERS = f"客户名称,所属行业\n{NAME},制造业\n"
CONTACTS = f"客户名称,姓名,职务,电话\n{NAME},王小明,采购经理,{PHONE}\n"
EVIL = "http://evil.example"


def load_file(directory: Path) -> Path:
    """A load file of one customer and its contact."""
    for what, text in (("customers", CUSTOMERS), ("contacts", CONTACTS)):
        (directory / f"{what}.csv").write_text(text, encoding="utf-8")
    load = directory / "load.yaml"
    load.write_text(
        "steps:\n- {what: customers, file: customers.csv}\n- {what: contacts, file: contacts.csv}\n"
    )
    return load


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """`genjin up`, with one customer and its contact."""
    with reachable_directory() as directory:
        load = load_file(directory)
        with Genjin(directory / "data").up("--load", str(load)) as running:
            yield running


def request(running: Running, method: str, path: str, **headers: str) -> httpx.Response:
    """Send a request with an empty object."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body: dict[str, str] | None = None if method == "GET" else {}
    return httpx.request(
        method, f"{running.url}{path}", headers=named, json=body, timeout=60, trust_env=False
    )


def contact(running: Running) -> str:
    """The path of the contact."""
    (customer,) = running.get("/v1/customers", named=NAME)["items"]
    path = f"/v1/customers/{customer['customer_id']}/contacts"
    (found,) = running.get(path)["items"]
    return f"{path}/{found['contact_id']}"


def bearer(running: Running) -> str:
    """What the person at the machine brings."""
    token = token_of(running.genjin.data_dir)
    assert token is not None
    return f"Bearer {token.get_secret_value()}"


def test_the_person_at_the_machine_sees_the_number_and_the_look_is_logged(running: Running) -> None:
    """K8, A17: masked by default, revealed to a permitted person, and the reveal logged."""
    before = len(running.genjin.json("people", "reveal-log"))
    masked = running.genjin.run("contacts", NAME)
    assert (masked.returncode, PHONE in masked.stdout) == (0, False)
    assert "电话:*" in masked.stdout

    shown = running.genjin.run("contacts", NAME, "--reveal", "--reason", "回访")

    assert (shown.returncode, PHONE in shown.stdout, "王小明" in shown.stdout) == (0, True, True)
    *_, last = running.genjin.json("people", "reveal-log", "--customer", NAME)
    assert len(running.genjin.json("people", "reveal-log")) == before + 1
    assert (last["revealed_by"], last["address"], last["reason"]) == ("local", "127.0.0.1", "回访")
    assert last["fields"] == ["name", "phone"]
    wide = replace(running.genjin, settings={**running.genjin.settings, "COLUMNS": "140"})
    table = wide.run("people", "reveal-log").stdout
    assert (NAME in table, "local" in table, PHONE in table) == (True, True, False)


def test_a_customer_is_named_by_number_id_or_name(running: Running) -> None:
    found = running.genjin.json("contacts", NAME)

    assert running.genjin.json("contacts", found["customer_number"]) == found
    assert running.genjin.json("contacts", found["customer_id"]) == found
    unknown = running.genjin.run("contacts", "无此客户")
    assert (unknown.returncode, "无此客户" in unknown.stderr) == (1, True)


def test_the_token_is_for_its_owner_and_this_start_only(running: Running) -> None:
    """A17."""
    path = running.genjin.data_dir / "token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    assert request(running, "POST", f"{contact(running)}/reveal", Authorization=bearer(running)).is_success
    for headers, code in (
        ({}, "token-missing"),
        ({"Authorization": "Bearer of-another-start"}, "wrong-token"),
        ({"Authorization": bearer(running), "X_Forwarded_For": "127.0.0.1"}, "forwarded-request"),
        ({"Authorization": bearer(running), "Via": "1.1 proxy"}, "forwarded-request"),
    ):
        answer = request(running, "POST", f"{contact(running)}/reveal", **headers)
        assert (answer.status_code, answer.json()["code"]) == (403, code)


def test_another_host_is_refused_on_every_route(running: Running) -> None:
    """DNS rebinding: a page whose name leads to 127.0.0.1 is of our origin to the browser, and is refused."""
    rebound = {"Host": "evil.example", "Origin": EVIL, "Sec_Fetch_Site": "same-origin"}
    for method, path in (
        ("GET", "/v1/customers"),
        ("GET", "/healthz"),
        ("GET", "/docs"),
        ("POST", "/v1/loads"),
        ("POST", f"{contact(running)}/reveal"),
    ):
        answer = request(running, method, path, **rebound)
        assert (answer.status_code, answer.json()["code"]) == (421, "unknown-host"), path
    assert request(running, "GET", "/healthz", Host="localhost:1").is_success


def test_a_page_of_another_site_changes_and_reveals_nothing(running: Running) -> None:
    path = contact(running)
    for method, where in (
        ("POST", "/v1/loads"),
        ("POST", "/v1/imports"),
        ("PATCH", path),
        ("DELETE", f"{path.partition('/contacts')[0]}/tags/a"),
        ("POST", f"{path}/reveal"),
    ):
        answer = request(running, method, where, Origin=EVIL, Authorization=bearer(running))
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign-page"), where
        assert "access-control-allow-origin" not in answer.headers

    assert request(running, "PATCH", path).is_success
    assert request(running, "PATCH", path, Origin=running.url, Sec_Fetch_Site="same-origin").is_success


def test_a_command_reveals_also_when_nothing_runs_and_leaves_no_token(
    database_url: str, tmp_path: Path
) -> None:
    """The command opens the instance itself, and is the person at the machine."""
    genjin = Genjin(tmp_path / "data", {"GENJIN_DATABASE_URL": database_url})
    assert genjin.run("load", str(load_file(tmp_path))).returncode == 0

    shown = genjin.json("contacts", NAME, "--reveal")

    assert shown["contacts"][0]["phone"] == PHONE
    assert [each["revealed_by"] for each in genjin.json("people", "reveal-log")] == ["local"]
    assert not (tmp_path / "data" / "token").exists()
