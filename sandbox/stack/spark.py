"""Spark: the package pyspark, pinned, fetched once with pip into the cache. It has the jars of Spark."""

import os
import shutil
import sys
import tarfile
import zipfile

from . import cache, jars

FETCH_SECONDS = 900
SPARK = "3.5.8"
WANTED = [f"pyspark=={SPARK}", "py4j==0.10.9.7"]


def get(log):
    """The directory with the Python packages; raises Absent."""
    jars.java()

    def fetch(incoming):
        python = shutil.which("python3") or sys.executable
        print(f"fetching Spark {SPARK} with pip (320 MB, once) ...", flush=True)
        cache.run([python, "-m", "pip", "download", "--no-deps", "-d", str(incoming), *WANTED], "pip", f"Spark {SPARK}", log,
                  FETCH_SECONDS)
        packed = next(incoming.glob("pyspark-*.tar.gz"))
        with tarfile.open(packed) as archive:
            for member in archive:
                inside = member.name.partition("/")[2]
                if inside.startswith(("pyspark/", "deps/jars/", "deps/bin/")) and "/tests/" not in inside:
                    member.name = inside
                    archive.extract(member, incoming)
        packed.unlink()
        wheel = next(incoming.glob("py4j-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(incoming)
        wheel.unlink()

    return cache.get(f"spark-{SPARK}", fetch)


def environment(folder):
    """What a driver needs in its environment, besides that of the caller."""
    return {**os.environ, "SPARK_HOME": str(folder / "deps"), "PYTHONPATH": str(folder), "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable}
