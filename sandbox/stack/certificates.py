"""Certificates of a local authority, created with openssl: a good one, and those that a client must reject or
warn about. They are created at each start, so that "soon" stays soon."""

import shutil
import socket
import ssl
import subprocess
import time
from datetime import datetime, timedelta, timezone

from .part import Absent
from .state import HOST, Failure

# name: (subjectAltName, begin and end in days from now)
LOCAL = "DNS:localhost,IP:127.0.0.1"
KINDS = {
    "good": (LOCAL, -1, 365),
    "expired": (LOCAL, -30, -2),
    "soon": (LOCAL, -360, 2.9),  # not 3: that is a threshold of stacktop
    "wrong-name": ("DNS:other.example", -1, 365),
}
CONFIG = """\
[ca]
default_ca = local
[local]
new_certs_dir = .
database = index.txt
serial = serial.txt
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
x509_extensions = leaf
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[leaf]
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def folder(state):
    return state.folder / "tls"


def make(state):
    """NAME.pem (the key and its certificate) for each kind, and the authority's ca.pem."""
    where, stamp = folder(state), str(state.data["started_at"])
    with state.mutex:
        done = where / "done"
        if done.exists() and done.read_text() == stamp:
            return
        shutil.rmtree(where, ignore_errors=True)
        where.mkdir(mode=0o700)
        (where / "openssl.cnf").write_text(CONFIG)
        (where / "index.txt").touch()
        (where / "serial.txt").write_text("01\n")
        _openssl(where, "req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650",
                 "-subj", "/CN=stacktop lab authority", "-extensions", "authority")
        for name, kind in KINDS.items():
            _sign(where, name, *kind)
        done.write_text(stamp)


def _sign(where, name, alternative, begin, end):
    _openssl(where, "req", "-new", *KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}",
             "-addext", f"subjectAltName={alternative}")
    _openssl(where, "ca", "-batch", "-notext", "-in", f"{name}.csr", "-out", f"{name}.crt",
             "-startdate", _date(begin), "-enddate", _date(end))
    (where / f"{name}.pem").write_text((where / f"{name}.key").read_text() + (where / f"{name}.crt").read_text())


def _date(days):
    return (datetime.fromtimestamp(time.time(), timezone.utc) + timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def _openssl(where, *arguments):
    program = shutil.which("openssl")
    if not program:
        raise Absent("openssl is not installed; it is needed to create certificates")
    config = ("-config", "openssl.cnf") if arguments[0] in ("ca", "req") else ()
    done = subprocess.run([program, arguments[0], *config, *arguments[1:]], cwd=where, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise Failure(f"openssl {arguments[0]}: {done.stdout.strip()[-300:]}")


def days_left(state, part):
    """Of the certificate that a part shows, which has to be one of the authority's."""
    context = ssl.create_default_context(cafile=folder(state) / "ca.pem")
    with socket.create_connection((HOST, state.port(part)), timeout=1) as probe:
        with context.wrap_socket(probe, server_hostname=HOST) as connection:
            end = ssl.cert_time_to_seconds(connection.getpeercert()["notAfter"])
    return (end - time.time()) / 86400
