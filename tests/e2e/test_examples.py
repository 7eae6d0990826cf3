"""Every example passes `stacktop config --check`, and its actions are listed."""

import re

import pytest

from stacktop import OK, ROOT, stacktop

BESIDE = "others"
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_an_example(path):
    run = stacktop("-c", path, "config", "--check")
    # files of the site are read by --check, and are not here
    wrong = [line for line in run.stderr.splitlines() if "No such file" not in line]
    assert not wrong and (run.stderr or f"{path}: ok, " in run.stdout), run
    assert stacktop("-c", path, "config").status == OK
    listed = stacktop("-c", path, "actions", "--json").json["actions"]
    own = [action["id"] for action in listed if action["id"].startswith("own.")]
    assert len(own) == path.read_text().count("\n  - id: "), own


def uncommented(run):
    return re.sub(r"(?m)(^|  )# .*$", "", run.stdout)


def test_what_an_example_prints_loads_again(tmp_path):
    for path in EXAMPLES:
        printed = stacktop("-c", path, "config")
        again = tmp_path / path.name
        again.write_text(printed.stdout)
        # the comments say in which file and line it stands
        assert uncommented(stacktop("-c", again, "config")) == uncommented(printed)
