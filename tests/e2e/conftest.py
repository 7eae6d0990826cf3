"""Fixtures: a configuration file, the sandbox and the lab. The latter are imported only when a test uses them, because
they need more packages."""

import sys

sys.dont_write_bytecode = True

import pytest  # noqa: E402

# Rewrite their assertions, so that they show values as in test files.
pytest.register_assert_rewrite("scenes", "storm", "witness")

from stacktop import write_config  # noqa: E402


@pytest.fixture
def config(tmp_path):
    """config(services=[...]) or config("text"): the path of a configuration file."""
    return lambda text=None, **lists: write_config(tmp_path, text, **lists)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """The sandbox, in any state."""
    from sandbox import running

    with running(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory):
    from lab import running

    with running(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


def _lab(*groups):
    """A fixture: the lab with these groups of parts (default: all), all running, and restored after the test."""

    @pytest.fixture
    def fixture(lab_folder):
        lab_folder.ensure(*groups)
        yield lab_folder
        lab_folder.run("ctl", "restore")

    return fixture


lab = _lab()
lab_kafka = _lab("kafka")
lab_postgres = _lab("postgres")
lab_redis = _lab("redis", "cluster")
lab_http = _lab("http")


@pytest.fixture
def calm(sandbox):
    """The sandbox in its calm state, restored after the test."""
    if not sandbox.is_calm:  # the previous test has left it calm
        sandbox.scene("calm")
    yield sandbox
    sandbox.scene("calm")
    sandbox.is_calm = True


@pytest.fixture
def own(tmp_path):
    """A sandbox of the test, not started yet, in a directory that other users may not enter."""
    from sandbox import Sandbox
    from sandbox_probe import processes_of

    tmp_path.chmod(0o700)
    sandbox = Sandbox(tmp_path / "state")
    yield sandbox
    sandbox.down()
    assert processes_of(sandbox.folder) == []
