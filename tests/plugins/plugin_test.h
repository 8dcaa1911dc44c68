/* plugin_test.h - what most of the plugins here have in common: one provider of
 * the plugin's name.  Those that break a rule of the head write it out. */
#ifndef TESTS_PLUGINS_PLUGIN_TEST_H
#define TESTS_PLUGINS_PLUGIN_TEST_H

#include <gamut/plugin.h>

#define BASE_URL "http://127.0.0.1:9"

#define ONE_PHASE static const char *const phases[] = { "only" };
#define PROVIDER(id, fn)                                                       \
  ONE_PHASE                                                                    \
  static const struct gamut_provider provider = {                              \
    .struct_size = sizeof(provider),                                           \
    .name = #id,                                                               \
    .base_url = BASE_URL,                                                      \
    .phases = GAMUT_TABLE(phases),                                             \
    .step = fn,                                                                \
  };                                                                           \
  static const struct gamut_provider *const providers[] = { &provider, NULL };

#define PLUGIN(id)                                                             \
  GAMUT_PLUGIN(id, .version = "1.0.0", .license = "MIT", .providers = providers)

/* The head with every member as an argument. */
#define HEAD(id, magic_, major_, minor_, size_, needs_, name_)                 \
  GAMUT_EXPORT extern const struct gamut_plugin id##_LTX_gamut_plugin;         \
  const struct gamut_plugin id##_LTX_gamut_plugin = {                          \
    .magic = magic_,                                                           \
    .abi_major = major_,                                                       \
    .abi_minor = minor_,                                                       \
    .struct_size = (uint32_t)(size_),                                          \
    .needs_minor = needs_,                                                     \
    .name = name_,                                                             \
    .version = "1.0.0",                                                        \
    .license = "MIT",                                                          \
    .providers = providers,                                                    \
  };

#endif
