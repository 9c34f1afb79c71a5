"""compose.yaml and deploy/ name what there is: settings, commands, ports, labels, secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import pytest
import yaml

from service.cli.main import cli
from service.models.registry import server_address
from service.models.shared_writer import WRITER
from service.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
NAME = "app.kubernetes.io/name"
SECRET_NAME, SECRET = "newsbrief", "0123456789abcdef" * 2
USERS = {"redis": 999}
"""Who a pod runs as where that is not the user of our image."""

Doc = dict[str, Any]


def documents(*folders: str) -> list[Doc]:
    """What the kustomizations of these folders list, as it stands there."""
    found: list[Doc] = []
    for folder in folders:
        listed = yaml.safe_load((DEPLOY / folder / "kustomization.yaml").read_text())["resources"]
        for name in listed:
            found += yaml.safe_load_all((DEPLOY / folder / name).read_text())
    return found


ALL = documents("base", "components/vllm", "components/keda")


def of(kind: str) -> list[Doc]:
    return [each for each in ALL if each["kind"] == kind]


WORKLOADS = [*of("Deployment"), *of("StatefulSet")]
WORKLOAD_NAMES = [each["metadata"]["name"] for each in WORKLOADS]


def workload(name: str) -> Doc:
    return next(each for each in WORKLOADS if each["metadata"]["name"] == name)


def labels(workload: Doc) -> Mapping[str, str]:
    return workload["spec"]["template"]["metadata"]["labels"]


def pod(workload: Doc) -> Doc:
    return workload["spec"]["template"]["spec"]


def container(workload: Doc) -> Doc:
    (only,) = pod(workload)["containers"]
    return only


def chosen(selector: Doc) -> set[str]:
    """Names of the workloads that a selector of labels chooses."""
    wanted = selector.get("matchLabels", {})
    rules = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in rules)
    return {
        each["metadata"]["name"]
        for each in WORKLOADS
        if wanted.items() <= labels(each).items()
        and all(labels(each).get(rule["key"]) in rule["values"] for rule in rules)
    }


def ports(workload: Doc) -> dict[str, int]:
    return {each["name"]: each["containerPort"] for each in container(workload).get("ports", [])}


def secrets() -> set[str]:
    lines = (DEPLOY / "example" / "secrets.example.env").read_text().splitlines()
    return {line.removesuffix("=") for line in lines}


def environment(workload: Doc) -> dict[str, str]:
    """The variables as the kubelet sets them, with a value for every secret."""
    given: dict[str, str] = {}
    for each in container(workload).get("env", []):
        if "valueFrom" in each:
            given[each["name"]] = SECRET
        else:
            given[each["name"]] = re.sub(
                r"\$\((\w+)\)", lambda found: given[found[1]], each["value"]
            )
    return given


def settings_of(environ: Mapping[str, str]) -> Settings:
    return Settings.from_environ(
        {"NEWSBRIEF_HOST": "0.0.0.0", **environ}  # noqa: S104  # as the image has it
    )


def ours() -> list[Doc]:
    return [each for each in WORKLOADS if container(each)["image"] == "newsbrief"]


def accepted(command: list[str]) -> click.Context:
    """A command of ours with its options, read and not run."""
    name, *options = command
    return cli.commands[name].make_context(name, options)


def named(selector: Doc) -> str:
    (only,) = chosen({"matchLabels": selector})
    return only


@pytest.mark.parametrize("name", WORKLOAD_NAMES)
def test_a_workload_chooses_its_own_pods_and_gives_itself_time(name: str):
    found = workload(name)

    assert chosen(found["spec"]["selector"]) == {name}
    assert pod(found)["terminationGracePeriodSeconds"] > Settings().shutdown_grace_s
    assert all(
        mount["name"] in {each["name"] for each in volumes(found)}
        for mount in container(found)["volumeMounts"]
    )


def volumes(workload: Doc) -> Iterator[Doc]:
    yield from pod(workload)["volumes"]
    for claim in workload["spec"].get("volumeClaimTemplates", []):
        yield claim["metadata"]


@pytest.mark.parametrize("name", WORKLOAD_NAMES)
def test_a_pod_can_do_no_more_than_it_must(name: str):
    found = pod(workload(name))
    own, whole = container(workload(name))["securityContext"], found["securityContext"]

    assert (whole["runAsNonRoot"], whole["runAsUser"]) == (True, USERS.get(name, 10001))
    assert whole["seccompProfile"] == {"type": "RuntimeDefault"}
    assert own == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert found["automountServiceAccountToken"] is False
    assert found["enableServiceLinks"] is False  # a Service newsbrief-… would set NEWSBRIEF_…
    assert "memory" in container(workload(name))["resources"]["limits"]


@pytest.mark.parametrize("name", [each["metadata"]["name"] for each in ours()])
def test_our_pods_have_real_settings_and_commands(name: str):
    found = workload(name)
    command = container(found)["args"]
    variables = environment(found)

    settings = settings_of({k: v for k, v in variables.items() if k.startswith(PREFIX)})

    assert command[0] == name
    assert accepted(command)
    if name in {"api", "worker"}:
        assert settings.redis_url == f"redis://:{SECRET}@redis:6379/0"
    if name == "api":
        assert settings.require_keys
        assert settings.port in ports(found).values()
    if name == "writer":
        assert accepted(command).params["port"] in ports(found).values()
        assert settings.writer_api_key


def test_a_port_is_there_under_its_name():
    for service in of("Service"):
        (port,) = service["spec"]["ports"]
        assert port["targetPort"] in ports(workload(named(service["spec"]["selector"])))
    for each in WORKLOADS:
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container(each).get(probe, {}).get("httpGet")
            assert asked is None or asked["port"] in ports(each)


def test_a_worker_has_no_port_and_is_watched_by_its_file():
    found = container(workload("worker"))
    alive = environment(workload("worker"))["NEWSBRIEF_WORKER_ALIVE_FILE"]

    assert "ports" not in found
    assert "readinessProbe" not in found
    for probe in ("startupProbe", "livenessProbe"):
        assert alive in " ".join(found[probe]["exec"]["command"])
    assert any(alive.startswith(f"{each['mountPath']}/") for each in found["volumeMounts"])


def test_the_names_of_secrets_are_those_that_the_example_makes():
    example = yaml.safe_load((DEPLOY / "example" / "kustomization.yaml").read_text())
    asked = [
        each["valueFrom"]["secretKeyRef"]
        for found in WORKLOADS
        for each in container(found).get("env", [])
        if "valueFrom" in each
    ]

    assert [each["name"] for each in example["secretGenerator"]] == [SECRET_NAME]
    assert {each["name"] for each in asked} == {SECRET_NAME}
    assert {each["key"] for each in asked} == secrets()


def test_what_scales_and_protects_has_something_to_scale_and_protect():
    for each in [*of("HorizontalPodAutoscaler"), *of("ScaledObject")]:
        assert each["spec"]["scaleTargetRef"]["name"] in WORKLOAD_NAMES
    for each in of("PodDisruptionBudget"):
        (name,) = chosen(each["spec"]["selector"])
        assert each["metadata"]["name"] == name
    assert {each["metadata"]["name"] for each in of("PodDisruptionBudget")} == {
        "api",
        "worker",
        "writer",
    }


def test_what_scales_is_counted_by_metrics_of_the_guide():
    guide = (ROOT / "docs" / "operations.md").read_text()
    told = set(re.findall(r"`(newsbrief_\w+)`", guide))
    for each in of("ScaledObject"):
        (trigger,) = each["spec"]["triggers"]
        asked = set(re.findall(r"newsbrief_[a-z_]+", trigger["metadata"]["query"]))
        assert {name.removesuffix("_sum") for name in asked} <= told


def reached(policy: Doc, way: str) -> set[tuple[str, int]]:
    """Pods of ours that a policy lets in, or lets its pods reach, with their ports."""
    end = "from" if way == "ingress" else "to"
    return {
        (name, port["port"])
        for rule in policy["spec"].get(way, [])
        for peer in rule[end]
        if "podSelector" in peer
        for name in chosen(peer["podSelector"])
        for port in rule["ports"]
    }


def policies(name: str, way: str) -> set[tuple[str, int]]:
    return {
        each
        for policy in of("NetworkPolicy")
        if name in chosen(policy["spec"]["podSelector"])
        for each in reached(policy, way)
    }


def test_redis_is_reached_by_the_api_and_workers_alone():
    assert policies("redis", "ingress") == {("api", 6379), ("worker", 6379)}
    for policy in of("NetworkPolicy"):
        if "redis" in chosen(policy["spec"]["podSelector"]):
            assert all("ipBlock" not in peer and "namespaceSelector" not in peer
                       for rule in policy["spec"].get("ingress", []) for peer in rule["from"])  # fmt: skip


def test_a_way_out_has_a_way_in():
    for name in WORKLOAD_NAMES:
        for other, port in policies(name, "egress"):
            assert (name, port) in policies(other, "ingress")
            assert port in ports(workload(other)).values()
    assert policies("worker", "egress") == {("redis", 6379), ("writer", 8080)}
    assert policies("api", "egress") == {("redis", 6379)}
    assert policies("redis", "egress") == policies("writer", "egress") == set()


def test_whatever_no_policy_names_is_denied():
    (deny,) = [each for each in of("NetworkPolicy") if each["spec"]["podSelector"] == {}]

    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_workers_reach_public_pages_and_no_private_address():
    (out,) = [
        rule
        for policy in of("NetworkPolicy")
        if policy["metadata"]["name"] == "worker"
        for rule in policy["spec"]["egress"]
        if "ipBlock" in rule["to"][0]
    ]

    assert [each["port"] for each in out["ports"]] == [80, 443]
    refused = out["to"][0]["ipBlock"]["except"]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(refused)


def test_the_writer_at_a_url_is_a_service_of_that_port():
    patch = yaml.safe_load((DEPLOY / "components" / "vllm" / "kustomization.yaml").read_text())
    replaced = next(
        step["value"]
        for each in patch["patches"][:1]
        for step in yaml.safe_load(each["patch"])
        if step["op"] == "replace"
    )
    given = {"writer": environment(workload("worker"))["NEWSBRIEF_WRITER"], "vllm": replaced}

    for name, url in given.items():
        (service,) = [each for each in of("Service") if each["metadata"]["name"] == name]
        address = server_address(url)
        assert address is not None
        place = urlsplit(address[0])
        assert (place.hostname, place.port) == (name, service["spec"]["ports"][0]["port"])
    assert given["writer"].endswith(f"#{WRITER}")
    served = "--served-model-name=" + given["vllm"].rpartition("#")[2]
    assert served in container(workload("vllm"))["args"]


def test_the_vllm_component_patches_what_it_means_to():
    """Its patches go by position: kustomize finds a wrong path, and not a wrong meaning."""
    (worker,) = [each for each in of("NetworkPolicy") if each["metadata"]["name"] == "worker"]

    assert container(workload("worker"))["env"][2]["name"] == "NEWSBRIEF_WRITER"
    assert worker["spec"]["egress"][1]["to"][0]["podSelector"]["matchLabels"][NAME] == "writer"
    assert worker["spec"]["egress"][1]["ports"] == [{"port": 8080}]


def test_every_manifest_is_listed():
    for folder in ("base", "components/vllm", "components/keda"):
        listed = yaml.safe_load((DEPLOY / folder / "kustomization.yaml").read_text())["resources"]
        there = {each.name for each in (DEPLOY / folder).glob("*.yaml")} - {"kustomization.yaml"}
        assert set(listed) == there


def test_redis_keeps_state_and_may_drop_cache():
    (config,) = of("ConfigMap")
    lines = config["data"]["redis.conf"].splitlines()

    assert {"appendonly yes", "appendfsync everysec", "maxmemory-policy volatile-lru"} <= set(lines)


COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]


def default(value: str) -> str:
    """What compose makes of a value without a .env file."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)


@pytest.mark.parametrize("name", ["api", "worker", "writer"])
def test_compose_has_real_settings_and_commands(name: str):
    service = COMPOSE[name]
    environ = {key: default(value) for key, value in service["environment"].items()}

    settings = settings_of(environ)

    assert service["command"][0] == name
    assert accepted(service["command"])
    assert int(service["stop_grace_period"].removesuffix("s")) > settings.shutdown_grace_s
    assert set(service.get("depends_on", {})) <= set(COMPOSE)
    assert not any(value.startswith("$") for value in environ.values())
    if settings.redis_url:
        assert urlsplit(settings.redis_url).hostname in COMPOSE


def test_workers_of_compose_share_its_writer():
    address = server_address(default(COMPOSE["worker"]["environment"]["NEWSBRIEF_WRITER"]))
    port = accepted(COMPOSE["writer"]["command"]).params["port"]

    assert address == (f"http://writer:{port}/v1", WRITER)
    assert str(port) in COMPOSE["writer"]["healthcheck"]["test"][-1]
    assert "ports" not in COMPOSE["writer"]
