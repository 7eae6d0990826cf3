"""What takes several collections of an object store, with the played server (s3_server.py)."""

from s3_server import Refused, Store
from stacktop import CRIT, OK, UNKNOWN
from test_s3 import checked, reason, sentences

BESIDE = "others"


def test_a_long_list_is_read_in_parts(tmp_path):
    """Twenty pages in a collection. What is beyond is not judged, until the list was read to its end."""
    store = Store(backups={})
    for i in range(250):
        store.put("backups", f"pg/{i:04}", b"x", hours=100 - i / 10)
    store.put("backups", "pg/9999", b"x", hours=1)
    store.page, store.urls = 10, True
    run = checked(tmp_path, store, backups={"pg": "backups/pg/"}, buckets=["backups"])
    assert run.status == UNKNOWN, run
    assert any("old among the first 200 objects; the list is longer" in each for each in sentences(run)), run
    run = checked(tmp_path, store, "--duration", "2s", backups={"pg": "backups/pg/"}, buckets=["backups"])
    assert run.status == OK, run
    row = run.document.rows("s3", "backups")["pg"]
    assert row["objects"] == 251 and row["newest"] == "9999"


def test_a_probe_that_cannot_delete_writes_no_second_object(tmp_path):
    store = Store(data={})
    store.faults["DELETE", "data/"] = Refused(403, "AccessDenied")
    run = checked(tmp_path, store, "--duration", "12s", probe="data/p/", probe_every="5s", timeout="2s")
    assert run.status == CRIT and len(store.buckets["data"]) == 1, run
    assert any("could not be deleted; no new object is written" in each for each in sentences(run)), run
    assert len([each for each in store.requests if each[0] == "DELETE"]) >= 2


def test_a_server_that_hangs(tmp_path):
    store = Store(data={})
    store.faults["GET", "*"] = "hang"
    for buckets in ({}, {"buckets": ["data"]}):
        run = checked(tmp_path, store, **buckets)
        assert run.status == CRIT and "no response within" in reason(run), run
