"""A storm of 100,000 keys, twice (storm.py)."""

import storm

KEYS = 100_000


def test_in_read_only_nothing_is_changed(calm, tmp_path):
    with storm.unchanged(calm):
        storm.read_only(calm, tmp_path, KEYS)


def test_nothing_without_its_complete_confirmation(calm, tmp_path):
    with storm.unchanged(calm):
        storm.unconfirmed(calm, tmp_path, KEYS)
