"""compose.yaml: what its schema demands, and what no schema knows."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.distributed import allowed_hosts
from services.shared.settings import PREFIX, Settings
from tests.deploy.files import (
    COMPOSE,
    DEPLOY_STEPS,
    DOCKER,
    ROOT,
    SERVERS,
    SERVICES,
    composed,
    made_settings,
    settings_in,
    variables,
)

BIN = Path(sys.executable).parent
EVERY_SERVICE = [pytest.param(each, id=each) for each in composed()["services"]]
OURS = "10001:10001"
USERS_OF_OTHERS = {name: name for name in ("postgres", "rabbitmq", "grafana")} | {"prometheus": "nobody"}


@pytest.fixture
def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = composed()["services"]
    return found


def test_it_is_what_the_compose_specification_allows() -> None:
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 -- a linter
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", EVERY_SERVICE)
def test_every_container_is_confined(services: dict[str, dict[str, Any]], name: str) -> None:
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] == USERS_OF_OTHERS.get(name, OURS)
    assert {"cpus", "memory", "pids"} == service["deploy"]["resources"]["limits"].keys()
    assert not service.keys() & {"privileged", "cap_add", "container_name", "network_mode", "pid"}


@pytest.mark.parametrize("name", EVERY_SERVICE)
def test_what_goes_on_running_is_looked_after_and_started_again(
    services: dict[str, dict[str, Any]], name: str
) -> None:
    service = services[name]
    if name in DEPLOY_STEPS:
        assert (service["restart"], service["healthcheck"]) == ("no", {"disable": True})
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"


def test_only_the_apis_are_published_and_only_on_this_machine(services: dict[str, dict[str, Any]]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {
        "customers": ["127.0.0.1:8001:8000"],
        "followups": ["127.0.0.1:8002:8000"],
        "opportunities": ["127.0.0.1:8003:8000"],
        "rules": ["127.0.0.1:8004:8000"],
        "grafana": ["127.0.0.1:3000:3000"],
    }
    assert services["grafana"]["profiles"] == ["watching"]


def test_servers_are_reached_from_inside_only(services: dict[str, dict[str, Any]]) -> None:
    networks = composed()["networks"]
    reached_by_all = {name for name, network in networks.items() if not (network or {}).get("internal")}
    assert {name for name in SERVERS if reached_by_all & set(services[name]["networks"])} == set()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_logs_in_as_itself_and_knows_no_other_secret(
    services: dict[str, dict[str, Any]], name: str
) -> None:
    settings = made_settings()
    environment = composed(settings)["services"][name]["environment"]
    database, broker = (settings[f"{name.upper()}_{server}_PASSWORD"] for server in ("DATABASE", "BROKER"))
    assert environment["GENJIN_DATABASE_URL"] == f"postgresql://genjin_{name}:{database}@postgres:5432/genjin"
    assert environment["GENJIN_AMQP_URL"] == f"amqp://{name}:{broker}@rabbitmq:5672/genjin"
    secrets = {value for key, value in settings.items() if key.endswith(("_PASSWORD", "_KEYS"))}
    own = {database, broker} | ({settings["GENJIN_ENCRYPTION_KEYS"]} if name == "customers" else set())
    assert {secret for secret in secrets if secret in str(environment)} == own
    assert environment["GENJIN_DECLARE"] == "false"
    assert services[name]["command"] == f"serve {name} --host 0.0.0.0 --port 8000".split()


def test_services_start_when_the_deploy_steps_are_done(services: dict[str, dict[str, Any]]) -> None:
    for name in SERVICES:
        assert services[name]["depends_on"] == {
            step: {"condition": "service_completed_successfully"} for step in DEPLOY_STEPS
        }
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["topology"]["depends_on"] == {"rabbitmq": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", [*SERVICES, *DEPLOY_STEPS])
def test_every_setting_exists_and_is_accepted(services: dict[str, dict[str, Any]], name: str) -> None:
    given = {key.removeprefix(PREFIX).lower(): value for key, value in services[name]["environment"].items()}
    assert given.keys() <= Settings.model_fields.keys()
    assert Settings.load(given).model_fields_set == given.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_answers_to_who_asks_it_in_a_deployment_and_to_no_other_name(name: str) -> None:
    settings = made_settings() | {"GENJIN_ALLOWED_HOSTS": "genjin.example.com"}
    given = composed(settings)["services"][name]["environment"]
    hosts = allowed_hosts(
        Settings.load({key.removeprefix(PREFIX).lower(): each for key, each in given.items()})
    )

    asked = {
        "the other services": f"{name}:8000",
        "the health check": "127.0.0.1:8000",
        "the command line": "localhost:8001",
        "Prometheus, of each replica": "172.18.0.5:8000",
        "the reverse proxy": "genjin.example.com",
    }
    assert {who for who, host in asked.items() if not hosts.has(host)} == set()
    assert not hosts.has("evil.example:8000")


def test_migrate_gives_the_roles_the_passwords_that_services_have() -> None:
    settings = made_settings()
    migrate = composed(settings)["services"]["migrate"]["environment"]
    given = Settings.load({"role_passwords": migrate["GENJIN_ROLE_PASSWORDS"]}).role_passwords
    assert {name: word.get_secret_value() for name, word in given.items()} == {
        name: settings[f"{name.upper()}_DATABASE_PASSWORD"] for name in SERVICES
    }


def test_the_example_of_settings_names_each_variable_and_its_default() -> None:
    example = (DOCKER / "env.example").read_text(encoding="utf-8")
    needed = {name for name, default in variables().items() if default is None}
    assert settings_in(example) == dict.fromkeys(needed, "")
    offered = settings_in(re.sub(r"(?m)^#(?=[A-Z_]+=)", "", example))
    assert {name: value for name, value in offered.items() if name not in needed} == {
        name: default for name, default in variables().items() if default is not None
    }


def test_every_secret_that_is_made_differs_from_all_others() -> None:
    first, second = made_settings(), made_settings()
    assert all(first.values())
    assert len({*first.values(), *second.values()}) == len(first) + len(second)


def test_every_file_that_is_mounted_is_in_the_repository(services: dict[str, dict[str, Any]]) -> None:
    mounted = {
        volume.partition(":")[0]
        for service in services.values()
        for volume in service.get("volumes", ())
        if volume.startswith("./")
    }
    assert {path for path in mounted if not (ROOT / path).exists()} == set()
