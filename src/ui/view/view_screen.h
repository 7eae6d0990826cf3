/* Keys for the screen as a whole. */
#pragma once

#include "ui/view/keys/view_binding.h"

/* A request of that kind, and nothing else. */
struct request run_request(struct keys *keys, int kind);
struct request run_pause(struct keys *keys, int argument);
struct request run_collect(struct keys *keys, int argument);
/* REQUEST_SLOWER, REQUEST_FASTER. */
struct request run_pace(struct keys *keys, int kind);
