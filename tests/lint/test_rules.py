"""The rules hold in this tree, and each is shown to fail."""

import os
import subprocess
from pathlib import Path

import pytest

import rules

ROOT = Path(__file__).resolve().parents[2]


def assert_none(problems):
    problems = list(problems)
    assert not problems, "\n" + "\n".join(problems)


@pytest.fixture
def tree(tmp_path):
    """Writes files into a source tree: tree({"core/a.c": "..."}) is its root."""
    def write(files):
        for name, code in files.items():
            path = tmp_path / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code)
        return tmp_path
    return write


@pytest.mark.parametrize("check", [rules.check_includes, rules.check_circles, rules.check_calls,
                                   rules.check_printing, rules.check_lengths, rules.check_ids,
                                   rules.check_cells, rules.check_keys,
                                   rules.check_words])
def test_the_tree_keeps_the_rules(check):
    assert_none(check(ROOT))


def test_no_room_but_app_keeps_state():
    build = os.environ.get("STACKTOP_BUILD")
    if not build:
        pytest.skip("STACKTOP_BUILD names no build folder")
    libraries = sorted(Path(build).glob("libroom_*.a"))
    assert libraries, f"no libraries in {build}"
    assert_none(rules.check_globals(libraries))


@pytest.mark.parametrize("name, line, complaint", [
    ("core/a.c", '#include "io/io.h"', "core must not include io"),
    ("io/a.c", '#include "collectors/collector.h"', "io must not include collectors"),
    ("model/a.c", '#include "io/clock.h"', "model must not include io"),
    ("core/a.c", '#include "model/table.h"', "core must not include model"),
    ("io/a.c", '#include "clients/redis/redis.h"', "io must not include clients"),
    ("collectors/redis/redis.c", '#include "ui/panes/pane.h"', "collectors must not include ui"),
    ("collectors/redis/redis.c", '#include "collectors/kafka/kafka.h"', "do not include each other"),
    ("collectors/redis/redis.c", '#include "actions/redis/redis_keys.h"', "collectors must not include actions"),
    ("collectors/redis/redis.c", '#include "clients/kafka/kafka.h"', "collectors/redis has no business with"),
    ("actions/action.h", '#include "clients/kafka/kafka.h"', "actions/ has no business with"),
    ("clients/redis/redis.c", '#include "clients/kafka/kafka.h"', "do not include each other"),
    ("clients/kafka/a.c", "#include <hiredis/hiredis.h>", "belongs in"),
    ("actions/kafka/a.c", "#include <hiredis/hiredis.h>", "belongs in"),
    ("actions/postgres/a.c", "#include <libpq-fe.h>", "belongs in"),
    ("ui/a.c", '#include "io/clock.h"', "ui must not include io"),
    ("report/a.c", '#include "ui/draw/canvas.h"', "report must not include ui"),
    ("ui/panes/pane.c", "#include <ncurses.h>", "belongs in ui/terminal/terminal.c"),
    ("app/a.c", "#include <ncursesw/curses.h>", "belongs in ui/terminal/terminal.c"),
    ("core/a.c", "#include <uv.h>", "belongs in"),
    ("app/a.c", "#include <libpq-fe.h>", "belongs in"),
    ("core/a.c", '#include "arena.h"', "write its room"),
    ("operate/a.c", '#include "ui/view/view.h"', "operate must not include ui"),
    ("operate/a.c", '#include "report/plan/plan_json.h"', "operate must not include report"),
    ("operate/a.c", '#include "config/config_load.h"', "operate must not include config"),
    ("operate/a.c", '#include "collectors/collector.h"', "operate must not include collectors"),
    ("operate/a.c", '#include "clients/redis/redis.h"', "operate must not include clients"),
    ("actions/action.c", '#include "operate/pipeline/pipeline.h"', "actions must not include operate"),
    ("new/a.c", "", "a room that ROOMS does not know"),
])
def test_a_wrong_include_is_seen(tree, name, line, complaint):
    problems = list(rules.check_includes(tree({name: line + "\n"})))
    assert len(problems) == 1 and complaint in problems[0]


@pytest.mark.parametrize("name, line", [
    ("collectors/redis/redis.c", '#include "collectors/redis/redis_parse.h"'),
    ("collectors/redis/redis.c", '#include "collectors/collector.h"'),
    ("collectors/redis/redis.c", '#include "clients/redis/redis.h"'),
    ("collectors/redis/redis.c", "#include <hiredis/hiredis.h>"),
    ("collectors/service/service.c", '#include "io/http/http.h"'),
    ("collectors/collectors.c", '#include "collectors/collector.h"'),
    ("app/a.c", '#include "ui/view/view.h"'),
    ("main.c", '#include "app/app.h"'),
    ("ui/terminal/terminal.c", "#include <curses.h>"),
])
def test_a_right_include_is_not(tree, name, line):
    assert_none(rules.check_includes(tree({name: line + "\n"})))


def test_a_circle_of_includes_is_seen(tree):
    problems = list(rules.check_circles(tree({
        "ui/dialog.h": '#include "ui/view.h"\n',
        "ui/view.h": "",
        "ui/view.c": '#include "ui/view.h"\n#include "ui/keys.h"\n',
        "ui/keys.h": '#include "ui/dialog.h"\n',
        "ui/key.h": "",
    })))
    assert problems == ["src/ui/dialog.h:1: a circle of includes: ui/dialog -> ui/view -> ui/keys -> ui/dialog"]


def test_a_tree_of_includes_is_none(tree):
    assert_none(rules.check_circles(tree({
        "ui/view.c": '#include "ui/view.h"\n#include "ui/view_state.h"\n',
        "ui/view.h": '#include "ui/key.h"\n',
        "ui/view_state.h": '#include "ui/key.h"\n',
        "ui/header.c": '#include "ui/view_state.h"\n#include "ui/view.h"\n',
        "ui/key.h": ""})))


@pytest.mark.parametrize("call", sorted(rules.BANNED))
def test_a_banned_call_is_seen(tree, call):
    root = tree({"core/a.c": f"int f(void) {{\n  return {call} (x);\n}}\n"})
    problems = list(rules.check_calls(root))
    assert len(problems) == 1 and problems[0].startswith(f"src/core/a.c:2: {call}()")


def test_words_are_no_calls(tree):
    assert_none(rules.check_calls(tree({
        "core/a.c": '/* system() is\n banned */ const char *a = "PQexec(x)"; // gets()\n'
                    "a_system(1); x->system(2); x.sleep(3); uv_sleep_not();\n",
        "io/net/resolve.c": "getaddrinfo(a, b, c, d);\n"})))


@pytest.mark.parametrize("line", ['printf("x");', 'puts("x");', "fputs(x, stdout);",
                                  "write(STDOUT_FILENO, x, 1);"])
def test_printing_is_seen(tree, line):
    assert len(list(rules.check_printing(tree({"core/a.c": line})))) == 1
    assert_none(rules.check_printing(tree({"core/a.c": "", "report/a.c": line, "main.c": line})))


def test_a_global_is_seen(tmp_path):
    code = ("#include <stddef.h>\n"
            "int counter; static int hidden = 3; static _Thread_local int mine;\n"
            "static const char *const names[] = {\"a\", \"b\"}; const int fixed = 4;\n"
            "static const char *last = \"a\";\n"
            "int next(size_t i) { static int calls; mine++; return counter++ + hidden++ + calls++ +\n"
            "  *names[i] + *(last = names[i]) + fixed; }\n")
    (tmp_path / "a.c").write_text(code)
    library = tmp_path / "libroom_core.a"
    subprocess.run(["gcc", "-fPIE", "-c", "a.c", "-o", "a.c.o"], cwd=tmp_path, check=True)
    subprocess.run(["ar", "rcs", library, "a.c.o"], cwd=tmp_path, check=True)
    found = {problem.split(" ")[0] for problem in rules.check_globals([library], {})}
    assert found == {"a.c:counter", "a.c:hidden", "a.c:mine", "a.c:calls", "a.c:last"}
    excuse = {"a.c:counter": "", "a.c:hidden": "", "a.c:mine": "", "a.c:calls": "", "a.c:last": ""}
    assert_none(rules.check_globals([library], excuse))
    problems = list(rules.check_globals([library], {**excuse, "a.c:gone": ""}))
    assert len(problems) == 1 and "no such symbol" in problems[0]
    app = library.rename(tmp_path / "libroom_app.a")
    assert_none(rules.check_globals([app], {}))


def test_a_file_too_long_is_seen(tree):
    root = tree({"core/a.c": "int x;\n" * 11})
    assert len(list(rules.check_lengths(root, 10))) == 1
    assert_none(rules.check_lengths(root, 11))


def test_how_long_the_files_are():
    """Only reports (shown with -s)."""
    lengths = sorted((len(path.read_text().splitlines()), name) for path, name in rules.sources(ROOT))
    print("\n".join(f"{lines:5} src/{name}" for lines, name in lengths[-10:]))


@pytest.mark.parametrize("check, name, line, complaint", [
    (rules.check_ids, "actions/a.c", 'x = model_cell(table, row, "state");', "model_cell(): an id as a literal"),
    (rules.check_ids, "app/a.c", 'x = table_column(spec_of(table), "used");', "table_column(): an id"),
    (rules.check_ids, "collectors/a.c", 'sample_note(sample, summary_table.id,\n "used", "no right");', "sample_note()"),
    (rules.check_ids, "collectors/a.c", 'sample_note(sample, "summary", NULL, "no right");', "sample_note()"),
    (rules.check_ids, "collectors/a.c", 'sample_fault(sample, "summary", SEVERITY_WARN, "x");', "sample_fault()"),
    (rules.check_ids, "report/a.c", 'x = sample_table_view(sample, "disks");', "sample_table_view()"),
    (rules.check_cells, "actions/a.c", "victim->cells[4] = text;", "cells[4]: name the column"),
    (rules.check_keys, "actions/a.c", "pid = strtol(row->key, NULL, 10);", "a key is read by its contract"),
    (rules.check_keys, "collectors/a.c", "slash = strrchr(plan->victims[i].key, '/');", "a key is read"),
    (rules.check_keys, "ui/a.c", "x = strtod(row->cells[COLUMN].text, NULL);", "a value is taken from the model"),
])
def test_columns_and_keys_have_one_name(tree, check, name, line, complaint):
    problems = list(check(tree({name: f"{line}\n"}), {}))
    assert len(problems) == 1 and complaint in problems[0], problems
    assert not list(check(tree({name: f"{line}\n"}), {name.rpartition("/")[0]: 1}))


@pytest.mark.parametrize("check, line", [
    (rules.check_ids, "x = model_cell(table, row, POSTGRES_SESSIONS_ID_STATE);"),
    (rules.check_ids, 'sample_note(sample, disk_table.id, NULL, "%s", text);'),
    (rules.check_ids, 'sample_note(sample, table, disk_table.columns[DISK_USED].id, "%s", text);'),
    (rules.check_cells, "label = row->cells[0].text; cells[DISK_USED] = none;"),
    (rules.check_keys, "good = postgres_session_key_read(row->key, &key) && strcmp(row->key, other) == 0;"),
])
def test_contracts_are_the_way(tree, check, line):
    assert not list(check(tree({"actions/a.c": f"{line}\n"}), {}))


@pytest.mark.parametrize("name, text, words", [
    ("src/ui/a.c", 'say("the group is\n " /* x */);\nsay("is Empty "\n    "by now");\n', '3: "by now"'),
    ("src/ui/a.c", 'say("\\"x\\" is no duration");\n', '1: "is no duration"'),
    ("docs/a.md", "A key.\nIt mends what is broken.\n", '2: "mends"'),
    ("README.md", "refused: nobody listens\n", '1: "nobody listens"'),
    ("src/audit/a.c", 'say("an action is under way");\n', '1: "under way"'),
    ("src/audit/a.c", 'x; /* for\n * whoever waits */\n', '1: "whoever"'),
    ("src/audit/a.h", "int x; // made anew\n", '1: "anew"'),
    ("src/actions/kafka/a.c", "/* whoever listens */\n", '1: "whoever"'),
    ("src/ui/panes/a.def", "/* the ends\n * at the most */\n", '1: "at the most"'),
    ("tests/unit/ui/test_a.c", "int x;\n/* The row is told. */\n", '2: "is told"'),
    ("tests/fuzz/fuzz_a.c", "/* nobody has cleaned it */\n", '1: "nobody"'),
    ("sandbox/stack/a.py", 'say(1)\nsay("is up by now")\n', '2: "by now"'),
    ("sandbox/up", "# starts whoever is down\n", '1: "whoever"'),
    ("run", "# mends the build\n", '1: "mends"'),
    (".ci/lint", "# as it stands\n", '1: "as it stands"'),
    ("examples/a.yaml", "# 2 s at the most\n", '1: "at the most"'),
    ("themes/a.theme", "# the colours of today\n", '1: "of today"'),
    ("tests/e2e/test_a.py", '\"\"\"The user is told.\"\"\"\n', '1: "is told"'),
])
def test_an_idiom_is_seen(tmp_path, name, text, words):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    problems = list(rules.check_words(tmp_path))
    assert len(problems) == 1 and words in problems[0], problems


def test_plain_words_and_comments_pass(tree):
    root = tree({"ui/a.c": '/* who, ever */\nsay("no longer there", "there is no plan", "amended");\n'})
    for name, text in {"tests/unit/ui/test_a.c": 'say("whoever is told"); // the words of a server\n',
                       "tests/e2e/__pycache__/test_a.pyc": "whoever\n",
                       "sandbox/stack/a.py": 'user = "nobody"\n'}.items():
        path = root / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    assert_none(rules.check_words(root))
