#include "app/startup/options.h"

static const char whole[] =
    "usage: stacktop [OPTIONS]          the dashboard\n"
    "       stacktop check [OPTIONS]    one pass over all targets, for people, cron, monitoring\n"
    "       stacktop config [OPTIONS]   the loaded configuration, secrets masked\n"
    "       stacktop actions            what can be done, with which key, and what it runs\n"
    "       stacktop plan ACTION TARGET [ROW...] [PICK...] [NAME=VALUE...]\n"
    "       stacktop apply HASH         does what was planned, once, if it still holds\n"
    "       stacktop audit [OPTIONS]    who has done what\n"
    "       `stacktop COMMAND -h` tells more of each\n"
    "\n"
    "  -c, --config FILE     the configuration; else stacktop.yaml in $XDG_CONFIG_HOME/stacktop\n"
    "                        or in /etc/stacktop; else this host and what answers on the usual\n"
    "                        loopback ports\n"
    "      --read-only       nothing can be changed until it is unlocked (`:unlock NAME`); with\n"
    "                        STACKTOP_READ_ONLY=1 in the environment nobody can unlock it\n"
    "      --wall            for a screen on the wall: read-only, and nobody can unlock it\n"
    "  -U, --no-unicode      ASCII only (as in a locale that is not UTF-8)\n"
    "  -C, --no-color        no colours (as with NO_COLOR set)\n"
    "      --utc             times in UTC\n"
    "  -h, --help            this help\n"
    "  -V, --version\n"
    "\n"
    "Exit status: 0 or as the command tells, 1 it failed, 64 bad usage, 78 bad configuration.\n";

static const char check[] =
    "usage: stacktop check [OPTIONS]    one pass over all targets, for people, cron, monitoring\n"
    "\n"
    "      --json            as JSON (docs/json.md)\n"
    "      --only KIND[:NAME]  only targets of that kind, or that one\n"
    "      --timeout TIME    wait so long for each target: 5s, 500ms\n"
    "      --duration TIME   collect again and again for so long: then rates are known, and a\n"
    "                        threshold with `for` up to that counts only if it holds so long\n"
    "      --plugin          one line with performance data, for Nagios and its like; bad usage\n"
    "                        and a bad configuration are UNKNOWN (3), too\n"
    "\n"
    "A threshold of the configuration whose figure is not known is UNKNOWN: a rate needs\n"
    "--duration, other figures a right. Not on a terminal, lines are as long as they get, and\n"
    "a | in a text becomes /; COLUMNS=80 wraps the lines, for e-mail.\n"
    "\n"
    "Exit status: 0 OK, 1 WARN, 2 CRIT, 3 UNKNOWN; 64 bad usage, 78 bad configuration, 71 a\n"
    "limit of the system. Output that cannot be written makes OK into UNKNOWN, and nothing\n"
    "else into anything better.\n";

static const char config[] =
    "usage: stacktop config [OPTIONS]   the loaded configuration, secrets masked\n"
    "\n"
    "      --default         a configuration to begin with: every option with its help, the\n"
    "                        values that are allowed, and its default\n"
    "      --check           only check the configuration and its theme: prints every error with\n"
    "                        its place, or one line if there is none\n"
    "\n"
    "Exit status: 0 no errors, 64 bad usage, 78 bad configuration.\n";

static const char actions[] =
    "usage: stacktop actions [--json]   what can be done: each action with its key, its danger,\n"
    "                                   what it is for, what it runs, and its parameters\n";

static const char plan[] =
    "usage: stacktop plan ACTION TARGET [ROW...] [PICK...] [NAME=VALUE...] [--json]\n"
    "\n"
    "Reads the target once, tells what would be done to whom, and keeps that plan for an hour.\n"
    "Nothing is changed; `stacktop apply HASH` does what the plan says, and nothing else.\n"
    "\n"
    "  ACTION       as `stacktop actions` lists them: postgres.terminate\n"
    "  TARGET       its name in the configuration\n"
    "  ROW          for an action on rows: the key, or what stands in the first column\n"
    "  PICK         for an action that picks: the same of what was found; a parent stands for\n"
    "               all below it. Without picks, what was found is listed\n"
    "  NAME=VALUE   a parameter\n"
    "  --           what follows is no option\n"
    "\n"
    "Exit status: 0 there is a plan, 1 there is none (why is on stderr), 64 bad usage, 78 bad\n"
    "configuration.\n";

static const char apply[] =
    "usage: stacktop apply HASH [--confirm PHRASE]\n"
    "\n"
    "Does what was planned (HASH: at least the first 8 digits), each plan once and within an\n"
    "hour. Shows it and asks for the phrase that `stacktop plan` has named; without a terminal\n"
    "--confirm has it. Ctrl-C stops at the next safe point, a second one at once.\n"
    "\n"
    "Exit status: 0 done (or there was nothing left to do), 1 nothing was done, or what was done\n"
    "could not be recorded (stderr says which), 2 the outcome is unknown, 3 partly done,\n"
    "64 bad usage, 78 bad configuration.\n";

static const char audit[] =
    "usage: stacktop audit [OPTIONS]    who has done what, the oldest first\n"
    "\n"
    "      --action GLOB     only actions like it: 'kafka.*'\n"
    "      --target GLOB     only on targets like it\n"
    "      --user GLOB       only by users like it\n"
    "      --since TIME      since 2h ago, since 2026-11-24, '2026-11-24 14:03', 14:03\n"
    "      --unknown         only unknown outcomes that nobody has acknowledged\n"
    "      --json            the lines as they are in the file\n"
    "      --acknowledge ID --reason TEXT\n"
    "                        records that you have looked at an unknown outcome, and what you\n"
    "                        found: it is not reported any more\n";

void options_usage(FILE *out, enum mode mode) {
  static const char *const texts[] = {
      [MODE_CHECK] = check, [MODE_CONFIG] = config, [MODE_ACTIONS] = actions,
      [MODE_PLAN] = plan,   [MODE_APPLY] = apply,   [MODE_AUDIT] = audit,
  };
  const char *text = (size_t)mode < sizeof texts / sizeof *texts ? texts[mode] : NULL;
  fputs(text ? text : whole, out);
}
