"""The certificate of a real PostgreSQL, which is asked for TLS in its own protocol (SSLRequest)."""

import shutil

import pytest

from authority import Authority
from page_server import PROGRAMS
from postgres_servers import Cluster
from stacktop import UNKNOWN, WARN, check, write_config

BESIDE = "others"


def look(tmp_path, cluster, root):
    done = check(write_config(tmp_path, tls=[{"name": "db", "address": f"127.0.0.1:{cluster.port}", "starttls": "postgres",
                                              "ca_file": root}]), "--json")
    return done, [text for _, text in done.document.findings]


def test_postgres(tmp_path, tmp_path_factory):
    if not PROGRAMS or not shutil.which("openssl"):
        pytest.skip("PostgreSQL or openssl is not installed")
    folder = tmp_path / "authority"
    folder.mkdir()
    authority = Authority(folder)
    authority.issue("db", end=9.5)
    root = str(folder / "root.pem")
    cluster = Cluster(tmp_path_factory.mktemp("tls") / "server", PROGRAMS[-1].parent, 15)
    try:
        cluster.make()
        cluster.start()
        done, findings = look(tmp_path, cluster, root)
        assert done.status == UNKNOWN and "the server does not offer TLS (ssl = off)" in findings[0]
        cluster.stop()
        cluster.write("server.crt", (folder / "db.pem").read_text())
        cluster.write("server.key", (folder / "db.key").read_text())
        (cluster.data / "server.key").chmod(0o600)
        cluster.configure("ssl = on\n")
        cluster.start()
        done, findings = look(tmp_path, cluster, root)
        cells = done.document.summary("tls", "certificates")
        assert done.status == WARN and cells["chain"] == "verified" and cells["protocol"] == "TLSv1.3", findings
        assert len(findings) == 1 and findings[0].startswith("db: left 9d ")
    finally:
        cluster.remove()
