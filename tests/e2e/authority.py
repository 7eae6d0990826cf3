"""Certificates of a test: a root, what it issues, and servers of OpenSSL (s_server) that show them."""

import subprocess
import time

from stacktop import closed_port
from terminal import PATIENCE

CONFIG = """\
[ca]
default_ca = own
[own]
new_certs_dir = .
database = index.txt
serial = serial
default_md = sha256
policy = any
unique_subject = no
email_in_dn = no
[any]
commonName = supplied
"""

CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"


def run(folder, *words, **options):
    return subprocess.run(["openssl", *map(str, words)], cwd=folder, check=True, capture_output=True, **options)


def when(days):
    """A time from now, as openssl ca takes it."""
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * 86400))


class Authority:
    """NAME.pem and NAME.key in a folder. The root is root.pem."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "ca.conf").write_text(CONFIG)
        (folder / "index.txt").write_text("")
        (folder / "serial").write_text("1000")
        self.request("root", "/CN=test root", "ec")
        self.sign("root", "root", CA, -10, 400, selfsigned=True)

    def request(self, name, subject, key):
        kind = (["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else ["-newkey", key])
        run(self.folder, "req", "-new", *kind, "-nodes", "-utf8", "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.csr")

    def sign(self, name, issuer, extensions, begin, end, selfsigned=False, digest="sha256"):
        (self.folder / "extensions").write_text(extensions)
        by = ["-selfsign"] if selfsigned else ["-cert", f"{issuer}.pem"]
        run(self.folder, "ca", "-batch", "-config", "ca.conf", "-notext", "-md", digest, *by, "-keyfile", f"{issuer}.key",
            "-startdate", when(begin), "-enddate", when(end), "-extfile", "extensions", "-in", f"{name}.csr", "-out", f"{name}.pem")

    def issue(self, name, names="DNS:localhost,IP:127.0.0.1", issuer="root", begin=-5, end=90, key="ec", digest="sha256",
              subject=None, extensions=None):
        """The path of its certificate."""
        self.request(name, subject or f"/CN={name}", key)
        if extensions is None:
            extensions = f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n"
        self.sign(name, issuer, extensions, begin, end, selfsigned=issuer == name, digest=digest)
        return self.folder / f"{name}.pem"

    def path(self, name):
        return self.folder / name


class Shown:
    """openssl s_server with a certificate of an authority."""

    def __init__(self, authority, name, *words, port=None):
        self.port = port or closed_port()
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-cert", f"{name}.pem", "-key", f"{name}.key",
             "-www", *map(str, words)], cwd=authority.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if line.startswith("ACCEPT"):
                return
        raise AssertionError(f"s_server ended: {self.process.wait(5 * PATIENCE)}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
