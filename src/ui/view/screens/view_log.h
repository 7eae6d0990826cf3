/* Keys of the logs (src/ui/log), as the view's table of keys needs them. */
#pragma once

#include "ui/log/log_keys.h"
#include "ui/view/keys/view_binding.h"

/* Opens the logs of the selected row. */
struct request run_logs(struct keys *keys, int argument);
/* argument: enum log_command. */
struct request run_log(struct keys *keys, int argument);
struct request view_log_back(struct keys *keys);
struct request view_log_typing(struct keys *keys, bool *taken);
