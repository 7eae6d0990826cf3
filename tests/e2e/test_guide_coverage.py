"""docs/guide-coverage.md: all that it names exists, and where the guide is at hand, no section or command of it is missing."""

import json
import re

import pytest
import yaml

from stacktop import ROOT, stacktop

BESIDE = "others"
PAGE = ROOT / "docs/guide-coverage.md"
GUIDE = ROOT.parent / "shared/guide/ecap-troubleshooting-guide.md"
CODE = re.compile(r"`((?:[^`\\]|\\.)+)`")
REFERENCE = re.compile(r'\b(kind|figure|metric|page|action|own action|runbook|rule|check|filter|option|command|docs|order)'
                       r' (?:`([^`]+)`|"([^"]+)")')


def sections():
    """{heading: [(left cell, right cell)]} of the page."""
    found, rows = {}, []
    for line in PAGE.read_text().splitlines():
        if line.startswith("#"):
            rows = found.setdefault(line.strip("# "), [])
        elif line.startswith("| ") and not line.startswith(("| the guide |", "| word |")):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            rows.append(tuple(cells))
    return {heading: rows for heading, rows in found.items() if rows and heading in part("###")}


def part(marks):
    return [line[len(marks) + 1:] for line in PAGE.read_text().splitlines() if line.startswith(marks + " ")]


def example(name):
    return yaml.safe_load((ROOT / "examples" / name).read_text())


@pytest.fixture(scope="module")
def existing(tmp_path_factory):
    """{word: set of names} of what this stacktop has."""
    run = lambda *words: stacktop(*words, timeout=20).stdout
    default = run("config", "--default")
    kinds = dict(re.findall(r"^#?(\w+):\n((?:#?  .*\n|\n)*)", default, re.M))
    pages = json.loads(run("show", "--json"))["pages"]
    found = {
        "kind": {key for key in kinds if key not in ("thresholds", "actions")},
        "option": {f"{kind}.{option}" for kind, text in kinds.items()
                   for option in re.findall(r"^#?  [- ] (\w+):", text, re.M)},
        "metric": set(re.findall(r"^#?  ([\w.]+): ", kinds["thresholds"], re.M)),
        "page": {each["id"] for each in pages},
        "order": {order["name"] for each in pages for order in each.get("orders", [])},
        "action": {each["id"] for each in json.loads(run("actions", "--json"))["actions"]},
        "runbook": {line.split()[0] for line in run("runbook", "list").splitlines() if line.strip()},
        "command": {f"stacktop {name}" for line in re.findall(r"stacktop (\w+(?:, \w+)*)", run("--help"))
                    for name in line.split(", ")},
        "own action": {each["id"] for each in example("own-actions.yaml")["actions"]},
        "rule": {each["name"] for each in example("alerts/ecap.yaml")["alerts"]},
        "check": {each["name"] for each in example("data-checks.yaml")["postgres"][0]["checks"]},
        "filter": {each["name"] for each in example("ecap.yaml")["log_filters"]},
        "docs": {path.name for path in (ROOT / "docs").glob("*.md")},
    }
    assert all(found.values()), {word for word, names in found.items() if not names}
    return found


def figure_exists(name):
    """KIND.TABLE.COLUMN: the column is in a table of the kind's folder, or is an id of its contract."""
    kind, _, column = name.split(".")
    texts = [path.read_text() for room in ("collectors", "clients") for path in (ROOT / "src" / room / kind).glob("*.[dh]*")]
    return any(f'"{column}"' in text for text in texts)


def test_everything_that_the_page_names_exists(existing):
    missing = []
    for heading, rows in sections().items():
        for left, right in rows:
            references = REFERENCE.findall(right)
            if not [word for word, *_ in references if word != "order"]:
                missing.append(f"{heading}: {left}: names nothing")
            for word, code, quoted in references:
                name = code or quoted
                if not (figure_exists(name) if word == "figure" else name in existing[word]):
                    missing.append(f"{heading}: no {word} {name}")
    assert not missing, "\n".join(missing)


def guide_sections():
    """[(heading, [lines of its code blocks])] of the guide, for headings that have code."""
    heading, code, inside, found = "", None, False, []
    for line in GUIDE.read_text().splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside:
            code.append(line)
        elif line.startswith("#") or line.startswith("**Priority"):
            heading = line.strip("#* ").removeprefix("Issue: ")
            code = []
            found.append((heading, code))
    return [(heading, code) for heading, code in found if code]


def commands(code):
    """The lines of a code block that do something in a shell or in SQL: no comments, no output, no syntax, no definitions."""
    shell = re.compile(r"\s*(?:\"?\$\(|if ! |echo [^|]*\| )?("
                       r"make|redis-cli|docker|docker-compose|kafka-[\w-]+\.sh|kubectl|curl|nc|pg_isready|psql|df|du|uptime|netstat|ss|"
                       r"tcpdump|ulimit|sysctl|iftop|nload|cat /proc|ethtool|jmap|jstat|jcmd|pip|python|aws|nslookup|dig|telnet|openssl|"
                       r"nmap|testssl\.sh|logrotate|find|poetry|npm|bandit|safety|pg_dump|gunzip|alembic|watch|mail|mkdir|grep|jq|awk|"
                       r"\./scripts/\S+|VACUUM|ALTER SYSTEM|REINDEX|DELETE|ANALYZE;|CREATE INDEX|SELECT pg_)\b.*")
    joined = re.sub(r"\\\n\s*", "", "\n".join(code))
    # A program or query over several lines begins with -c ": the page quotes its lines.
    return [line.strip() for line in joined.splitlines() if shell.match(line) and not line.endswith('-c "')]


@pytest.mark.skipif(not GUIDE.exists(), reason="the operating guide is not beside this checkout")
def test_no_section_and_no_command_of_the_guide_is_missing():
    page = sections()
    missing = []
    for heading, code in guide_sections():
        if heading not in page:
            missing.append(f"no section {heading}")
            continue
        quoted = [text.replace("\\|", "|") for left, _ in page[heading] for text in CODE.findall(left)]
        text = re.sub(r"\\\n\s*", "", "\n".join(code))
        # A quotation that is in the guide nowhere covers nothing.
        missing += [f"{heading}: not in the guide: {each}" for each in quoted if each not in text]
        missing += [f"{heading}: {line}" for line in commands(code) if not any(each in line for each in quoted)]
    assert not missing, "\n".join(missing)
