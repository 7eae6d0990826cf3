#include "core/text/words.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

struct splitter {
  const char *at;
  char *out; /* end of the words so far */
};

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copies up to the closing quote and skips it. In "..." a backslash escapes " and \ only. */
static bool quoted(struct splitter *splitter, struct err *err) {
  const char quote = *splitter->at++;
  for (; *splitter->at && *splitter->at != quote; splitter->at++) {
    const char *at = splitter->at;
    if (quote == '"' && at[0] == '\\' && (at[1] == '"' || at[1] == '\\'))
      splitter->at++;
    *splitter->out++ = *splitter->at;
  }
  if (!*splitter->at)
    return err_set(err, ERR_INVALID, "unclosed %c", quote);
  splitter->at++;
  return true;
}

static bool word(struct splitter *splitter, struct err *err) {
  while (*splitter->at && !is_blank(*splitter->at)) {
    if (*splitter->at == '\'' || *splitter->at == '"') {
      if (!quoted(splitter, err))
        return false;
      continue;
    }
    if (*splitter->at == '\\' && !*++splitter->at)
      return err_set(err, ERR_INVALID, "incomplete escape \\ at the end");
    *splitter->out++ = *splitter->at++;
  }
  *splitter->out++ = '\0';
  return true;
}

/* Words are separated by blanks, so there are at most half as many words as characters. */
static size_t words_most(const char *line) {
  size_t most = (strlen(line) + 1) / 2;
  return most < WORDS_MAX ? most : WORDS_MAX;
}

char **words_split(const char *line, size_t *count, struct err *err) {
  const size_t most = words_most(line);
  char **words = mem_new((most + 1) * sizeof *words + strlen(line) + 1);
  struct splitter splitter = {.at = line, .out = (char *)(words + most + 1)};
  *count = 0;
  for (;;) {
    while (is_blank(*splitter.at))
      splitter.at++;
    if (!*splitter.at)
      return words;
    if (*count == most) {
      err_set(err, ERR_LIMIT, "more than %d words", WORDS_MAX);
      break;
    }
    words[(*count)++] = splitter.out;
    if (!word(&splitter, err))
      break;
  }
  free(words);
  return NULL;
}
