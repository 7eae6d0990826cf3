"""Kafka's jars: by Maven from the pinned pom.xml, once, into a cache that all sandboxes share."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from .part import Absent
from .state import ROOT

POM = ROOT / "sandbox/kafka/pom.xml"
MAVEN_SECONDS = 420
JAVA_VERSION = 17
# Quick to start, and with nothing left in /tmp.
QUICK = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"]


def java():
    """The path of a Java that Kafka 4 runs on."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin") if home else None
    program = program or shutil.which("java")
    if not program:
        raise Absent("no Java: Kafka needs Java 17 or newer")
    told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if not version or int(version.group(1)) < JAVA_VERSION:
        raise Absent(f"Kafka needs Java 17 or newer, this is {told.splitlines()[0] if told else 'none'}")
    return program


def get(log, env=None):
    """The folder with the jars. They are fetched when they are not there yet, by a Maven with this
    environment; log gets its words."""
    name = hashlib.sha256(POM.read_bytes()).hexdigest()[:12]
    cache = _cache()
    jars = cache / name
    if not jars.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with open(cache / "lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not jars.is_dir():
                _fetch(cache, jars, log, env)
    return jars


def _cache():
    """$STACKTOP_SANDBOX_CACHE, or build/sandbox-kafka in the checkout."""
    return Path(os.environ.get("STACKTOP_SANDBOX_CACHE") or ROOT / "build/sandbox-kafka").resolve()


def _fetch(cache, jars, log, env):
    maven = shutil.which("mvn")
    if not maven:
        raise Absent("no mvn to fetch Kafka's jars with")
    incoming, repository = cache / "incoming", cache / "repository"
    shutil.rmtree(incoming, ignore_errors=True)
    print("fetching Kafka's jars by Maven (45 MB, once) ...", flush=True)
    with open(log, "w") as output:
        try:
            status = subprocess.run(
                [maven, "-B", "-ntp", "-f", str(POM), f"-Dmaven.repo.local={repository}",
                 "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={incoming}"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=cache, env=env,
                timeout=MAVEN_SECONDS, check=False).returncode
        except subprocess.TimeoutExpired:
            raise Absent(f"Maven did not get Kafka's jars in {MAVEN_SECONDS} s") from None
    if status:
        raise Absent(f"Maven could not get Kafka's jars: {_reason(log)}")
    incoming.rename(jars)
    shutil.rmtree(repository, ignore_errors=True)  # the jars are all that is needed of it


def _reason(log):
    errors = [line for line in Path(log).read_text(errors="replace").splitlines() if "ERROR" in line]
    return re.sub(r"\x1b\[[0-9;]*m|\[ERROR\]", "", errors[0]).strip()[:300] if errors else f"see {log}"


def command(jars, main, *arguments, heap="-Xmx256m", options=()):
    return [java(), heap, *QUICK, *options, "-cp", f"{jars}/*", main, *arguments]
