"""Kafka's jars: fetched once with Maven from the pinned pom.xml, into a cache that all sandboxes share."""

import hashlib
import os
import re
import shutil
import subprocess

from . import cache
from .part import Absent
from .state import ROOT

POM = ROOT / "sandbox/kafka/pom.xml"
MAVEN_SECONDS = 420
JAVA_VERSION = 17
# Starts fast and leaves nothing in /tmp.
QUICK = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"]


def java():
    """The path of a Java that can run Kafka 4."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin") if home else None
    program = program or shutil.which("java")
    if not program:
        raise Absent("no Java: Kafka needs Java 17 or newer")
    told = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    if not version or int(version.group(1)) < JAVA_VERSION:
        raise Absent(f"Kafka needs Java 17 or newer, found {told.splitlines()[0] if told else 'an unknown version'}")
    return program


def get(log, env=None, pom=POM, what="Kafka's jars", size="45 MB"):
    """The directory with the jars of that pom.xml. If they are missing, Maven fetches them with this environment; its
    output goes to log."""
    return cache.get(hashlib.sha256(pom.read_bytes()).hexdigest()[:12], lambda incoming: _fetch(incoming, log, env, pom, what, size))


def _fetch(incoming, log, env, pom, what, size):
    maven = shutil.which("mvn")
    if not maven:
        raise Absent(f"mvn is not installed; it is needed to fetch {what}")
    print(f"fetching {what} with Maven ({size}, once) ...", flush=True)
    repository = incoming.parent / "repository"
    cache.run([maven, "-B", "-ntp", "-f", str(pom), f"-Dmaven.repo.local={repository}",
               "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={incoming}"],
              "Maven", what, log, MAVEN_SECONDS, env)
    shutil.rmtree(repository, ignore_errors=True)  # only the jars are needed


def command(jars, main, *arguments, heap="-Xmx256m", options=()):
    return [java(), heap, *QUICK, *options, "-cp", f"{jars}/*", main, *arguments]
