#include "model/config/key_setting.h"

#include <stdlib.h>

void key_setting_fini(struct key_setting *setting) {
  for (size_t i = 0; i < setting->key_count; i++)
    free(setting->keys[i]);
  free(setting->keys);
  free(setting->name);
}
