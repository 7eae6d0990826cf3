"""Certificates that are wrong in all ways, and one target that looks at a server with one of them."""

import shutil

import pytest

from authority import CA, Authority
from stacktop import check, write_config


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    own = Authority(tmp_path_factory.mktemp("authority"))
    own.issue("middle", extensions=CA, subject="/CN=test intermediate")
    own.issue("good", issuer="middle")
    own.issue("soon", end=9.5)
    own.issue("expired", begin=-30, end=-5)
    own.issue("future", begin=7)
    own.issue("weak", key="rsa:1024", digest="sha1")
    own.issue("other", names="DNS:db.example.com,DNS:*.example.com")
    own.issue("self", issuer="self")
    own.issue("evil", names="DNS:localhost", subject="/CN=\x1b[31mred\x07")
    return own


def look(tmp_path, authority, server=None, **options):
    """The row, the findings and the status of one target."""
    target = {"name": "site", **options}
    if server:
        target = {"address": f"localhost:{server.port}", "ca_file": str(authority.path("root.pem")), **target}
    done = check(write_config(tmp_path, tls=[target]), "--json")
    document = done.document
    return document.summary("tls", "certificates"), [text for _, text in document.findings], done.status
