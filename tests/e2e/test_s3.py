"""Object stores: what is shown of buckets, backups and the probe, and what faults look like. A played server that
verifies signatures (s3_server.py); real ones: test_s3_long.py."""

import re

import pytest

from s3_server import ACCESS, SECRET, Refused, Store, played
from stacktop import CONFIG, CRIT, OK, UNKNOWN, WARN, check, stacktop, write_config

BESIDE = "others"


def configured(folder, url, **options):
    return write_config(folder, hosts=[], s3=[{"name": "lake", "url": url, "timeout": "3s", "access_key": ACCESS,
                                              "secret_key": SECRET, **options}])


def checked(folder, store, *arguments, **options):
    with played(store) as url:
        return check(configured(folder, url, **options), "--json", *arguments)


def sentences(run):
    return [sentence for _, sentence in run.document.findings]


def reason(run):
    return run.document.target("s3")["error"]["text"]


def test_what_is_fine(tmp_path):
    store = Store(data={}, backups={})
    store.put("backups", "pg/1 a+b&c.gz", b"x" * 2000, hours=25)
    store.put("backups", "pg/2.gz", b"x" * 1500, hours=1)
    store.put("backups", "pg/2.gz.sha256", b"x", hours=0.5)
    store.settings["data"] = {
        "versioning": "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        "encryption": Refused(404, "ServerSideEncryptionConfigurationNotFoundError"),
        "policyStatus": Refused(404, "NoSuchBucketPolicy"), "acl": Refused(403, "AccessDenied")}
    run = checked(tmp_path, store, backups={"pg": "backups/pg/ match *.gz"}, probe="data/our probe+é/")
    assert run.status == OK, run
    buckets = run.document.rows("s3", "buckets")
    assert set(buckets) == {"data", "backups"}
    assert buckets["data"] == buckets["data"] | {"state": "ok", "public": "no", "versioning": "on",
                                                 "encryption": "none"}
    assert buckets["backups"]["versioning"] == {"unknown": "the server has no such setting"}
    row = run.document.rows("s3", "backups")["pg"]
    assert row == row | {"size": 1500, "before": 2000, "objects": 2, "total": 3500, "newest": "2.gz"}
    assert 3500 < row["age"] < 3700
    probe = run.document.rows("s3", "probe")
    assert [probe[step]["state"] for step in ("put", "get", "delete")] == ["ok"] * 3
    assert store.buckets["data"] == {}, "the object of the probe is left"
    changed = [each for each in store.requests if each[0] != "GET"]
    assert [each[0] for each in changed] == ["PUT", "DELETE"]
    assert all(re.fullmatch(r"our probe\+é/stacktop-probe-[0-9a-f]{32}", each[2]) for each in changed)
    assert SECRET not in run.stdout


@pytest.mark.parametrize("objects, severity, words", [
    ([("old", b"x" * 9, 30)], "crit", "the newest object is 1d 6h old, above 1d 2h"),
    ([("a", b"x" * 9000, 25), ("b", b"x" * 3000, 1)], "warn", "has 2.9 kB, the one before it 8.8 kB"),
    ([("a", b"x" * 9000, 25), ("b", b"", 1)], "crit", "the newest object is empty"),
    ([], "crit", "there is no object"),
    ([("folder/", b"", 1)], "crit", "there is no object"),
])
def test_backups_that_are_not_fine(tmp_path, objects, severity, words):
    store = Store(backups={})
    for key, body, hours in objects:
        store.put("backups", f"pg/{key}", body, hours)
    run = checked(tmp_path, store, backups={"pg": "backups/pg/"})
    assert [each for each in run.document.findings if each[0] == severity and words in each[1]], run


@pytest.mark.parametrize("settings, public, words", [
    ({}, True, "anyone can list its objects, without a login"),
    ({"policyStatus": "<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>"}, False, "its policy allows something to everyone"),
    ({"policy": '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:GetObject"}]}',
      "policyStatus": "<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>"}, False,
     "its policy allows something to everyone"),
    ({"acl": "<AccessControlPolicy><AccessControlList><Grant><Grantee><URI>http://acs.amazonaws.com/groups/global/"
             "AllUsers</URI></Grantee></Grant></AccessControlList></AccessControlPolicy>"}, False,
     "its access control list makes it public"),
])
def test_a_public_bucket(tmp_path, settings, public, words):
    store = Store(data={})
    store.settings["data"] = settings
    store.public = {"data"} if public else set()
    run = checked(tmp_path, store)
    assert run.status == (CRIT if public else WARN) and any(words in each for each in sentences(run)), run
    run = checked(tmp_path, store, public=["data"])
    assert run.status == OK and run.document.rows("s3", "buckets")["data"]["public"] == "meant", run


def test_buckets_that_are_missing_or_denied(tmp_path):
    store = Store(data={}, other={})
    store.faults["GET", "other"] = Refused(403, "AccessDenied")
    run = checked(tmp_path, store, buckets=["data", "other", "gone"])
    rows = run.document.rows("s3", "buckets")
    assert run.status == CRIT and [rows[name]["state"] for name in ("data", "other", "gone")] == \
        ["ok", "denied", "missing"], run
    assert "the bucket does not exist" in rows["gone"]["error"]


@pytest.mark.parametrize("change, status, words", [
    (lambda store: setattr(store, "skew", 1000), UNKNOWN, "the clock of this host is 16m"),
    (lambda store: store.faults.update({("GET", "*"): b"<!DOCTYPE html><html>console</html>"}), UNKNOWN,
     "a web page: does url lead to the S3 API?"),
    (lambda store: store.faults.update({("GET", "*"): b'{"a": 1}'}), UNKNOWN, "the answer is not XML"),
    (lambda store: store.faults.update({("GET", "*"): b"<Hello/>"}), UNKNOWN, "not a list of"),
    (lambda store: setattr(store, "token", "x"), UNKNOWN, "session_token is not valid"),
])
def test_a_server_that_does_not_serve(tmp_path, change, status, words):
    store = Store(data={})
    change(store)
    for buckets in ({}, {"buckets": ["data"]}):
        run = checked(tmp_path, store, **buckets)
        assert run.status == status and (words in run.stdout), run
        assert not any(row["state"] == "ok" for row in run.document.rows("s3", "buckets").values()) \
            if run.document.target("s3")["tables"] else True


def test_logins_that_are_refused(tmp_path):
    store = Store(data={})
    run = checked(tmp_path, store, secret_key="not-the-key")
    assert run.status == UNKNOWN and "secret_key is wrong" in reason(run) and "not-the-key" not in run.stdout, run
    run = checked(tmp_path, store, access_key="nobody")
    assert run.status == UNKNOWN and "does not know this access_key" in reason(run), run
    run = checked(tmp_path, store, region="eu-west-1")
    assert run.status == UNKNOWN and "the region is us-east-1 and not eu-west-1" in reason(run), run
    store.token = "a/token=="
    run = checked(tmp_path, store, session_token="a/token==")
    assert run.status == OK and "a/token==" not in run.stdout, run


# ---- the probe


def test_a_probe_that_fails(tmp_path):
    store = Store(data={})
    store.faults["PUT", "data/"] = Refused(403, "AccessDenied")
    run = checked(tmp_path, store, probe="data/p/")
    assert run.status == CRIT and any("put: the probe failed: access is denied" in each for each in sentences(run)), run
    assert "not reached" in run.document.rows("s3", "probe")["delete"]["state"]["unknown"]
    store.faults = {("GET", "data/"): b"x" * 1024}
    run = checked(tmp_path, store, probe="data/p/")
    assert run.status == CRIT and any("is not the one that was written" in each for each in sentences(run)), run
    assert store.buckets["data"] == {}


def test_what_an_earlier_probe_left_is_deleted_and_nothing_else(tmp_path):
    store = Store(data={})
    run = checked(tmp_path, store, probe="data/p/")
    name = next(each[2] for each in store.requests if each[0] == "PUT")[len("p/"):]
    text = f"{name} was written by a probe of stacktop, and may be deleted.\n".encode()
    body = (text * 20)[:1024]
    other = "stacktop-probe-" + "0" * 32
    store.put("data", f"p/{name}", body, hours=1)
    store.put("data", f"p/{name}x", body, hours=1)
    store.put("data", "p/stacktop-probe-notes.txt", b"x" * 1024, hours=1)
    run = checked(tmp_path, store, probe="data/p/")
    assert run.status == OK and set(store.buckets["data"]) == {f"p/{name}x", "p/stacktop-probe-notes.txt"}, run
    store.put("data", f"p/{other}", b"y" * 1024, hours=1)
    run = checked(tmp_path, store, probe="data/p/")
    assert f"p/{other}" in store.buckets["data"] and run.status == WARN, run
    assert any("has another content and is kept" in each for each in sentences(run)), run
    assert "not reached" in run.document.rows("s3", "probe")["put"]["state"]["unknown"]


def test_a_probe_in_a_bucket_with_versions_deletes_its_version(tmp_path):
    store = Store(data={})
    store.versions = {"data"}
    assert checked(tmp_path, store, probe="data/p/").status == OK
    assert store.deleted_versions == ["v/1+"]


@pytest.mark.parametrize("arguments, options, env", [
    (("--read-only",), {}, None), ((), {"read_only": True}, None), ((), {}, {"STACKTOP_READ_ONLY": "1"})])
def test_nothing_is_written_where_all_is_read_only(tmp_path, arguments, options, env):
    store = Store(data={})
    with played(store) as url:
        run = check(configured(tmp_path, url, probe="data/p/", **options), "--json", *arguments, env=env)
    assert run.status == OK and not [each for each in store.requests if each[0] != "GET"], run
    notes = " ".join(note["text"] for note in run.document.target("s3")["notes"])
    assert "the probe does not run: read" in notes


@pytest.mark.parametrize("options, words", [
    ({"buckets": ["No such name"]}, "is not the name of a bucket"),
    ({"backups": {"a": "backups/p max_age never"}}, "max_age:"),
    ({"probe": "data"}, "has no prefix; write bucket/prefix/"),
    ({"probe": "data/../x/"}, "none that ends with a dot"),
    ({"secret_key": None}, "access_key and secret_key belong together"),
    ({"url": "http://u:p@x"}, "has no login"),
    ({"access_key": "a b"}, "blanks"),
    ({"check_every": "1s"}, "out of range"),
])
def test_options_that_mean_nothing(tmp_path, options, words):
    target = {"name": "lake", "url": "http://127.0.0.1:1", "access_key": "a", "secret_key": "s", **options}
    config = write_config(tmp_path, hosts=[], s3=[{n: v for n, v in target.items() if v is not None}])
    run = stacktop("config", "--check", "-c", config)
    assert run.status == CONFIG and words in run.stderr, run


def test_secrets_are_not_shown(tmp_path):
    run = stacktop("config", "-c", configured(tmp_path, "http://127.0.0.1:1", session_token="tok-en"))
    assert run.status == OK and SECRET not in run.stdout and "tok-en" not in run.stdout and "***" in run.stdout, run
