"""Every page of PostgreSQL on a standby and on its primary, with pg_monitor and without any right: it is shown, or it says
what is missing, and the server has nothing to complain about. A new page is tested here without a line more."""

import pytest

from page_server import show
from stacktop import stacktop, write_config
from test_page_replication import chain  # noqa: F401

BESIDE = "others"
PAGES = [page["id"] for page in stacktop("show", "--json").json["pages"] if page["kind"] == "postgres" and not page.get("row_of")]
# The extension is not created there.
NEEDS = {"postgres.statements": "CREATE EXTENSION pg_stat_statements"}


@pytest.mark.parametrize("part", ["primary", "standby"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page(chain, page, part, tmp_path):  # noqa: F811
    server = getattr(chain, part)
    for user in ("watcher", "nobody"):
        path = write_config(tmp_path, postgres=[{"name": "shop", "dsn": server.dsn(user)}], hosts=[], services=[])
        run = show(path, page, "shop", "--json", "--duration", "1s")
        if page in NEEDS:
            assert run.status == 3 and NEEDS[page] in run.stdout + run.stderr, run
            continue
        notes = [note["text"] for note in run.json["target"]["notes"] if "severity" in note]
        if user == "watcher":
            assert run.status == 0 and not notes, run
        else:
            assert run.status in (0, 3) and bool(notes) == (run.status == 3), run
            assert all("GRANT pg_" in note for note in notes), notes
        assert run.json["target"]["failures"] == 0, run
    assert server.complaints() == []
