/* Exercises the dialogs: any keys, at any pace, in any of them, on screens of any size.
 * Holds: a plan is confirmed exactly when the rules say so (tests/unit/ui/agreement.h), with the
 * right phrase; the screen is printable, and drawing the same moment again draws the same; no
 * dialog quits the program. */
#include "fuzz.h"

#include "ui/agreement.h"
#include "ui/operation_fixture.h"
#include "ui/view/view.h"

enum { WIDTH_LEAST = 40, HEIGHT_LEAST = 12, STEPS_MAX = 150 };

struct session {
  struct acting acting;
  struct view *view;
  struct canvas *canvas;
  struct agreement agreement;
  int64_t now_ms;
};

static void draw(struct session *session) {
  view_draw(session->view, &session->acting.base.model, session->now_ms, session->canvas);
}

static void check_screen(struct session *session) {
  const struct canvas *canvas = session->canvas;
  const size_t cells = (size_t)canvas->width * (size_t)canvas->height;
  draw(session);
  struct canvas *again = canvas_new(canvas->width, canvas->height, canvas->ascii);
  view_draw(session->view, &session->acting.base.model, session->now_ms, again);
  for (size_t i = 0; i < cells; i++) {
    fuzz_check_clean(canvas->cells[i].text, strlen(canvas->cells[i].text), canvas->ascii);
    assert(strcmp(canvas->cells[i].text, again->cells[i].text) == 0);
    assert(canvas->cells[i].style == again->cells[i].style);
  }
  canvas_free(again);
}

static void open_plan(struct session *session, struct fuzz_input *input) {
  const uint8_t how = fuzz_byte(input);
  struct plan *plan = acting_plan(&session->acting, how & 1 ? &spec_cancel : &spec_terminate,
                                  how >> 4, (how & 2) != 0, session->now_ms);
  if (how & 4) {
    char *text = fuzz_text(input, '\n');
    plan_say(plan, (enum plan_part)(how % PLAN_PART_COUNT), "%s", text);
    free(text);
  }
  if (how & 8)
    plan->made_ms -= 29000;
}

static void open_other(struct session *session, struct fuzz_input *input) {
  struct acting *acting = &session->acting;
  const uint8_t which = fuzz_byte(input);
  switch (which % 6) {
  case 0:
    acting_menu(acting);
    break;
  case 1:
    acting_front(acting, &spec_reset, OPERATION_FORM, session->now_ms);
    break;
  case 2:
    acting_front(acting, &spec_reset, OPERATION_CHOICE, session->now_ms)->found =
        acting_found(which >> 6, which >> 3 & 7);
    break;
  case 3:
    acting_run(acting, OPERATION_EXECUTE, which >> 3, session->now_ms);
    break;
  case 4:
    acting_run(acting, OPERATION_ENDED, which >> 3, session->now_ms);
    break;
  default:
    acting_drop(acting);
  }
}

static void press(struct session *session, struct key key) {
  const struct operations *operations = &session->acting.base.model.operations;
  const struct operation *front = operations->menu ? NULL : operations->front;
  const struct plan *plan = front && front->phase == OPERATION_PLAN ? front->plan : NULL;
  const bool large =
      session->canvas->width >= WIDTH_LEAST && session->canvas->height >= HEIGHT_LEAST;
  const bool agrees = plan && agreement_key(&session->agreement, plan, session->now_ms, key);
  const struct request request =
      view_key(session->view, &session->acting.base.model, session->now_ms, key);
  const bool agreed = request.kind == REQUEST_AGREE;
  assert(!agreed || (agrees && plan_agreed(plan, request.text)));
  assert(agreed == agrees || !large);
  if (agrees && !agreed) /* the screen was too small for the question */
    acting_drop(&session->acting);
  assert(request.kind != REQUEST_QUIT || (!front && !operations->menu));
}

/* The next character of the phrase, or Enter after it: chance would take long to find it. */
static struct key near_key(const struct session *session) {
  const struct operation *front = session->acting.base.model.operations.front;
  char phrase[PLAN_PHRASE_MAX] = "";
  if (front && front->plan)
    plan_phrase(front->plan, phrase);
  const size_t typed = session->agreement.count;
  if (typed < strlen(phrase))
    return (struct key){KEY_CODE_RUNE, (unsigned char)phrase[typed]};
  return (struct key){KEY_CODE_ENTER, 0};
}

static void step(struct session *session, struct fuzz_input *input) {
  static const int gaps_ms[] = {0, 1, 299, 300, 301, 1000, 5000, 31000};
  const uint8_t what = fuzz_byte(input);
  session->now_ms += gaps_ms[what >> 5];
  if (what % 32 < 2) {
    if (what % 32 == 0)
      open_plan(session, input);
    else
      open_other(session, input);
    check_screen(session);
    agreement_open(&session->agreement, session->now_ms);
  } else if (what % 32 < 16) {
    press(session, near_key(session));
  } else {
    const uint8_t code = fuzz_byte(input);
    struct key key = {(enum key_code)(code % (KEY_CODE_CTRL + 1)), 0};
    if (key.code == KEY_CODE_RUNE || key.code == KEY_CODE_PASTED)
      key.rune = (uint32_t)fuzz_int(input, code & 0x80 ? 3 : 1);
    else if (key.code == KEY_CODE_CTRL)
      key.rune = 'a' + fuzz_byte(input) % 26;
    press(session, key);
  }
  draw(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input input = {data, size};
  struct session session = {.now_ms = FIXTURE_NOW};
  const int width = fuzz_byte(&input) % 160, height = fuzz_byte(&input) % 50;
  session.acting.operation.param_wrong = -1;
  fixture_init(&session.acting.base, width % 3 ? SCENE_INCIDENT : SCENE_CALM, false);
  for (size_t target_index = 0; target_index < session.acting.base.model.target_count;
       target_index++)
    fixture_publish(&session.acting.base, target_index, FIXTURE_STEPS, FIXTURE_NOW);
  acting_drop(&session.acting);
  session.view = view_new(&(struct view_options){.utc = true});
  session.canvas = canvas_new(width, height, width % 2);
  check_screen(&session);
  for (int i = 0; i < STEPS_MAX && input.size > 0; i++)
    step(&session, &input);
  check_screen(&session);
  canvas_free(session.canvas);
  view_free(session.view);
  acting_fini(&session.acting);
  return 0;
}
