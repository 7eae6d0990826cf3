"""Object stores against real servers: Versity's gateway, which verifies signatures strictly, and moto with its checks
of logins on."""

import json
import urllib.request

import pytest

import s3_real
from stack.part import Absent
from stacktop import CRIT, OK, UNKNOWN, WARN, check, write_config

BESIDE = "others"


def configured(folder, url, access=s3_real.ACCESS, secret=s3_real.SECRET, **options):
    return write_config(folder, hosts=[], s3=[{"name": "lake", "url": url, "access_key": access, "secret_key": secret,
                                              **options}])


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    try:
        return s3_real.moto_folder(tmp_path_factory.mktemp("moto") / "fetch.log")
    except Absent as absent:
        pytest.skip(str(absent))


def fill(client):
    client.create_bucket(Bucket="ecap-data-lake")
    client.create_bucket(Bucket="ecap-backups")
    client.put_object(Bucket="ecap-backups", Key="pg/1 a+b&é.gz", Body=b"x" * 3000)
    client.put_object(Bucket="ecap-backups", Key="pg/2.gz", Body=b"x" * 2500)


def left(client):
    return [each["Key"] for each in client.list_objects_v2(Bucket="ecap-data-lake").get("Contents", [])]


OPTIONS = {"backups": {"pg": "ecap-backups/pg/ match *.gz", "odd": "ecap-backups/pg/1 a+b&é"},
           "probe": "ecap-data-lake/our probe+é/"}


def test_a_gateway(tmp_path, packages):
    with s3_real.gateway(tmp_path) as url:
        client = s3_real.client(packages, url, s3_real.ACCESS, s3_real.SECRET)
        fill(client)
        run = check(configured(tmp_path, url, **OPTIONS), "--json")
        assert run.status == OK, run
        buckets = run.document.rows("s3", "buckets")
        assert {name: (row["state"], row["public"], row["versioning"]) for name, row in buckets.items()} == {
            "ecap-data-lake": ("ok", "no", "off"), "ecap-backups": ("ok", "no", "off")}
        backups = run.document.rows("s3", "backups")
        assert backups["pg"]["objects"] == 2 and backups["pg"]["newest"] == "2.gz"
        assert backups["odd"]["objects"] == 1 and backups["odd"]["size"] == 3000
        assert not left(client)

        # With versions, neither the object nor a marker stays.
        client.put_bucket_versioning(Bucket="ecap-data-lake", VersioningConfiguration={"Status": "Enabled"})
        run = check(configured(tmp_path, url, **OPTIONS), "--json")
        assert run.status == OK and run.document.rows("s3", "buckets")["ecap-data-lake"]["versioning"] == "on", run
        versions = client.list_object_versions(Bucket="ecap-data-lake")
        assert not versions.get("Versions") and not versions.get("DeleteMarkers"), versions

        run = check(configured(tmp_path, url, secret="wrong"), "--json")
        assert run.status == UNKNOWN and "secret_key is wrong" in run.document.target("s3")["error"]["text"], run
        run = check(configured(tmp_path, url, access="nobody"), "--json")
        assert run.status == UNKNOWN and "access_key" in run.document.target("s3")["error"]["text"], run
        run = check(configured(tmp_path, url, region="eu-west-1"), "--json")
        assert run.status == UNKNOWN and "region" in run.document.target("s3")["error"]["text"], run
        run = check(configured(tmp_path, url, buckets=["ecap-data-lake", "not-there"]), "--json")
        assert run.status == CRIT and run.document.rows("s3", "buckets")["not-there"]["state"] == "missing", run

        # A policy that lets everyone list.
        client.put_bucket_policy(Bucket="ecap-backups", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket",
             "Resource": "arn:aws:s3:::ecap-backups"}]}))
        run = check(configured(tmp_path, url), "--json")
        assert run.status == CRIT and run.document.rows("s3", "buckets")["ecap-backups"]["public"] == "listed", run


def test_moto_with_its_checks(tmp_path, packages):
    """It verifies signatures by botocore, knows users and their rights, and settings that the gateway has not."""
    with s3_real.moto(tmp_path) as url:
        admin = s3_real.client(packages, url, "x", "x")
        fill(admin)
        admin.put_bucket_encryption(Bucket="ecap-backups", ServerSideEncryptionConfiguration={"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
        admin.put_bucket_acl(Bucket="ecap-data-lake", ACL="public-read")
        keys = {}
        iam = s3_real.client(packages, url, "x", "x", "iam")
        for name, actions in (("good", "s3:*"), ("none", "s3:GetObject")):
            iam.create_user(UserName=name)
            iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps({
                "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}))
            key = iam.create_access_key(UserName=name)["AccessKey"]
            keys[name] = {"access": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
        urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset-auth", data=b"0", method="POST",
                                                      headers={"Content-Type": "text/plain"}), timeout=5)

        run = check(configured(tmp_path, url, **keys["good"], **OPTIONS), "--json")
        buckets = run.document.rows("s3", "buckets")
        assert buckets["ecap-backups"]["encryption"] == "AES256" and buckets["ecap-backups"]["state"] == "ok", run
        assert buckets["ecap-data-lake"]["public"] in ("listed", "acl") and run.status in (WARN, CRIT), run
        probe = run.document.rows("s3", "probe")
        assert [probe[step]["state"] for step in ("put", "get", "delete")] == ["ok"] * 3, run
        assert run.document.rows("s3", "backups")["odd"]["size"] == 3000, run

        run = check(configured(tmp_path, url, keys["good"]["access"], "wrong"), "--json")
        assert run.status == UNKNOWN and "secret_key is wrong" in run.document.target("s3")["error"]["text"], run
        run = check(configured(tmp_path, url, **keys["none"], buckets=["ecap-backups"]), "--json")
        assert run.status == CRIT and run.document.rows("s3", "buckets")["ecap-backups"]["state"] == "denied", run
