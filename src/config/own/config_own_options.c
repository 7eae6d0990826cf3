#include "config/own/config_own_options.h"

#include <string.h>

const char config_actions_key[] = "actions";

static const char *const dangers[] = {"destructive", "low", NULL};
static const char *const outputs[] = {"record", "show", NULL};

/* An audit log and plans contain it, and a command line names it. */
static bool check_id(const char *text, struct err *err) {
  const size_t len = strlen(text);
  const size_t plain = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
  return (len > 0 && len <= 40 && plain == len && text[0] != '-') ||
         err_set(err, ERR_INVALID, "\"%.60s\" is not an id; use lower-case letters, digits and -",
                 text);
}

static bool check_key(const char *text, struct err *err) {
  return (strlen(text) == 1 && *text >= 'A' && *text <= 'Z') ||
         err_set(err, ERR_INVALID, "\"%.20s\" is not a capital letter, A to Z", text);
}

static bool check_line(const char *text, struct err *err) {
  return (strlen(text) <= 200 && !strpbrk(text, "\n\t")) ||
         err_set(err, ERR_INVALID, "longer than one line of 200 bytes");
}

static bool check_title(const char *text, struct err *err) {
  return (strlen(text) <= 40 && !strpbrk(text, "\n\t")) ||
         err_set(err, ERR_INVALID, "longer than 40 bytes");
}

/* Of lists and mappings, type and example serve `config --default` only. */
const struct option own_options[OWN_OPTION_COUNT] = {
    [OWN_OPTION_ID] = {.name = "id",
                       .type = OPTION_TEXT,
                       .required = true,
                       .check = check_id,
                       .help = "the action is own.ID: in menus, commands and the audit log",
                       .example = "heap-dump"},
    [OWN_OPTION_TITLE] = {.name = "title",
                          .type = OPTION_TEXT,
                          .check = check_title,
                          .help = "a few words for menus and plans; default: the id",
                          .example = "heap dump"},
    [OWN_OPTION_HELP] = {.name = "help",
                         .type = OPTION_TEXT,
                         .check = check_line,
                         .help = "one line: what it does, and what that means",
                         .example = "\"writes the heap of the JVM to /tmp\""},
    [OWN_OPTION_KEY] =
        {.name = "key",
         .type = OPTION_TEXT,
         .check = check_key,
         .help = "a capital letter that is free for this kind; default: only in the menu",
         .example = "H"},
    [OWN_OPTION_ROWS] =
        {.name = "rows",
         .type = OPTION_MAP,
         .required = true,
         .help = "kind of its targets; table, if it is for rows; where (values of columns) "
                 "and targets (names) limit it",
         .example = "{kind: service, table: services, where: {name: api}}"},
    [OWN_OPTION_ASK] = {.name = "ask",
                        .type = OPTION_LIST,
                        .help = "parameters: name, help, default, choices; {ask.NAME} is the value",
                        .example = "[{name: lines, default: \"20\", help: number of classes}]"},
    [OWN_OPTION_ARGV] = {.name = "argv",
                         .type = OPTION_LIST,
                         .help = "the program and its arguments; {COLUMN}, {row}, {target} and "
                                 "{target.OPTION} are filled in; no shell reads it",
                         .example = "[jcmd, \"{name}\", GC.heap_dump, /tmp/heap.hprof]"},
    [OWN_OPTION_ENVIRONMENT] =
        {.name = "environment",
         .type = OPTION_MAP,
         .help = "variables of the program, besides PATH, HOME, USER, LOGNAME, LANG, "
                 "LC_ALL, LC_CTYPE, TZ and TMPDIR",
         .example = "{LANG: C}"},
    [OWN_OPTION_ENVIRONMENT_FILES] = {.name = "environment_files",
                                      .type = OPTION_MAP,
                                      .help = "variables whose value is in a file: secrets",
                                      .example = "{API_KEY: /etc/ecap/api-key}"},
    [OWN_OPTION_STDIN] = {.name = "stdin",
                          .type = OPTION_TEXT,
                          .help = "standard input of the program; default: none",
                          .example = "\"{name}\""},
    [OWN_OPTION_SQL] =
        {.name = "sql",
         .type = OPTION_TEXT,
         .help = "instead of argv, for a kind postgres: one statement; $1, $2, ... are "
                 "bound",
         .example = "\"SELECT mode, relation::regclass FROM pg_locks WHERE pid = $1::int\""},
    [OWN_OPTION_VALUES] = {.name = "values",
                           .type = OPTION_LIST,
                           .help = "values of $1, $2, ... of sql",
                           .example = "[\"{pid}\"]"},
    [OWN_OPTION_WRITES] = {.name = "writes",
                           .type = OPTION_BOOL,
                           .fallback = "false",
                           .help = "sql may change data; otherwise its transaction is read-only"},
    [OWN_OPTION_DANGER] = {.name = "danger",
                           .type = OPTION_CHOICE,
                           .choices = dangers,
                           .fallback = "destructive",
                           .help = "low: nothing is lost, so y confirms it"},
    [OWN_OPTION_TIMEOUT] = {.name = "timeout",
                            .type = OPTION_DURATION,
                            .min = 100,
                            .max = 3600000,
                            .fallback = "1m",
                            .help = "after this time it is killed, with everything it started"},
    [OWN_OPTION_VERIFY] = {.name = "verify",
                           .type = OPTION_MAP,
                           .help = "argv of a program that ends with 0 once the action has had its "
                                   "effect, run again until then, and within, a time limit",
                           .example = "{argv: [test, -s, /tmp/heap.hprof], within: 30s}"},
    [OWN_OPTION_OUTPUT] = {.name = "output",
                           .type = OPTION_CHOICE,
                           .choices = outputs,
                           .fallback = "record",
                           .help =
                               "record: kept in the audit log, secrets masked; show: only shown"},
};
