"""A storm of 10,000 keys, twice (storm.py). The servers are asked once for both what has changed, which takes Kafka's
tools longer than the keys."""

import storm

BESIDE = "others"
KEYS = 10_000


def test_nothing_is_changed_in_read_only_nor_without_its_complete_confirmation(calm, tmp_path):
    with storm.unchanged(calm):
        storm.read_only(calm, tmp_path / "read-only", KEYS)
        storm.unconfirmed(calm, tmp_path / "unconfirmed", KEYS)
