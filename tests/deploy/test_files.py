"""
What is in deploy/ is what it says, as far as that can be seen without a container engine or a cluster.
"""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from identity_service.foundation.settings import every_setting, load
from tests.fakes.secrets import GOOD_SECRETS
from tests.house.tree import ROOT

DEPLOY = ROOT / "deploy"
COMPOSE = sorted(DEPLOY.glob("compose*.yaml"))
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
SETTINGS = {one.name for one in every_setting()}
DOORS = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
OURS = "identity"


def parsed(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def instances(path):
    """The services of a compose file that are ours."""
    return {name: told for name, told in parsed(path)["services"].items() if name.startswith(OURS)}


def kinds():
    found = [document for path in KUBERNETES for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    return {document["kind"]: document for document in found}


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_every_variable_that_a_compose_file_gives_us_is_a_setting(path):
    for told in instances(path).values():
        assert set(told["environment"]) <= SETTINGS


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_the_settings_of_a_compose_file_are_good_ones(path, tmp_path):
    for told in instances(path).values():
        chosen = {
            name: re.sub(r"\$\{\w+(?::[-?]([^}]*))?\}", _default, str(value))
            for name, value in told["environment"].items()
        }
        # What `.env` says, LibreChat's perhaps, is for a machine of one's own: containers are found at their own ports.
        beside = {"HOST": "localhost", "PORT": "3080"}
        server = load({**GOOD_SECRETS, **beside, **chosen}, tmp_path).server
        assert (server.host, server.port) == ("0.0.0.0", 3081)  # noqa: S104 - inside of a container


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_every_file_that_a_compose_file_names_is_there(path):
    for told in parsed(path)["services"].values():
        named = [volume.partition(":")[0] for volume in told.get("volumes", []) if volume.startswith(".")]
        if "build" in told:
            named.append(f"{told['build']['context']}/{told['build']['dockerfile']}")
        assert [name for name in named if not (DEPLOY / name).exists()] == []


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_every_container_of_ours_gains_nothing_and_writes_nowhere_else(path):
    for told in instances(path).values():
        assert (told["read_only"], told["cap_drop"]) == (True, ["ALL"])
        assert told["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("path", COMPOSE, ids=lambda path: path.name)
def test_nothing_but_this_machine_reaches_what_has_no_tls(path):
    ports = [port for told in parsed(path)["services"].values() for port in told.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_replicas_and_what_they_need_are_what_the_proxy_names():
    services = parsed(DEPLOY / "compose.replicas.yaml")["services"]
    named = re.findall(r"server ([\w-]+):3081", (DEPLOY / "nginx.replicas.conf").read_text(encoding="utf-8"))

    assert named == list(instances(DEPLOY / "compose.replicas.yaml"))
    for name in named:
        assert set(services[name]["depends_on"]) <= set(services)


def test_a_container_has_longer_to_stop_than_the_service_needs():
    for path in COMPOSE:
        for told in instances(path).values():
            drain = int(told["environment"].get("DRAIN_SECONDS", 0))
            assert int(told["stop_grace_period"].removesuffix("s")) > drain + 25
    pod = kinds()["Deployment"]["spec"]["template"]["spec"]
    drain = int(kinds()["ConfigMap"]["data"]["DRAIN_SECONDS"])
    assert pod["terminationGracePeriodSeconds"] > drain + 25
    unit = (DEPLOY / "identity.service").read_text(encoding="utf-8")
    assert int(re.search(r"^TimeoutStopSec=(\d+)", unit, re.MULTILINE)[1]) > 25


def test_the_image_is_built_from_files_that_are_there_and_from_no_secret():
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    known = {"FROM", "WORKDIR", "RUN", "ENV", "COPY", "USER", "EXPOSE", "VOLUME", "HEALTHCHECK", "CMD"}
    steps = [line.split(maxsplit=1) for line in lines if line.strip() and not line.startswith("#")]
    copied = [word for verb, rest in steps if verb == "COPY" and "--from" not in rest for word in rest.split()[:-1]]
    let_in = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()

    assert {verb for verb, _ in steps} <= known
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {f"!{name}" for name in copied} == {line for line in let_in if line.startswith("!")}
    assert "*" in let_in
    assert dict(steps)["USER"] == "10001"


def test_the_image_asks_for_extras_and_programs_that_exist():
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert all(re.search(rf"^{extra} = \[", project, re.MULTILINE) for extra in re.findall(r"--extra (\w+)", text))
    (version,) = set(re.findall(r"uv==([\d.]+)", text))
    assert f"UV_VERSION := {version}" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "/readyz" in DOORS


def test_the_cluster_asks_doors_that_exist_at_ports_that_are_open():
    (container,) = kinds()["Deployment"]["spec"]["template"]["spec"]["containers"]
    ports = {port["name"] for port in container["ports"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = container[probe]["httpGet"]
        assert asked["path"] in DOORS
        assert asked["port"] in ports
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert kinds()["Service"]["spec"]["ports"][0]["targetPort"] in ports


def test_the_cluster_keeps_everybody_served_and_gives_no_rights():
    deployment = kinds()["Deployment"]["spec"]
    pod = deployment["template"]["spec"]
    (container,) = pod["containers"]

    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert deployment["replicas"] > kinds()["PodDisruptionBudget"]["spec"]["minAvailable"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_parts_of_the_cluster_name_each_other():
    found = kinds()
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    (container,) = found["Deployment"]["spec"]["template"]["spec"]["containers"]
    given = {next(iter(each.values()))["name"] for each in container["envFrom"]}

    assert found["Service"]["spec"]["selector"] == found["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert given == {found["ConfigMap"]["metadata"]["name"], found["Secret"]["metadata"]["name"]}
    there = {path.name for path in KUBERNETES} | {"secrets.yaml"}
    assert set(found["Kustomization"]["resources"]) <= there
    (rule,) = found["Ingress"]["spec"]["rules"]
    assert rule["http"]["paths"][0]["backend"]["service"]["name"] == found["Service"]["metadata"]["name"]


def test_the_settings_of_the_cluster_are_good_ones(tmp_path):
    settings = kinds()["ConfigMap"]["data"]
    secrets = {**kinds()["Secret"]["stringData"], **GOOD_SECRETS}

    assert set(settings) | set(secrets) <= SETTINGS
    assert load({**secrets, **settings}, tmp_path).server.trust_proxy == 1


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="There is no systemd here.")
def test_systemd_understands_the_unit_and_finds_it_hardened(tmp_path):
    unit = (DEPLOY / "identity.service").read_text(encoding="utf-8")
    # Everything is as it will be, but the program: here it is one that exists.
    here = tmp_path / "identity.service"
    here.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit, flags=re.MULTILINE), encoding="utf-8")

    verified = subprocess.run(
        [shutil.which("systemd-analyze"), "verify", here], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    command = [shutil.which("systemd-analyze"), "security", "--offline=true", "--threshold=20", here]
    rated = subprocess.run(command, capture_output=True, text=True, check=False)
    assert rated.returncode == 0, rated.stdout


def test_the_other_proxies_send_to_us_what_nginx_does():
    nginx = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    ours = set(re.findall(r"location (?:= )?(\S+) \{ proxy_pass http://identity;", nginx))
    in_container = (DEPLOY / "nginx.librechat.conf").read_text(encoding="utf-8")
    caddy = re.search(r"@identity path (.+)", (DEPLOY / "Caddyfile").read_text(encoding="utf-8"))[1].split()
    traefik = parsed(DEPLOY / "traefik.yaml")["http"]["routers"]["chat-identity"]["rule"]

    assert set(re.findall(r"location (?:= )?(\S+) \{ proxy_pass http://identity;", in_container)) == ours
    assert {path.removesuffix("*").rstrip("/") for path in caddy} == {path.rstrip("/") for path in ours}
    assert {path.rstrip("/") for path in re.findall(r"Path(?:Prefix)?\(`([^`]+)`\)", traefik)} == {
        path.rstrip("/") for path in ours
    }


def test_the_parts_of_traefiks_configuration_name_each_other():
    http = parsed(DEPLOY / "traefik.yaml")["http"]
    for router in http["routers"].values():
        assert router["service"] in http["services"]
        assert set(router.get("middlewares", [])) <= set(http["middlewares"])


def test_the_braces_of_the_caddyfile_match():
    depth = 0
    for line in (DEPLOY / "Caddyfile").read_text(encoding="utf-8").splitlines():
        code = line.partition("#")[0].rstrip()
        depth += code.endswith("{") - (code.strip() == "}")
        assert depth >= 0
    assert depth == 0


def test_the_guide_names_files_and_commands_that_are_there():
    guide = (DEPLOY / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert [name for name in re.findall(r"\]\(([^)]+)\)", guide) if not (DEPLOY / name).exists()] == []
    assert set(re.findall(r"`?make ([a-z-]+)", guide)) <= targets
    assert [
        path.name
        for path in DEPLOY.iterdir()
        if path.suffix in {".yaml", ".conf", ".service"}
        and path.name not in guide
        and path.name not in {"nginx.librechat.conf", "gunicorn.conf.py"}
    ] == []


def _default(match):
    said = match[1] or "x"
    return "letters" if said.startswith("choose") else said


@pytest.mark.parametrize(
    ("told", "extras"),
    [
        ({}, []),
        ({"REDIS_URI": "redis://127.0.0.1:6379"}, ["redis"]),
        ({"DATABASE_URL": "postgresql+psycopg://id@db/id", "REDIS_URI": "redis://cache"}, ["postgres", "redis"]),
    ],
)
def test_make_installs_what_the_settings_need(tmp_path, told, extras):
    for name in ("Makefile", "uv.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".env").write_text("".join(f"{name}={text}\n" for name, text in told.items()))
    by_file = planned(tmp_path, {})
    (tmp_path / ".env").write_text("")

    assert re.findall(r"--extra (\w+)", by_file) == extras
    assert re.findall(r"--extra (\w+)", planned(tmp_path, told)) == extras


def planned(folder, environment):
    """Return what `make install` would do in *folder*."""
    bare = {"PATH": os.environ["PATH"], **environment}
    command = [shutil.which("make"), "-n", "install"]
    return subprocess.run(command, cwd=folder, env=bare, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("path", "idle"), [("gunicorn.conf.py", r"^keepalive = (\d+)$"), ("granian_server.py", r"^HEAD_TIME = (\d+)_000$")]
)
def test_a_server_keeps_an_idle_connection_longer_than_any_proxy(path, idle):
    caddy = 120  # the longest of them, unless told otherwise: its transport's `keepalive`
    (kept,) = re.findall(idle, (DEPLOY / path).read_text(encoding="utf-8"), re.MULTILINE)
    proxies = "".join(proxy.read_text(encoding="utf-8") for proxy in DEPLOY.glob("nginx*.conf"))

    assert int(kept) > max(caddy, *map(int, re.findall(r"keepalive_timeout (\d+)s", proxies)))
