"""Every example passes `stacktop config --check`, and its actions are listed."""

import pytest

from stacktop import OK, ROOT, stacktop

BESIDE = "others"
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example(path):
    run = stacktop("-c", path, "config", "--check")
    assert run.status == OK and f"{path}: ok, " in run.stdout, run
    listed = stacktop("-c", path, "actions", "--json").json["actions"]
    own = [action["id"] for action in listed if action["id"].startswith("own.")]
    assert len(own) == path.read_text().count("\n  - id: "), own


def test_what_an_example_prints_loads_again(tmp_path):
    for path in EXAMPLES:
        printed = stacktop("-c", path, "config")
        again = tmp_path / path.name
        again.write_text(printed.stdout)
        assert stacktop("-c", again, "config").stdout == printed.stdout
