"""Certificates of servers and files: real servers of OpenSSL, each wrong in its own way."""

import os
import shutil

import pytest

from authority import Shown
from stacktop import CRIT, OK, UNKNOWN, WARN, check, stacktop, write_config
from tls_site import authority, look  # noqa: F401 (a fixture)

BESIDE = "others"
DAY = 86400


def test_a_good_one(tmp_path, authority):
    with Shown(authority, "good", "-cert_chain", "middle.pem") as server:
        cells, findings, status = look(tmp_path, authority, server)
        assert status == OK and not findings
        assert cells["chain"] == "verified" and cells["names"] == "localhost, 127.0.0.1"
        assert cells["issuer"] == "test intermediate" and cells["protocol"] == "TLSv1.3"
        assert cells["key"] == "EC 256" and cells["sent"] == 2 and cells["revocation"] == "none"
        assert 89 * DAY < cells["left"] <= 90 * DAY and len(cells["fingerprint"]) == 64
        assert cells["client"] == "not wanted" and "hsts" not in cells


@pytest.mark.parametrize("name, words, status, finding", [
    ("soon", [], WARN, "site: left 9d "),
    ("expired", [], CRIT, "site: expired 5d 0h ago, at "),
    ("future", [], CRIT, "site: not valid before "),
    ("weak", ["-cipher", "ALL:@SECLEVEL=0"], WARN, "site: weak: RSA key of 1024 bits"),
    ("other", [], CRIT, "site: not for localhost: it is for db.example.com, *.example.com"),
    ("self", [], CRIT, "site: self-signed and not trusted"),
    ("good", [], CRIT, "site: incomplete chain: the issuer test intermediate is neither sent with it nor trusted"),
    ("soon", ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], WARN, "site: weak: protocol TLSv1"),
])
def test_what_is_wrong(tmp_path, authority, name, words, status, finding):
    with Shown(authority, name, *words) as server:
        _, findings, found = look(tmp_path, authority, server)
        assert found == status and any(each.startswith(finding) for each in findings), findings


# ---- files


def files(tmp_path, target):
    done = check(write_config(tmp_path, tls=[{"name": "files", **target}]), "--json")
    document = done.document
    return document.rows("tls", "certificates"), [text for _, text in document.findings], done.status


def test_a_file(tmp_path, authority):
    path = str(authority.path("soon.pem"))
    rows, findings, status = files(tmp_path, {"file": path, "ca_file": str(authority.path("root.pem")),
                                              "key_file": str(authority.path("soon.key"))})
    cells = rows[path]
    assert cells["chain"] == "verified" and cells["key_state"] == "belongs to the certificate" and cells["key_mode"] == "0600"
    assert status == WARN and len(findings) == 1 and findings[0].startswith("files: left 9d ") and "protocol" not in cells


def test_keys(tmp_path, authority):
    own = {"file": str(authority.path("self.pem")), "ca_file": str(authority.path("self.pem"))}
    assert files(tmp_path, own)[2] == OK
    _, findings, status = files(tmp_path, {**own, "key_file": str(authority.path("soon.key"))})
    assert status == CRIT and "belongs to another certificate" in findings[0]
    key = tmp_path / "copy.key"
    shutil.copy(authority.path("self.key"), key)
    key.chmod(0o644)
    _, findings, status = files(tmp_path, {**own, "key_file": str(key)})
    assert status == CRIT and f"every user of this host can read the private key {key} (mode 0644)" in findings[0]
    key.write_text("no key")
    key.chmod(0o600)
    assert "the file has no private key in PEM" in files(tmp_path, {**own, "key_file": str(key)})[1][0]
    assert "No such file" in files(tmp_path, {**own, "key_file": str(tmp_path / "gone.key")})[1][0]
    # the key beside the certificate in one file
    both = tmp_path / "both.pem"
    both.write_bytes(authority.path("self.pem").read_bytes() + authority.path("self.key").read_bytes())
    both.chmod(0o604)
    rows, findings, _ = files(tmp_path, {**own, "file": str(both)})
    assert rows[str(both)]["key_state"] == "belongs to the certificate" and "every user of this host" in findings[0]


def test_several(tmp_path, authority):
    """A row each: one that is no certificate does not hide the others."""
    folder = tmp_path / "certs"
    folder.mkdir()
    for name in ("self", "expired"):
        shutil.copy(authority.path(f"{name}.pem"), folder)
    (folder / "\x1b[31mbad.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    os.mkfifo(folder / "fifo.pem")
    (folder / "link.pem").symlink_to("nowhere")
    rows, findings, status = files(tmp_path, {"file": f"{folder}/*.pem", "ca_file": str(authority.path("self.pem"))})
    assert status == CRIT and len(rows) == 5
    assert rows[f"{folder}/self.pem"]["chain"] == "verified" and rows[f"{folder}/self.pem"]["name"] == "self.pem"
    assert any("expired.pem: expired 5d" in text for text in findings), findings
    assert any("there is no certificate in the file" in text for text in findings)
    assert any("is not a file" in text for text in findings) and any("No such file" in text for text in findings)
    assert not any("\x1b" in text for text in findings)


def test_none(tmp_path, authority):
    _, findings, status = files(tmp_path, {"file": f"{tmp_path}/none/*.pem"})
    assert status == CRIT and "No such file" in findings[0]
    # what is trusted has to be there
    file = str(authority.path("self.pem"))
    for path, words in ((f"{tmp_path}/gone.pem", "No such file"), (str(authority.path("self.key")), "no certificate")):
        done = check(write_config(tmp_path, tls=[{"name": "files", "file": file, "ca_file": path}]), "--json")
        assert done.status == UNKNOWN and f"ca_file {path}: " in done.document.findings[0][1], done
        assert words in done.document.findings[0][1]


def test_errors_have_their_place(tmp_path):
    def words(text):
        path = tmp_path / "bad.yaml"
        path.write_text(f"tls:\n  - name: site\n{text}")
        return stacktop("config", "--check", "-c", path).stderr

    assert "address or file is required" in words("    insecure: true\n")
    assert "address and file exclude each other" in words('    address: "a:1"\n    file: /a\n')
    assert "not an absolute path" in words("    file: a.pem\n")
    assert "key_file needs file" in words('    address: "a:1"\n    key_file: /a\n')
    assert "it excludes starttls" in words('    address: "a:1"\n    starttls: smtp\n    hsts: 1d\n')
