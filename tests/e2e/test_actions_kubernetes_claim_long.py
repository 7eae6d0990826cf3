"""The size of a claim, on a real control plane. It has no driver: a test plays one by the claim's status."""

import threading

import pytest

from control_plane import claim, storage_class, volume, wait_until
from kubernetes_plane import (FAILED, PARTLY, UNSURE, apply, config, configured, plan, plane, recorded,  # noqa: F401
                              relay, shared_plane)
from stacktop import check

BESIDE = "others"
ACTION = "kubernetes.resize-claim"


@pytest.fixture
def claims(plane):  # noqa: F811
    """A bound claim, and its neighbour of the same name, which nothing may touch."""
    for each in (storage_class("grows"), storage_class("fixed", False)):
        plane.apply(each)
    for namespace in ("ecap", "shop"):
        bind(plane, namespace, "data")
    before = plane.read(claim("shop", "data"))
    yield plane
    after = plane.read(claim("shop", "data"))
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])
    release(plane)


def bind(plane, namespace, name, kind="grows"):  # noqa: F811
    plane.apply(volume(f"{namespace}-{name}", namespace, name, storage_class=kind))
    plane.apply(claim(namespace, name, storageClassName=kind))
    wait_until(lambda: plane.read(claim(namespace, name))["status"]["phase"] == "Bound", what="the claim")


def release(plane):  # noqa: F811
    """clear() leaves the volumes, which belong to no namespace."""
    plane.clear()
    for one in plane.get("/api/v1/persistentvolumes")["items"]:
        plane.call("DELETE", f"/api/v1/persistentvolumes/{one['metadata']['name']}")


def wanted(plane, namespace="ecap", name="data"):  # noqa: F811
    return plane.read(claim(namespace, name))["spec"]["resources"]["requests"]["storage"]


def driver(plane, status):  # noqa: F811
    """Plays the driver once the claim requests more."""
    def play():
        wait_until(lambda: wanted(plane) != "1Gi", 30)
        plane.patch(claim("ecap", "data"), {"status": status}, "/status")
    thread = threading.Thread(target=play)
    thread.start()
    return thread


def test_a_driver_resizes_it(claims, config, tmp_path):  # noqa: F811
    planned = plan(config, ACTION, "ecap/data", "size=2Gi")
    said = str(planned)
    assert "requests 2Gi (2.0 GB), so far 1Gi (1.0 GB)" in said, said
    assert "a claim can never become smaller again" in said and "its storage class grows allows it" in said
    assert wanted(claims) == "1Gi"
    thread = driver(claims, {"capacity": {"storage": "2Gi"}})
    text = apply(config, planned)
    thread.join()
    assert "resized to 2Gi after" in text, text
    assert wanted(claims) == "2Gi"
    _, ended = recorded(tmp_path, ACTION, "done")
    assert not ended.get("undo")


def test_no_driver_acts(claims, config, tmp_path):  # noqa: F811
    text = apply(config, plan(config, ACTION, "ecap/data", "size=2Gi"), PARTLY)
    assert "accepted, the driver has not resized it yet" in text, text
    assert wanted(claims) == "2Gi"
    recorded(tmp_path, ACTION, "partial")
    cells = next(cells for cells in check(config, "--json").document.rows("kubernetes", "storage").values()
                 if cells["storage"] == "ecap/data")
    assert (cells["size"], cells["requested"]) == (1 << 30, 2 << 30)


def test_the_file_system_grows_later(claims, config):  # noqa: F811
    thread = driver(claims, {"conditions": [{"type": "FileSystemResizePending", "status": "True"}]})
    text = apply(config, plan(config, ACTION, "ecap/data", "size=2Gi"), PARTLY)
    thread.join()
    assert "its file system grows when a pod next mounts it (FileSystemResizePending)" in text, text
    cells = next(cells for cells in check(config, "--json").document.rows("kubernetes", "storage").values()
                 if cells["storage"] == "ecap/data")
    assert cells["state"] == "resize pending"


def test_a_driver_that_fails(claims, config):  # noqa: F811
    thread = driver(claims, {"conditions": [{"type": "ControllerResizeError", "status": "True",
                                             "message": "quota of the project exceeded\n\x1b[31m"}]})
    text = apply(config, plan(config, ACTION, "ecap/data", "size=2Gi"), PARTLY)
    thread.join()
    assert "the driver cannot resize it: quota of the project exceeded" in text and "\x1b" not in text, text
    assert "cannot be resized: quota of the project exceeded" in check(config).stdout


def test_what_is_refused(claims, config):  # noqa: F811
    """Before anything is sent."""
    bind(claims, "ecap", "stiff", "fixed")
    claims.apply(claim("ecap", "unbound", storageClassName="grows"))
    claims.apply(volume("plain", "ecap", "plain", storage_class=""))
    claims.apply(claim("ecap", "plain", storageClassName=""))
    wait_until(lambda: claims.read(claim("ecap", "plain"))["status"]["phase"] == "Bound")
    for name, size, reason in (
            ("data", "512Mi", "it has 1Gi (1.0 GB): a claim can only become larger"),
            ("data", "1024Mi", "nothing to change: it requests 1Gi (1.0 GB) already"),
            ("stiff", "2Gi", "the storage class fixed does not allow it (allowVolumeExpansion is not true)"),
            ("unbound", "2Gi", "only a claim that is bound can be resized"),
            ("plain", "2Gi", "it has no storage class")):
        text = plan(config, ACTION, f"ecap/{name}", f"size={size}", status=FAILED)
        assert reason in text, text
        assert wanted(claims, name=name) == "1Gi"


def test_changed_since_the_plan(claims, config, tmp_path):  # noqa: F811
    planned = plan(config, ACTION, "ecap/data", "size=3Gi")
    claims.patch(claim("ecap", "data"), {"spec": {"resources": {"requests": {"storage": "2Gi"}}}})
    assert "its size was changed since the plan was made (it now requests 2Gi)" in apply(config, planned, FAILED)
    assert wanted(claims) == "2Gi"
    recorded(tmp_path, ACTION, "refused")


def test_another_claim_of_the_name(claims, config, tmp_path):  # noqa: F811
    planned = plan(config, ACTION, "ecap/data", "size=2Gi")
    claims.delete(claim("ecap", "data"))
    claims.call("DELETE", "/api/v1/persistentvolumes/ecap-data")
    wait_until(lambda: not any(one["metadata"]["name"] == "data" for one in
                               claims.get("/api/v1/namespaces/ecap/persistentvolumeclaims")["items"]), what="its end")
    wait_until(lambda: not any(one["metadata"]["name"] == "ecap-data" for one in
                               claims.get("/api/v1/persistentvolumes")["items"]), what="its volume's end")
    bind(claims, "ecap", "data")
    assert "another one has its name" in apply(config, planned)
    assert wanted(claims) == "1Gi"
    recorded(tmp_path, ACTION, "gone")


@pytest.mark.parametrize("passes", [True, False], ids=["made", "not made"])
def test_no_answer(claims, tmp_path, passes):  # noqa: F811
    with relay(claims, passes) as url:
        path = configured(claims, tmp_path, kubeconfig=None, proxy=url)
        assert "sent, but no answer" in apply(path, plan(path, ACTION, "ecap/data", "size=2Gi"), UNSURE)
    recorded(tmp_path, ACTION, "unknown")
    assert wanted(claims) == ("2Gi" if passes else "1Gi")
