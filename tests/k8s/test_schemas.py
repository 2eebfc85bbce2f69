"""Every manifest against the schemas of two Kubernetes minors, unknown fields refused."""

from __future__ import annotations

import copy

import pytest
import yaml

from tests.k8s.render import Rendered

kubernetes_validate = pytest.importorskip(
    "kubernetes_validate", reason="kubernetes-validate is not installed: `make setup` installs it"
)

# The one that ../shared/kubernetes-node runs, and the newest that the schemas know.
MINORS = ("1.33", "1.37")
CUSTOM = {"monitoring.coreos.com/v1"}  # test_custom_resources.py


@pytest.mark.parametrize("minor", MINORS)
def test_every_manifest_is_valid(overlay: Rendered, minor: str) -> None:
    validated = 0
    for document in overlay.documents:
        if document["apiVersion"] not in CUSTOM:
            try:
                assert kubernetes_validate.validate(document, minor, strict=True) == minor
            except kubernetes_validate.ValidationError as error:
                pytest.fail(
                    f"{document['kind']}/{document['metadata']['name']}: {list(error.path)}: {error.message}"
                )
            validated += 1
    assert validated >= 20


def test_a_mistake_is_found(drill: Rendered) -> None:
    """The schemas do look: a misspelt field, a wrong type."""
    deployment = copy.deepcopy(drill.get("Deployment", "model-server"))
    deployment["spec"]["minReadySecond"] = 5
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, MINORS[0], strict=True)
    service = copy.deepcopy(drill.get("Service", "model-server"))
    service["spec"]["ports"][0]["port"] = "8500"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(service, MINORS[0], strict=True)


def test_what_they_name_exists(overlay: Rendered) -> None:
    """Claims, ConfigMaps, accounts and the autoscaler's target."""
    for name, pod in overlay.pods():
        overlay.get("ServiceAccount", pod["spec"]["serviceAccountName"])
        volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
        for volume in volumes.values():
            if "persistentVolumeClaim" in volume:
                overlay.get("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
            if "configMap" in volume:
                assert volume["configMap"]["name"] in {
                    config_map["metadata"]["name"] for config_map in overlay.kind("ConfigMap")
                }
        containers = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
        mounted = {mount["name"] for container in containers for mount in container["volumeMounts"]}
        assert mounted == set(volumes), f"{name}: a volume without a use, or a mount without a volume"
    for scaler in overlay.kind("HorizontalPodAutoscaler"):
        overlay.get(scaler["spec"]["scaleTargetRef"]["kind"], scaler["spec"]["scaleTargetRef"]["name"])
    for claim in overlay.kind("PersistentVolumeClaim"):
        if name := claim["spec"].get("volumeName"):
            volume = overlay.get("PersistentVolume", name)["spec"]
            assert volume["claimRef"] == {"namespace": "dragoman", "name": claim["metadata"]["name"]}
            assert set(claim["spec"]["accessModes"]) <= set(volume["accessModes"])


def test_claims_and_the_rest_of_production_say_what_they_belong_to(production: Rendered) -> None:
    for document in production.documents:
        metadata = document["metadata"]
        assert metadata["labels"]["app.kubernetes.io/part-of"] == "dragoman", metadata["name"]


def test_a_workspace_of_many_nodes_has_its_metadata_elsewhere(overlay: Rendered) -> None:
    """SQLite wants locks that network file systems may not have."""
    run = yaml.safe_load(overlay.get("ConfigMap", "run")["data"]["run.yaml"])
    (mode,) = overlay.get("PersistentVolumeClaim", "workspace")["spec"]["accessModes"]
    elsewhere = run.get("metadata", {}).get("store") == "postgresql"
    assert mode == ("ReadWriteMany" if elsewhere else "ReadWriteOnce")


def test_everything_lives_in_one_namespace(overlay: Rendered) -> None:
    for document in overlay.documents:
        if document["kind"] not in ("Namespace", "PersistentVolume"):
            assert document["metadata"]["namespace"] == "dragoman", document["metadata"]["name"]
