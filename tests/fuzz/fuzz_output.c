/* Exercises what a program prints: kept at both ends, masked, and taken apart into lines. Holds: no
 * more than the limits is kept and every other byte is counted; a known secret is in no text, also
 * where a cut has taken it apart; masking again changes nothing that a secret was in; a line has no
 * newline, no tab, and ends in its room. */
#include "fuzz.h"

#include "model/action/output.h"

enum { HEAD = 40, TAIL = 60, SECRET_MAX = 16 };

static void check_line(void *arg, enum output_line_kind kind, enum output_stream stream,
                       const char *line) {
  size_t *bytes = arg;
  (void)kind;
  (void)stream;
  const size_t len = strlen(line);
  assert(len < OUTPUT_LINE_MAX);
  assert(!strpbrk(line, "\n\r\t"));
  *bytes += len;
}

static void check_excerpt(const struct excerpt *excerpt, size_t size) {
  const struct excerpt_view view = excerpt_view(excerpt);
  assert(view.head_len <= HEAD + TAIL && view.tail_len <= TAIL);
  assert(view.left_out >= 0);
  assert((size_t)view.left_out + view.head_len + view.tail_len == size);
}

static void check_likely(const char *text, size_t len) {
  size_t once_len = len;
  char *once = mask_likely(text, &once_len);
  assert(strlen(once) == once_len || memchr(text, '\0', len));
  assert(once_len <= 2 * len + 3); /* "***" for at least a character */
  free(once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  char *secret = fuzz_text(&input, '\n');
  secret[strlen(secret) < SECRET_MAX ? strlen(secret) : SECRET_MAX] = '\0';
  const char *const secrets[] = {secret};
  const struct mask mask = {secrets, 1};
  struct excerpt excerpt;
  struct outcome outcome;
  size_t bytes = 0;
  excerpt_init(&excerpt, HEAD, TAIL);
  outcome_init(&outcome, 1);
  for (size_t at = 0, step = 1; at < input.size; at += step, step = step * 3 % 101) {
    const size_t piece = step < input.size - at ? step : input.size - at;
    excerpt_add(&excerpt, (const char *)input.data + at, piece);
  }
  check_excerpt(&excerpt, input.size);
  outcome_output(&outcome, OUTPUT_STDOUT, &excerpt, &mask);
  for (size_t i = 0; i < outcome.output_count; i++) {
    const struct output *output = &outcome.outputs[i];
    assert(strlen(output->text) == output->len && strlen(output->tail) == output->tail_len);
    if (strlen(secret) >= MASK_SECRET_MIN && !strpbrk(secret, "*\xff")) {
      assert(!strstr(output->text, secret));
      assert(!strstr(output->tail, secret));
    }
    check_likely(output->text, output->len);
  }
  output_lines(&outcome, check_line, &bytes);
  outcome_fini(&outcome);
  excerpt_fini(&excerpt);
  free(secret);
  return 0;
}
