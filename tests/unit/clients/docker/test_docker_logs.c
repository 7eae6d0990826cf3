#include "support/core_test.h"

#include "clients/docker/docker_logs.h"

static char seen[400000];

static void on_line(void *arg, const struct docker_line *line) {
  (void)arg;
  const size_t at = strlen(seen);
  snprintf(seen + at, sizeof seen - at, "%d|%s|%.*s", (int)line->output, line->stamp,
           (int)(line->len > 100 ? 100 : line->len), line->text);
  if (line->len > 100 || line->cut)
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "...%zu+%d", line->len,
             (int)line->cut);
  strcat(seen, "\n");
}

struct wire {
  char bytes[300000];
  size_t len;
};
static struct wire wire;

static void frame(int output, const char *text, size_t len) {
  const unsigned char header[8] = {(unsigned char)output,
                                   0,
                                   0,
                                   0,
                                   (unsigned char)(len >> 24),
                                   (unsigned char)(len >> 16),
                                   (unsigned char)(len >> 8),
                                   (unsigned char)len};
  memcpy(wire.bytes + wire.len, header, 8);
  memcpy(wire.bytes + wire.len + 8, text, len);
  wire.len += 8 + len;
}

/* In pieces of every size. */
static void check(const char *expected) {
  for (size_t piece = 1; piece < 40; piece++) {
    struct docker_lines *lines = docker_lines_new(on_line, NULL);
    seen[0] = '\0';
    for (size_t at = 0; at < wire.len; at += piece)
      docker_lines_feed(lines, wire.bytes + at, wire.len - at < piece ? wire.len - at : piece);
    docker_lines_end(lines);
    check_text(seen, expected, "pieces of %zu", piece);
    docker_lines_free(lines);
  }
  wire.len = 0;
}

#define T "2026-11-27T10:00:00.000000001Z"
#define U "2026-11-27T10:00:00.000000002Z"
#define FRAME(output, text) frame(output, text, sizeof(text) - 1)

static void test_frames(void **state) {
  (void)state;
  FRAME(1, T " one\n");
  FRAME(2, T " oops\n");
  FRAME(1, U " \n");
  FRAME(1, U " no end");
  check("0|" T "|one\n1|" T "|oops\n0|" U "|\n0|" U "|no end\n");
}

/* What a terminal wrote: no frames, and \r before the newline. */
static void test_raw(void **state) {
  (void)state;
  static const char text[] = T " one\r\n" U " two\r\n";
  memcpy(wire.bytes, text, wire.len = sizeof text - 1);
  check("0|" T "|one\r\n0|" U "|two\r\n");
}

/* Docker cuts a line at 16 kB; the time before each piece belongs to none of its text. */
static void test_long_lines(void **state) {
  (void)state;
  static char piece[16384 + 64];
  for (int i = 0; i < 6; i++) {
    const int stamp = snprintf(piece, sizeof piece, "%s ", i ? U : T);
    memset(piece + stamp, 'a' + i, 16384);
    piece[stamp + 16384] = '\n';
    frame(1, piece, (size_t)stamp + 16384 + (i == 5));
    FRAME(2, T " between\n");
  }
  static char expected[400];
  snprintf(expected, sizeof expected, "%s%s%s%s%s0|" T "|%.100d...65536+32768\n1|" T "|between\n",
           "1|" T "|between\n", "1|" T "|between\n", "1|" T "|between\n", "1|" T "|between\n",
           "1|" T "|between\n", 0);
  for (char *zero = strstr(expected, "|00"); zero && *++zero == '0';)
    *zero = 'a';
  check(expected);
}

static void test_what_is_no_time(void **state) {
  (void)state;
  FRAME(1, "no time\n\n");
  FRAME(1, "12:30\n");
  FRAME(0, "x");
  frame(1, "", 0);
  check("0||no time\n0||\n0||12:30\n0||x\n");
}

/* Each line as "+" where it is new. */
static void take(struct docker_place *place, const char *stamps, const char *expected) {
  char stamp[2] = "", found[32] = "";
  docker_place_ask(place);
  for (size_t i = 0; stamps[i]; i++) {
    stamp[0] = stamps[i];
    found[i] = docker_place_take(place, stamp) ? '+' : '-';
  }
  assert_string_equal(found, expected);
}

/* Many lines of one second: those that were read come once more, and are not read twice. */
static void test_no_line_is_read_twice(void **state) {
  (void)state;
  struct docker_place place = {0};
  take(&place, "1122", "++++");
  take(&place, "22", "--");
  take(&place, "2223", "--++");
  take(&place, "1233", "---+"); /* the engine's limit is not as fine as its times */
  take(&place, "33", "--");
}

/* Of two outputs one may come late; it is no reason to read all of the other once more. */
static void test_times_out_of_order(void **state) {
  (void)state;
  struct docker_place place = {0};
  take(&place, "1323", "++++");
  take(&place, "333", "--+");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_frames),
      cmocka_unit_test(test_raw),
      cmocka_unit_test(test_long_lines),
      cmocka_unit_test(test_what_is_no_time),
      cmocka_unit_test(test_no_line_is_read_twice),
      cmocka_unit_test(test_times_out_of_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
