#include "app/startup/options.h"

static const char whole[] =
    "usage: stacktop [OPTIONS]          show the dashboard\n"
    "       stacktop check [OPTIONS]    check all targets once, for people, cron and monitoring\n"
    "       stacktop init, config       write a first configuration; print, check or explain it\n"
    "       stacktop actions, keys      list the actions and what they run; all keys\n"
    "       stacktop plan ACTION TARGET [ROW...] [PICK...] [NAME=VALUE...]\n"
    "       stacktop apply HASH         apply a plan, once, if its preconditions still hold\n"
    "       stacktop audit, events, alarms  list what was run, events, silenced findings\n"
    "       stacktop ack, silence KEY   acknowledge or silence a finding\n"
    "       stacktop logs TARGET        print the log lines of a target, merged by time\n"
    "       stacktop show PAGE TARGET   print a page of a target; without both: list the pages\n"
    "       stacktop watch, serve, status  no screen: notify; answer Prometheus; one line\n"
    "       stacktop runbook, incident  list, show, run runbooks; open, note, close incidents\n"
    "`stacktop COMMAND -h` describes a command.\n"
    "\n"
    "  -c, --config FILE     several, or a directory: environments. Default: stacktop.yaml in\n"
    "                        $XDG_CONFIG_HOME/stacktop or /etc/stacktop; else the loopback ports\n"
    "      --read-only       refuse all actions until `:unlock NAME`; --wall: for a wall display\n"
    "      --theme NAME      colors of the screen; --list-themes: list them; -C, --no-color: none\n"
    "  -M, --no-mouse        leave the mouse to the terminal\n"
    "      --plain           text lines; --screen-reader: no decoration; -U, --no-unicode: ASCII\n"
    "  -h, --help            show this help; -V, --version: the version; --utc: times in UTC\n"
    "\n"
    "Exit status: 0 success or the command's status, 1 failure, 64 usage, 78 configuration.\n";

static const char check[] =
    "usage: stacktop check [OPTIONS]    check all targets once, for people, cron and monitoring\n"
    "\n"
    "      --json            print JSON (docs/json.md)\n"
    "      --only KIND[:NAME],...  check only the targets of this kind, or only this target\n"
    "      --timeout TIME    time limit for each target, such as 5s or 500ms\n"
    "      --duration TIME   collect repeatedly for this long: rates are known then, and a\n"
    "                        threshold with `for` up to TIME counts only if it holds that long\n"
    "      --acknowledged    findings that are acknowledged or silenced do not count\n"
    "      --plugin          print one line with performance data for Nagios and compatible\n"
    "                        systems; usage and configuration errors are UNKNOWN (3) as well\n"
    "      --openmetrics     print metrics for Prometheus (docs/openmetrics.md)\n"
    "      --output FILE     with --openmetrics: replace FILE as a whole, for the textfile\n"
    "                        collector of node_exporter\n"
    "\n"
    "A configured threshold whose value is not known is UNKNOWN: rates require --duration, other\n"
    "values may require a privilege. Unless the output is a terminal, lines are not wrapped and\n"
    "\"|\" in texts is replaced by \"/\"; COLUMNS=80 wraps lines, for example for e-mail.\n"
    "\n"
    "Several -c, or a directory: all of them, at the same time, with the status of the worst.\n\n"
    "Exit status: 0 OK, 1 WARN, 2 CRIT, 3 UNKNOWN, 64 usage error, 71 system limit reached,\n"
    "78 configuration error. If the output cannot be written, OK becomes UNKNOWN; any other\n"
    "status is kept.\n";

static const char config[] =
    "usage: stacktop config [OPTIONS]   print the values in effect with their origin\n"
    "\n"
    "      --default         print a configuration to start from: every option with its help,\n"
    "                        allowed values and default\n"
    "      --check           only check the configuration and its theme: print every error with\n"
    "                        its place, or one line if there is none\n"
    "      --schema          print a JSON Schema for editors\n"
    "\n"
    "Exit status: 0 no errors, 64 usage error, 78 configuration error.\n";

static const char init[] =
    "usage: stacktop init [FILE] [--yes]   write a first configuration\n"
    "\n"
    "Looks at the usual loopback ports, the ports of a compose file in this folder, the running\n"
    "containers, the kubeconfig and the unit files of /etc/systemd/system. Prints the\n"
    "configuration, then asks before it writes it, with mode 0600. No password is read or\n"
    "written.\n"
    "\n"
    "      FILE              where to write it, also as --output FILE; - only prints it. Default:\n"
    "                        $XDG_CONFIG_HOME/stacktop/stacktop.yaml (~/.config/...)\n"
    "      --yes             do not ask; an old file becomes FILE.old. Without a terminal it is\n"
    "                        required unless FILE is given and does not exist\n"
    "\n"
    "Exit status: 0 written, 1 not written, 64 usage error.\n";

static const char actions[] =
    "usage: stacktop actions [--json]   list the actions: key, risk, purpose, commands and\n"
    "                                   parameters; also those of the configuration\n";

static const char keys[] =
    "usage: stacktop keys [--json]      list the keys of the dashboard as the configuration sets\n"
    "                                   them: keys, name for `keys:`, purpose and place\n";

static const char show[] =
    "usage: stacktop show [--json]      list the pages: what each answers, and what it costs\n"
    "       stacktop show PAGE TARGET [ROW] [OPTIONS]\n"
    "\n"
    "Opens the page, reads it once, and prints its tables.\n"
    "\n"
    "  PAGE         id of a page, such as postgres.statements\n"
    "  TARGET       name of the target in the configuration, or KIND:NAME\n"
    "  ROW          for pages of a row: its key or first column, such as 8123\n"
    "\n"
    "      --json            print JSON (docs/json.md)\n"
    "      --csv             print one table as CSV: numbers in the units of --json\n"
    "      --table ID        the table of --csv and --sort; default: the main one\n"
    "      --duration TIME   watch for this long, such as 5s: figures of the time watched, and\n"
    "                        rates, need two collections\n"
    "      --sort COLUMN     id of a column, or a named order of the page, such as \"high I/O\"\n"
    "      --limit N         at most N rows of that table\n"
    "      --timeout TIME    time limit of one collection\n"
    "\n"
    "Exit status: 0 shown, 2 the target does not answer, 3 not or not fully known (a right or an\n"
    "extension is missing), 64 usage error, 78 configuration error.\n";

static const char plan[] =
    "usage: stacktop plan ACTION TARGET [ROW...] [PICK...] [NAME=VALUE...] [--json]\n"
    "\n"
    "Reads the target once, shows what the action would do to which objects, and keeps the plan\n"
    "for an hour. Nothing is changed; `stacktop apply HASH` does exactly what the plan says.\n"
    "\n"
    "  ACTION       id from `stacktop actions`, such as postgres.terminate\n"
    "  TARGET       name of the target in the configuration\n"
    "  ROW          for actions on rows: key or first column of the row\n"
    "  PICK         for actions with a selection: key or first column of a candidate; a parent\n"
    "               selects all rows below it. Without PICK the candidates are listed\n"
    "  NAME=VALUE   a parameter\n"
    "  --           end of the options\n"
    "\n"
    "Exit status: 0 plan made, 1 no plan (reason on stderr), 64 usage error, 78 configuration\n"
    "error.\n";

static const char apply[] =
    "usage: stacktop apply HASH [--confirm PHRASE]\n"
    "\n"
    "Applies the plan HASH (at least its first 8 digits). A plan can be applied once, within an\n"
    "hour. Shows the plan and asks for the phrase named by `stacktop plan`; without a terminal,\n"
    "give it with --confirm. Ctrl-C stops at the next safe point, a second Ctrl-C at once.\n"
    "\n"
    "      --confirm PHRASE  the phrase, for use without a terminal\n"
    "\n"
    "Exit status: 0 done (or nothing left to do), 1 nothing was done, or the outcome could not be\n"
    "recorded (stderr says which), 2 outcome unknown, 3 partly done, 64 usage error,\n"
    "78 configuration error.\n";

static const char audit[] =
    "usage: stacktop audit [OPTIONS]    list the actions that were run, oldest first\n"
    "\n"
    "      --action GLOB     only matching actions, such as 'kafka.*'\n"
    "      --target GLOB     only actions on matching targets\n"
    "      --user GLOB       only actions of matching users\n"
    "      --since TIME      such as 2h (ago), 2026-11-24, '2026-11-24 14:03' or 14:03\n"
    "      --unknown         only unknown outcomes that are not acknowledged\n"
    "      --output          whole outputs of programs, commands and statements\n"
    "      --json            print the lines as they are in the file\n"
    "      --acknowledge ID --reason TEXT\n"
    "                        record that you investigated an unknown outcome and what you found;\n"
    "                        it is no longer reported\n"
    "\n"
    "Exit status: 0 listed (also if no action matches) or acknowledged, 1 the file cannot be read\n"
    "or the acknowledgement is refused, 64 usage error, 78 configuration error.\n";

static const char events[] =
    "usage: stacktop events [TARGET] [OPTIONS]\n"
    "                                   list the history of events, oldest first\n"
    "\n"
    "      TARGET            only events of this target: its name, or KIND:NAME\n"
    "      --since TIME      such as 2h (ago), 2026-11-24, '2026-11-24 14:03' or 14:03: also what\n"
    "                        began before and was still there\n"
    "      --until TIME      the same\n"
    "      --kind KIND,...   finding, change, action, incident, stacktop\n"
    "      --operator TEXT   only actions and notes of this operator: part of user@host\n"
    "      --limit N         only the newest N\n"
    "      --json            print one JSON object per event (docs/json.md)\n"
    "      --csv             print CSV, times in UTC\n"
    "\n"
    "Dashboards and `stacktop watch` write the history, events.db in the state directory; actions\n"
    "come from the audit log. A finding is one event, from its beginning to its end.\n"
    "\n"
    "Exit status: 0 listed (also if nothing matches), 1 the history cannot be read or is switched\n"
    "off (events: false), 64 usage error, 78 configuration error.\n";

static const char logs[] =
    "usage: stacktop logs TARGET[/ROW] [OPTIONS]\n"
    "                                   print the log lines of a target, merged by time\n"
    "\n"
    "      TARGET            name of a target, or KIND:NAME; ROW: a container's name or id\n"
    "      --since TIME      such as 2h (ago), 2026-11-24, '2026-11-24 14:03' or 14:03\n"
    "      --until TIME      the same\n"
    "      --grep RE         only lines that match (PCRE2); lower case matches both cases\n"
    "      --exclude RE      not these\n"
    "      --level LEVEL     this or worse: trace, debug, info, warn, error, fatal\n"
    "      --field NAME=VALUE  of JSON lines; also != < <= > >= ~ !~; may be repeated\n"
    "      --source TEXT     only files and containers with this text in their name\n"
    "      --filter NAME     a saved filter of the configuration (log_filters)\n"
    "      --follow          continue with lines as they are written\n"
    "      --patterns        print the most frequent messages with counts instead of lines\n"
    "      --json            print one JSON object per line\n"
    "\n"
    "Without --since and without a filter the last 5,000 lines of each file or container are\n"
    "printed. Warnings about files that are not read are printed on stderr.\n"
    "\n"
    "Exit status: 0 lines were printed, 1 no line matched, 2 a source could not be read or the\n"
    "output not written, 64 usage error, 78 configuration error.\n";

static const char watch[] =
    "usage: stacktop watch [OPTIONS]    watch without a screen: print events as they come, and\n"
    "                                   send notifications (notify: in the configuration)\n"
    "\n"
    "      --json            print one JSON object per event\n"
    "      --test            send a test by each channel, and end\n"
    "\n"
    "Runs until SIGTERM, SIGINT or SIGHUP, for example as a unit of systemd.\n"
    "\n"
    "Exit status: 0 ended by a signal, or each test was delivered; 1 one was not, or the output\n"
    "cannot be written; 64 usage error,\n"
    "71 system limit reached, 78 configuration error.\n";

static const char runbook[] =
    "usage: stacktop runbook list             list the runbooks: yours, and those of stacktop\n"
    "       stacktop runbook show NAME        print its parameters and steps\n"
    "       stacktop runbook NAME [NAME=VALUE...] [--dry-run]\n"
    "                                         run it; also: runbook run NAME\n"
    "       stacktop runbook runs             list the runs, also those that are not over\n"
    "       stacktop runbook resume ID        continue a run where it stopped\n"
    "       stacktop runbook due [NAME] [--json]\n"
    "                                         when each was due, and was last done, by whom\n"
    "       stacktop runbook abandon ID       end a run without its remaining steps\n"
    "\n"
    "Leads through the steps of a runbook. Every action shows its plan and asks for its phrase,\n"
    "every program asks for y; a step that needs a person waits for one. The state is on disk\n"
    "before and after each step, so that a run survives a crash and a hang-up. ID may be only its\n"
    "beginning, if it is unique.\n"
    "\n"
    "      --dry-run         only print what would happen, with the conditions as they are now\n"
    "\n"
    "Exit status: 0 done and verified, 1 stopped, not verified, or the state or a record cannot\n"
    "be written, 2 the outcome of a step is not known, 3 the run waits for a person, 64 usage\n"
    "error, 78 configuration or runbook error.\n";

static const char incident[] =
    "usage: stacktop incident open P1|P2|P3|P4 NAME [TEXT]   open an incident, print its id\n"
    "       stacktop incident list                  list the incidents, the newest first\n"
    "       stacktop incident show [ID]             print its state and its time line\n"
    "       stacktop incident note [ID] TEXT        add a note\n"
    "       stacktop incident status [ID] investigating|identified|monitoring|resolved [TEXT]\n"
    "       stacktop incident severity [ID] P1|P2|P3|P4 [TEXT]\n"
    "       stacktop incident role [ID] ROLE NAME   such as: role commander ann\n"
    "       stacktop incident close [ID] TEXT       close it with a summary\n"
    "       stacktop incident export [ID]           print the postmortem as Markdown\n"
    "\n"
    "The folder is incidents/ID in the state directory. Dashboards and `stacktop watch` with the\n"
    "same state directory add findings and changes to the time line of each open incident, and\n"
    "actions come from the audit log. ID may be only its beginning, if it is unique; without it,\n"
    "the only open incident is meant.\n"
    "\n"
    "      --json            list, show, export: print JSON\n"
    "\n"
    "Exit status: 0 done, 1 not done, or it could not be written, 64 usage error,\n"
    "78 configuration error.\n";

static const char status[] =
    "usage: stacktop status [OPTIONS]   one line for tmux, a prompt or a bar\n"
    "\n"
    "Prints what a running stacktop (dashboard, --wall, --plain or watch) with the same\n"
    "configuration sees, in a few milliseconds. If none is running, checks all targets itself.\n"
    "Several -c, or a directory: one line, the worst first.\n"
    "\n"
    "      --tmux            with tmux's colors, for status-right\n"
    "      --json            print JSON (docs/status.md)\n"
    "      --width N         at most N cells (default: 80)\n"
    "      --no-check        never check: UNKNOWN if no stacktop is running, for a prompt\n"
    "      --timeout TIME    time limit for each target of an own check, such as 2s\n"
    "\n"
    "Exit status: 0 OK, 1 WARN, 2 CRIT, 3 UNKNOWN, 64 usage error, 78 configuration error.\n";

static const char serve[] =
    "usage: stacktop serve --metrics [OPTIONS]   answer Prometheus over HTTP\n"
    "\n"
    "Collects all targets at their intervals, and answers http://127.0.0.1:9876/metrics with what\n"
    "they show now (docs/openmetrics.md). Runs until SIGTERM, SIGINT or SIGHUP.\n"
    "\n"
    "      --metrics         what is served: metrics for Prometheus\n"
    "      --listen HOST:PORT  an address of the loopback, and the port (default: 127.0.0.1:9876)\n"
    "      --allow-remote    also listen at another address: everyone who reaches it can read the\n"
    "                        metrics, without a password and unencrypted\n"
    "\n"
    "Exit status: 0 ended by a signal, 1 the port cannot be used, 64 usage error,\n"
    "78 configuration error.\n";

static const char marks[] =
    "usage: stacktop ack KEY --reason TEXT [OPTIONS]        acknowledge a finding\n"
    "       stacktop silence KEY --reason TEXT [OPTIONS]    silence a finding, or several\n"
    "\n"
    "  KEY          KIND/TARGET/TABLE/ROW/COLUMN, as in the field \"key\" of the findings of\n"
    "               `stacktop check --json`; KIND/TARGET if the target is down. For silence\n"
    "               also with * for any text, such as 'kafka/main*'\n"
    "\n"
    "      --reason TEXT     what is done about it, or why it is known\n"
    "      --until TIME      how long (4h), or a time (18:00, '2026-11-24 14:03'); default: 4h,\n"
    "                        at most 30 days\n"
    "      --severity LEVEL  the worst that is covered: unknown, warning (default) or critical;\n"
    "                        a finding that is worse calls again\n"
    "\n"
    "Dashboards and `stacktop watch` with the same state directory follow within two\n"
    "seconds. An acknowledged finding is not repeated, a silenced one not notified. Both stay in\n"
    "the list of findings, and count for `stacktop check` unless it has --acknowledged.\n"
    "`stacktop alarms` lists and ends them.\n"
    "\n"
    "Exit status: 0 done, 1 not done, or it could not be written, 64 usage error,\n"
    "78 configuration error.\n";

static const char alarms[] =
    "usage: stacktop alarms [list] [--json]    list acknowledgements and silences\n"
    "       stacktop alarms remove KEY         end one before its time\n"
    "       stacktop alarms --report [--since TIME] [--json]\n"
    "                                          measure the alarms of the last days\n"
    "\n"
    "      --reason TEXT     remove: why\n"
    "      --report          the alarms of the last days, from the history of events, against\n"
    "                        ISA-18.2 and EEMUA 191: 2 per 10 minutes on average, 10 at the\n"
    "                        peak; floods; frequent, flapping and standing findings; how long\n"
    "                        until they were acknowledged\n"
    "      --since TIME      the report begins 7d (default) ago, or at 2026-11-24, '2026-11-24\n"
    "                        14:03'\n"
    "\n"
    "An alarm is a finding that begins or becomes worse, unless it is silenced. Time in which\n"
    "neither a dashboard nor `stacktop watch` ran is shown, and does not count in the average.\n"
    "\n"
    "Exit status: 0 done, or within the limits; 1 not done, or it could not be read or written;\n"
    "2 beyond a limit, 3 nothing was observed (both: --report), 64 usage error, 78 configuration\n"
    "error.\n";

void options_usage(FILE *out, enum mode mode) {
  static const char *const texts[] = {
      [MODE_CHECK] = check,     [MODE_CONFIG] = config,     [MODE_ACTIONS] = actions,
      [MODE_PLAN] = plan,       [MODE_APPLY] = apply,       [MODE_AUDIT] = audit,
      [MODE_LOGS] = logs,       [MODE_SHOW] = show,         [MODE_WATCH] = watch,
      [MODE_RUNBOOK] = runbook, [MODE_INCIDENT] = incident, [MODE_STATUS] = status,
      [MODE_INIT] = init,       [MODE_SERVE] = serve,       [MODE_KEYS] = keys,
      [MODE_ACK] = marks,       [MODE_SILENCE] = marks,     [MODE_ALARMS] = alarms,
      [MODE_EVENTS] = events,
  };
  const char *text = (size_t)mode < sizeof texts / sizeof *texts ? texts[mode] : NULL;
  fputs(text ? text : whole, out);
}
