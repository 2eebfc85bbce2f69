"""Pod Security `restricted`, least rights, no secret, bounded resources."""

from __future__ import annotations

import re
import subprocess

from tests.k8s.render import ROOT, Rendered

# kubernetes.io/docs/concepts/security/pod-security-standards: the volumes of `restricted`.
VOLUMES = {
    "configMap",
    "emptyDir",
    "persistentVolumeClaim",
    "projected",
    "secret",
    "downwardAPI",
    "ephemeral",
    "csi",
}


def test_the_namespace_enforces_restricted(overlay: Rendered) -> None:
    labels = overlay.get("Namespace", "dragoman")["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"


def test_pods_are_restricted(overlay: Rendered) -> None:
    for name, pod in overlay.pods():
        spec = pod["spec"]
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True, name
        assert security["runAsUser"] >= 10000, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for volume in spec["volumes"]:
            assert set(volume) - {"name"} <= VOLUMES, f"{name}: {volume}"


def test_containers_are_restricted_and_write_only_where_they_must(overlay: Rendered) -> None:
    for name, container in overlay.containers():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, name
        assert not any("hostPort" in port for port in container.get("ports", [])), name
        writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        assert writable <= {"/tmp", "/models", "/workspace", "/database"}, name


def test_temporary_folders_have_a_limit(overlay: Rendered) -> None:
    for name, pod in overlay.pods():
        for volume in pod["spec"]["volumes"]:
            if "emptyDir" in volume:
                assert "sizeLimit" in volume["emptyDir"], name


def test_servers_and_clients_cannot_write_where_the_pipeline_works(overlay: Rendered) -> None:
    mounts = {
        (name, mount["mountPath"])
        for name, container in overlay.containers()
        for mount in container["volumeMounts"]
    }
    assert {name for name, path in mounts if path == "/workspace"} - {"Job/training"} == {"CronJob/run"}
    for container in (overlay.server(), overlay.gateway()):
        (models,) = [mount for mount in container["volumeMounts"] if mount["mountPath"] == "/models"]
        assert models["readOnly"] is True


def test_nobody_holds_a_token_or_a_right(overlay: Rendered) -> None:
    accounts = overlay.kind("ServiceAccount")
    assert {account["metadata"]["name"] for account in accounts} - {"database"} == {
        "gateway",
        "model-server",
        "pipeline",
        "rollout",
    }
    assert not any(account["automountServiceAccountToken"] for account in accounts)
    for name, pod in overlay.pods():
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        assert pod["spec"]["serviceAccountName"] != "default", name
    assert not overlay.kind("ClusterRole")
    assert not overlay.kind("ClusterRoleBinding")
    for binding in overlay.kind("RoleBinding"):
        assert {subject["kind"] for subject in binding["subjects"]} == {"Group"}


def test_operators_may_do_what_the_runbook_has_them_do_and_nothing_more(overlay: Rendered) -> None:
    (role,) = overlay.kind("Role")
    rights = {(what, verb) for rule in role["rules"] for what in rule["resources"] for verb in rule["verbs"]}
    assert not any("*" in part for right in rights for part in right)
    assert {right for right in rights if right[1] not in ("get", "list", "watch")} == {
        ("jobs", "create"),
        ("jobs", "delete"),
        ("pods", "delete"),
        ("pods/exec", "create"),
        ("deployments", "patch"),
    }
    assert "secrets" not in {what for what, _ in rights}


def test_operators_may_restart_what_serves(overlay: Rendered) -> None:
    """By its very name: kustomize changes names that it takes for a ConfigMap's."""
    (rule,) = [
        rule for rule in overlay.get("Role", "operator")["rules"] if "deployments" in rule["resources"]
    ]
    assert rule["resourceNames"] == ["model-server", "gateway"]
    for name in rule["resourceNames"]:
        assert overlay.get("Deployment", name)["metadata"]["name"] == name


def test_every_container_says_what_it_needs_and_may_take(overlay: Rendered) -> None:
    for name, container in overlay.containers():
        resources = container["resources"]
        for part in ("requests", "limits"):
            assert {"cpu", "memory"} <= set(resources[part]), name


def test_what_serves_is_never_the_first_to_be_killed_for_memory(overlay: Rendered) -> None:
    for container in (overlay.server(), overlay.gateway()):
        resources = container["resources"]
        assert resources["requests"]["memory"] == resources["limits"]["memory"]


def test_images_are_pinned(overlay: Rendered) -> None:
    for name, container in overlay.containers():
        image = container["image"]
        assert re.search(r"@sha256:[0-9a-f]{64}$|:\d+\.\d+\.\d+$", image), f"{name}: {image}"
        assert container["imagePullPolicy"] == "IfNotPresent", name  # the node of the drill has no registry


def test_no_secret_is_in_the_manifests(overlay: Rendered) -> None:
    assert not overlay.kind("Secret")
    for name, container in overlay.containers():
        for variable in container.get("env", []):
            named = re.search(r"(?i)password|secret|token|credential", variable["name"])
            assert not named or "secretKeyRef" in variable["valueFrom"], name


def test_no_secret_is_in_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files", "k8s"], cwd=ROOT, capture_output=True, text=True, check=True)
    suspicious = re.compile(
        r"(?i)kind: *Secret\b|(password|passwd|api_?key|client_secret)\s*[:=]\s*['\"]?\w|BEGIN [A-Z ]*PRIVATE|://[^/\s:]+:[^@\s]+@"
    )
    files = listed.stdout.split()
    assert files
    assert not [name for name in files if suspicious.search((ROOT / name).read_text("utf-8"))]
