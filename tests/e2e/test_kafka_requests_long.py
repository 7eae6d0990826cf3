"""What stacktop asks a broker, by the broker's own log of requests: nothing but what a collection needs."""

import pytest

from request_broker import Broker
from stack.part import Absent
from stacktop import dashboard, write_config

BESIDE = "others"
CLIENT = "stacktop-counted"
COLLECTIONS = 12


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    try:
        own = Broker(tmp_path_factory.mktemp("requests") / "broker")
        with own.running():
            own.tool("topics", "--create", "--topic", "goods", "--partitions", "3", "--replication-factor", "1")
            own.tool("consumer-groups", "--group", "shop", "--topic", "goods", "--reset-offsets", "--to-earliest", "--execute")
            yield own
    except Absent as absent:
        pytest.skip(str(absent))


def test_a_collection(broker, tmp_path):
    """Once connected: the groups, their offsets, and both ends of the partitions; the metadata at most once. A topic that
    does not exist is not asked for again and again."""
    config = write_config(tmp_path, interval="500ms", hosts=[], kafka=[
        {"name": "lag", "bootstrap": broker.bootstrap, "properties": {"client.id": CLIENT}}])
    with dashboard(config) as terminal:
        terminal.wait_for("shop")
        terminal.settle(0.1, 2)
        with broker.counted(CLIENT) as found:
            with broker.counted(CLIENT) as seen:
                pass
            while seen["OFFSET_FETCH"] < COLLECTIONS:
                terminal.read(0.2)
                with broker.counted(CLIENT) as more:
                    terminal.read(0.5)
                seen += more
    collections = found["OFFSET_FETCH"]
    print(dict(found))
    assert found["LIST_GROUPS"] == pytest.approx(collections, abs=1)
    assert found["DESCRIBE_GROUPS"] == pytest.approx(collections, abs=1)
    assert found["LIST_OFFSETS"] <= 2 * collections + 2
    assert found["METADATA"] <= collections + 1
    assert set(found) - {"ms"} <= {"LIST_GROUPS", "DESCRIBE_GROUPS", "OFFSET_FETCH", "LIST_OFFSETS", "METADATA"}
