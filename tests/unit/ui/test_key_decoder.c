#include "ui/terminal/key_decoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The keys as text: runes as they are, others in <>; a pasted one in {}. */
static void drain(struct key_decoder *decoder, char *out, size_t size) {
  static const char *const names[] = {
      [KEY_CODE_ENTER] = "enter",     [KEY_CODE_ESC] = "esc",       [KEY_CODE_TAB] = "tab",
      [KEY_CODE_BACKTAB] = "backtab", [KEY_CODE_BACKSPACE] = "bs",  [KEY_CODE_DELETE] = "del",
      [KEY_CODE_UP] = "up",           [KEY_CODE_DOWN] = "down",     [KEY_CODE_LEFT] = "left",
      [KEY_CODE_RIGHT] = "right",     [KEY_CODE_HOME] = "home",     [KEY_CODE_END] = "end",
      [KEY_CODE_PAGE_UP] = "pgup",    [KEY_CODE_PAGE_DOWN] = "pgdn"};
  struct key key;
  while (key_decoder_next(decoder, &key)) {
    size_t len = strlen(out);
    if (key.code == KEY_CODE_RUNE && key.rune < 0x7f)
      snprintf(out + len, size - len, "%c", (char)key.rune);
    else if (key.code == KEY_CODE_RUNE)
      snprintf(out + len, size - len, "<u+%x>", key.rune);
    else if (key.code == KEY_CODE_PASTED)
      snprintf(out + len, size - len, "{%x}", key.rune);
    else if (key.code == KEY_CODE_FUNCTION)
      snprintf(out + len, size - len, "<f%u>", key.rune);
    else if (key.code >= KEY_CODE_CLICK)
      snprintf(out + len, size - len, "<%s %d,%d>",
               key.code == KEY_CODE_CLICK      ? "click"
               : key.code == KEY_CODE_WHEEL_UP ? "wheel up"
                                               : "wheel down",
               key.x, key.y);
    else if (key.code == KEY_CODE_CTRL)
      snprintf(out + len, size - len, "<ctrl-%c>", (char)key.rune);
    else
      snprintf(out + len, size - len, "<%s>", names[key.code]);
  }
}

/* At once, and byte by byte: the same keys. `late` are the keys when the wait is over. */
static void expect_late(const char *bytes, const char *keys, const char *late) {
  for (int split = 0; split < 2; split++) {
    struct key_decoder decoder = {0};
    char got[512] = "";
    const size_t len = strlen(bytes);
    for (size_t i = 0; i < len; i += split ? 1 : len) {
      const size_t part = split ? 1 : len;
      assert_int_equal(key_decoder_add(&decoder, (const uint8_t *)bytes + i, part), part);
      drain(&decoder, got, sizeof got);
    }
    assert_string_equal(got, keys);
    got[0] = '\0';
    if (key_decoder_wait(&decoder) > 0)
      key_decoder_expire(&decoder);
    drain(&decoder, got, sizeof got);
    assert_string_equal(got, late);
  }
}

static void expect(const char *bytes, const char *keys) {
  expect_late(bytes, keys, "");
}

static void test_plain_keys(void **state) {
  (void)state;
  expect("aZ 9?/", "aZ 9?/");
  expect("\r\t\x7f\b", "<enter><tab><bs><bs>");
  expect("\x03\x1a\x0c\x12\n", "<ctrl-c><ctrl-z><ctrl-l><ctrl-r><ctrl-j>");
  expect("\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80", "<u+e9><u+4f60><u+1f600>");
}

static void test_invalid_characters_are_swallowed(void **state) {
  (void)state;
  expect("\xff\x80q", "q");
  expect("\xc0\xaf.", ".");         /* overlong "/" */
  expect("\xe0\x80\xaf.", ".");     /* the same in three bytes */
  expect("\xed\xa0\x80.", ".");     /* a surrogate */
  expect("\xc2\x9b.", ".");         /* C1: CSI */
  expect("\xf4\x90\x80\x80.", "."); /* beyond Unicode */
  expect("\xc3q", "q");             /* cut off */
  expect("\x1c\x1d\x1e\x1f", "");
}

static void test_special_keys(void **state) {
  (void)state;
  expect("\033[A\033OA\033[B\033OB\033[C\033[D", "<up><up><down><down><right><left>");
  expect("\033[H\033OH\033[1~\033[7~\033[F\033OF\033[4~\033[8~",
         "<home><home><home><home><end><end><end><end>");
  expect("\033[5~\033[6~\033[3~\033[Z", "<pgup><pgdn><del><backtab>");
  expect("\033OP\033[11~\033[[A\033[P", "<f1><f1><f1><f1>");
  expect("\033OQ\033OS\033[[E\033[15~\033[17~\033[21~\033[24~", "<f2><f4><f5><f5><f6><f10><f12>");
  expect("\033OM\033Op\033Oy\033Ok", "<enter>09+"); /* the keypad */
}

static void test_unknown_sequences_never_leak(void **state) {
  (void)state;
  expect("\033[27;5;9~q", "q");
  expect("\033[1;5A\033[15;2~\033[[G\033OT\033[200;1~\033[I\033[O", "");
  expect("\033[?1;2c\033[?62;1;6c\033[24;80R", "");      /* answers to questions */
  expect("\033[<0;10;20M\033[<0;10;20m\033[M !!q", "q"); /* mice */
  expect("\033]11;rgb:1e1e/1e1e/1e1e\033\\q", "q");      /* OSC, ended by ST */
  expect("\033]11;rgb:1e1e/1e1e/1e1e\aq", "q");          /* and by BEL */
  expect("\033P1+r436f=323536\033\\q", "q");             /* DCS */
  expect("\033[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1mq", "q");
  expect("\033[12\003", "<ctrl-c>"); /* Ctrl-C works anywhere */
  expect("\033[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;\003q", "<ctrl-c>q");
  expect("\033[1\033[Aq", "<up>q");
}

/* Only where it was switched on: reports that the program before left behind are no keys. */
static void test_the_mouse(void **state) {
  (void)state;
  static const char bytes[] = "\033[<0;10;20M\033[<0;10;20m\033[<64;1;1M\033[<65;223;300M"
                              "\033[<2;1;1M\033[<4;1;1M\033[<32;1;1M\033[<0;0;1M\033[<0;1M"
                              "\033[<0;99999;1M\033[<;;M\033[<0;1;1;1Mq";
  for (int mouse = 0; mouse < 2; mouse++) {
    struct key_decoder decoder = {.mouse = mouse};
    char got[128] = "";
    assert_int_equal(key_decoder_add(&decoder, (const uint8_t *)bytes, sizeof bytes - 1),
                     sizeof bytes - 1);
    drain(&decoder, got, sizeof got);
    assert_string_equal(got, mouse ? "<click 9,19><wheel up 0,0><wheel down 222,299>q" : "q");
  }
  struct key_decoder decoder = {.mouse = true}; /* pasted, it is a text */
  char got[128] = "";
  key_decoder_add(&decoder, (const uint8_t *)"\033[200~\033[<0;1;1M\033[201~", 23);
  drain(&decoder, got, sizeof got);
  assert_null(strstr(got, "click"));
}

static void test_escape(void **state) {
  (void)state;
  expect_late("\033", "", "<esc>");
  expect_late("\033\033", "<esc>", "<esc>");
  expect("\033q", "<esc>q"); /* behind a multiplexer two keys look like that */
  expect("\033\r", "<esc><enter>");
  expect("\033\033[A", "<esc><up>");
  expect_late("\033O", "", "<esc>O");
  expect_late("\033]", "", "<esc>]");
  expect_late("\033P", "", "<esc>P");
  expect_late("\033[", "", ""); /* its rest may arrive late, and must not act */
  expect_late("\033[1;", "", "");
  expect_late("\033]0;a title without an end", "", "");
}

static void test_the_wait(void **state) {
  (void)state;
  struct key_decoder decoder = {0};
  assert_int_equal(key_decoder_wait(&decoder), 0);
  key_decoder_add(&decoder, (const uint8_t *)"\033", 1);
  assert_int_equal(key_decoder_wait(&decoder), KEY_ESC_MS);
  key_decoder_add(&decoder, (const uint8_t *)"[", 1);
  assert_int_equal(key_decoder_wait(&decoder), 0);
  key_decoder_expire(&decoder); /* too late, or for nothing */
  key_decoder_add(&decoder, (const uint8_t *)"A", 1);
  char got[16] = "";
  drain(&decoder, got, sizeof got);
  assert_string_equal(got, "<up>");
}

static void test_a_paste_never_acts(void **state) {
  (void)state;
  expect("\033[200~qx\ry\003\033[A\033\033[201~q", "{71}{78}{79}{5b}{41}q");
  expect("\033[200~\xc3\xa9\033[201", "{e9}");
  expect("\033[201~q", "q");
  struct key_decoder decoder = {0};
  char got[64] = "";
  key_decoder_add(&decoder, (const uint8_t *)"\033[200~a", 7);
  drain(&decoder, got, sizeof got);
  assert_int_equal(key_decoder_wait(&decoder), KEY_PASTE_MS);
  key_decoder_expire(&decoder); /* its end was lost: keys are keys again */
  key_decoder_add(&decoder, (const uint8_t *)"q", 1);
  drain(&decoder, got, sizeof got);
  assert_string_equal(got, "{61}q");
}

/* The next frame waits for the answer: it counts in an open paste as well, and is not its text. */
static void test_an_answer_within_a_paste(void **state) {
  (void)state;
  static const char bytes[] = "\033[200~a\033[0nb\033[0x\033[201~c";
  struct key_decoder decoder = {0};
  struct key key;
  char typed[16] = "";
  for (const char *at = bytes; *at; at++) {
    key_decoder_add(&decoder, (const uint8_t *)at, 1);
    while (key_decoder_next(&decoder, &key))
      typed[strlen(typed)] = (char)key.rune;
  }
  assert_string_equal(typed, "ab[0xc");
  assert_int_equal(decoder.reports.arrivals, 1);
}

static void test_more_than_there_is_room_for(void **state) {
  (void)state;
  struct key_decoder decoder = {0};
  uint8_t bytes[KEY_BYTES_MAX + 10];
  memset(bytes, 'a', sizeof bytes);
  assert_int_equal(key_decoder_add(&decoder, bytes, sizeof bytes), KEY_BYTES_MAX);
  assert_int_equal(key_decoder_add(&decoder, bytes, 1), 0);
  struct key key;
  assert_true(key_decoder_next(&decoder, &key));
  assert_int_equal(key_decoder_add(&decoder, bytes, 2), 1);
}

/* Whatever arrives, it ends, the buffer never blocks, and q is q after the wait. */
static void test_garbage(void **state) {
  (void)state;
  srandom(7);
  for (int i = 0; i < 20000; i++) {
    static const char bytes[] = "\033\033[[O]P~2001;<M?\\\a\003A\xc3\xa9\x9b!q";
    struct key_decoder decoder = {0};
    struct key key = {0};
    for (int n = 0; n < 40; n++) {
      const uint8_t byte = (uint8_t)bytes[random() % (long)(sizeof bytes - 1)];
      assert_int_equal(key_decoder_add(&decoder, &byte, 1), 1);
      while (key_decoder_next(&decoder, &key))
        assert_true(key.code != KEY_CODE_RUNE || key.rune >= 0x20);
      assert_true(decoder.count < 40);
    }
    key_decoder_expire(&decoder);
    while (key_decoder_next(&decoder, &key))
      ;
    key_decoder_add(&decoder, (const uint8_t *)"\003\003\003\003q", 5);
    while (key_decoder_next(&decoder, &key))
      ;
    assert_int_equal(key.rune, 'q');
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain_keys),
      cmocka_unit_test(test_invalid_characters_are_swallowed),
      cmocka_unit_test(test_special_keys),
      cmocka_unit_test(test_unknown_sequences_never_leak),
      cmocka_unit_test(test_the_mouse),
      cmocka_unit_test(test_escape),
      cmocka_unit_test(test_the_wait),
      cmocka_unit_test(test_a_paste_never_acts),
      cmocka_unit_test(test_an_answer_within_a_paste),
      cmocka_unit_test(test_more_than_there_is_room_for),
      cmocka_unit_test(test_garbage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
