#include "app/startup/options.h"

#include "app/startup/options_check.h"
#include "app/startup/options_table.h"
#include "core/quantity.h"
#include "core/text/names.h"
#include "core/text/suggest.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* What getopt returns: a letter; 1 for a word; or CODE_ROW and the row of an option without a
 * letter. */
enum { CODE_WORD = 1, CODE_ROW = 256 };

/* ---- for getopt */

struct syntax {
  struct option longs[OPTION_ROWS_MAX + 1];
  char letters[2 * OPTION_ROWS_MAX + 3];
};

static bool has_value(const struct option_row *row) {
  return row->form != ARGUMENT_FLAG && row->form != ARGUMENT_LEAVE;
}

/* Of an alias the code of its row, so that a prefix of both is not ambiguous. */
static int row_code(size_t row) {
  if (option_rows[row].alias)
    row--;
  return option_rows[row].letter ? option_rows[row].letter : CODE_ROW + (int)row;
}

static size_t row_of(int code) {
  size_t row = 0;
  while (row_code(row) != code)
    row++;
  return row;
}

/* "-": words are returned in their place; ":": a missing value differs from an unknown option. */
static void syntax_make(struct syntax *syntax) {
  char *end = syntax->letters;
  *end++ = '-';
  *end++ = ':';
  for (size_t i = 0; i < option_row_count; i++) {
    const struct option_row *row = &option_rows[i];
    syntax->longs[i] = (struct option){row->name, has_value(row) ? required_argument : no_argument,
                                       NULL, row_code(i)};
    if (!row->letter)
      continue;
    *end++ = row->letter;
    if (has_value(row))
      *end++ = ':';
  }
  *end = '\0';
  syntax->longs[option_row_count] = (struct option){0};
}

/* "-123", which is a word (a query id may be negative), unless it is the value of an option. */
static bool is_number(char **argv, int index) {
  const char *before = argv[index - 1];
  return argv[index][0] == '-' && isdigit((unsigned char)argv[index][1]) &&
         (before[0] != '-' || isdigit((unsigned char)before[1]));
}

/* Those before the next such number, then the number itself; -1 at the end and after "--". */
static int option_next(int argc, char **argv, const struct syntax *syntax) {
  int end = optind > 0 ? optind : 1;
  while (end < argc && !is_number(argv, end))
    end++;
  const int code = getopt_long(end, argv, syntax->letters, syntax->longs, NULL);
  if (code != -1 || end == argc || optind != end || (end > 1 && strcmp(argv[end - 1], "--") == 0))
    return code;
  optarg = argv[end];
  optind = end + 1;
  return CODE_WORD;
}

/* ---- options */

static bool number_take(const struct option_row *row, const char *text, long *number,
                        struct err *err) {
  char *end;
  *number = strtol(text, &end, 10);
  return (*text && !*end && *number >= row->least && *number <= row->most) ||
         err_set(err, ERR_INVALID, "--%s: \"%.40s\" is not a number from %ld to %ld", row->name,
                 text, (long)row->least, (long)row->most);
}

static bool duration_take(const struct option_row *row, const char *text, int64_t *ms,
                          struct err *err) {
  struct err why = {0};
  return duration_parse_within(text, row->least, row->most, ms, &why) ||
         err_set(err, why.kind, "--%s: %s", row->name, why.text);
}

static bool list_take(const struct option_row *row, const char *text, const char **items,
                      size_t *count, struct err *err) {
  if (*count == (size_t)row->most)
    return err_set(err, ERR_INVALID, "more than %d times --%s", (int)row->most, row->name);
  items[(*count)++] = text;
  return true;
}

static bool option_take(struct options *options, const struct option_row *row, const char *argument,
                        struct err *err) {
  void *member = (char *)options + row->member;
  switch (row->form) {
  case ARGUMENT_FLAG:
    *(bool *)member = true;
    return true;
  case ARGUMENT_ONCE:
    if (*(const char **)member)
      return err_set(err, ERR_INVALID, "--%s is given twice; %s", row->name, row->instead);
    *(const char **)member = argument;
    return true;
  case ARGUMENT_TEXT:
    *(const char **)member = argument;
    return true;
  case ARGUMENT_LIST:
    return list_take(row, argument, member, (size_t *)(void *)((char *)options + row->count), err);
  case ARGUMENT_DURATION:
    return duration_take(row, argument, member, err);
  case ARGUMENT_NUMBER:
    return number_take(row, argument, member, err);
  case ARGUMENT_LEAVE:
    options->help_of = options->mode;
    options->mode = row->leave;
    return true;
  }
  return false;
}

static bool argument_refuse(int code, const char *argument, struct err *err) {
  return err_set(err, ERR_INVALID, code == ':' ? "%s requires a value" : "unknown option %s",
                 argument);
}

/* ---- words */

static bool mode_parse(const char *word, enum mode *mode, struct err *err) {
  struct suggestion suggestion = {0};
  struct names names = {0};
  for (size_t i = 0; i < mode_word_count; i++) {
    if (strcmp(mode_words[i].word, word) == 0) {
      *mode = mode_words[i].mode;
      return true;
    }
    suggest_consider(&suggestion, word, mode_words[i].word);
    names_add(&names, mode_words[i].word);
  }
  if (suggestion.best)
    return err_set(err, ERR_INVALID, "unknown command \"%.64s\"%s", word,
                   suggest_text(&suggestion));
  return err_set(err, ERR_INVALID, "unknown command \"%.30s\" (known: %s; none: the dashboard)",
                 word, names_end(&names, "`stacktop -h`"));
}

static size_t words_most(enum mode mode) {
  for (size_t i = 0; i < mode_word_count; i++)
    if (mode_words[i].mode == mode)
      return mode_words[i].words;
  return 0;
}

/* The first word is the command, at any position; `plan`, `apply`, `logs` and `show` have more.
 * They move to the front of argv, over arguments that were already read. */
static bool word_take(struct options *options, char **argv, char *word, bool *command,
                      struct err *err) {
  if (!*command) {
    *command = true;
    return mode_parse(word, &options->mode, err);
  }
  if (options->mode == MODE_CHECK && options->output && !options->output_file) {
    options->output_file = word; /* of `audit`, --output has no value */
    return true;
  }
  if (options->word_count >= words_most(options->mode))
    return err_set(err, ERR_INVALID, "unexpected argument \"%s\"", word);
  options->words = (const char *const *)(argv + 1);
  argv[1 + options->word_count++] = word;
  return true;
}

/* Those behind "--". */
static bool rest_take(struct options *options, int argc, char **argv, bool *command,
                      struct err *err) {
  for (; optind < argc; optind++)
    if (!*command)
      return err_set(err, ERR_INVALID, "unexpected argument \"%s\"", argv[optind]);
    else if (!word_take(options, argv, argv[optind], command, err))
      return false;
  return true;
}

bool options_parse(struct options *options, int argc, char **argv, struct err *err) {
  const char *no_color = getenv("NO_COLOR"), *seen[OPTION_ROWS_MAX] = {NULL};
  struct syntax syntax;
  *options = (struct options){.no_color = no_color && *no_color, .width = OPTIONS_WIDTH};
  bool command = false;
  syntax_make(&syntax);
  optind = 0; /* glibc: reset getopt */
  opterr = 0;
  for (int code; (code = option_next(argc, argv, &syntax)) != -1;) {
    if (code == '?' || code == ':')
      return argument_refuse(code, argv[optind - 1], err);
    if (code == CODE_WORD) {
      if (!word_take(options, argv, optarg, &command, err))
        return false;
      continue;
    }
    const struct option_row *row = &option_rows[row_of(code)];
    seen[row - option_rows] = argv[optind - 1 - (optarg == argv[optind - 1])];
    if (!option_take(options, row, optarg, err))
      return false;
    if (row->form == ARGUMENT_LEAVE)
      return true;
  }
  options->read_only = options->read_only || options->wall;
  if (options->config_count > 0)
    options->config = options->configs[options->config_count - 1];
  return rest_take(options, argc, argv, &command, err) &&
         options_check_modes(options->mode, seen, err) && options_check(options, err);
}

/* As in getopt: an unambiguous prefix is accepted. */
bool options_want_plugin(int argc, char *const *argv) {
  static const char word[] = "--plugin";
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (strlen(argv[i]) > 2 && strncmp(word, argv[i], strlen(argv[i])) == 0)
      return true;
  return false;
}
