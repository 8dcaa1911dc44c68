# Plugins that break a rule, built as anybody's would be, and the program that
# loads them.  Those whose fault shows only in a call are for the tests of the
# engine.

if HAVE_CHECK
check_PROGRAMS += tests/plugins/test_bundled tests/plugins/test_plugins
TESTS += tests/plugins/test_bundled tests/plugins/test_plugins
endif
tests_plugins_test_plugins_SOURCES = \
	tests/plugins/test_plugins.c \
	tests/unit/scratch.c \
	tests/unit/scratch.h \
	tests/unit/unit.h
tests_plugins_test_plugins_CPPFLAGS = $(test_cppflags)

tests_plugins_test_bundled_SOURCES = \
	tests/plugins/claims.c \
	tests/plugins/good.c \
	tests/plugins/magic.c \
	tests/plugins/plugin_test.h \
	tests/plugins/test_bundled.c \
	tests/unit/scratch.c \
	tests/unit/scratch.h \
	tests/unit/unit.h
tests_plugins_test_bundled_CPPFLAGS = $(test_cppflags)

# -rpath makes libtool build a module that can be loaded; it is not installed.
# unresolved.la is why -z defs, which configure adds to the others, is missing.
bad_plugin_cppflags = $(GM_PUBLIC_CPPFLAGS)
bad_plugin_ldflags = -module -avoid-version -shared -rpath /nowhere \
	-export-symbols-regex '_LTX_gamut_plugin$$'
check_LTLIBRARIES += \
	tests/plugins/claims.la \
	tests/plugins/endless.la \
	tests/plugins/garbage.la \
	tests/plugins/good.la \
	tests/plugins/magic.la \
	tests/plugins/major.la \
	tests/plugins/misnamed.la \
	tests/plugins/needs.la \
	tests/plugins/newer.la \
	tests/plugins/noend.la \
	tests/plugins/nosymbol.la \
	tests/plugins/older.la \
	tests/plugins/slow.la \
	tests/plugins/tool.la \
	tests/plugins/tooshort.la \
	tests/plugins/twin_a.la \
	tests/plugins/twin_b.la \
	tests/plugins/twoends.la \
	tests/plugins/unresolved.la

tests_plugins_claims_la_SOURCES = \
	tests/plugins/claims.c \
	tests/plugins/plugin_test.h
tests_plugins_claims_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_claims_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_claims_la_LIBADD =

tests_plugins_endless_la_SOURCES = \
	tests/plugins/endless.c \
	tests/plugins/plugin_test.h
tests_plugins_endless_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_endless_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_endless_la_LIBADD =

tests_plugins_garbage_la_SOURCES = \
	tests/plugins/garbage.c \
	tests/plugins/plugin_test.h
tests_plugins_garbage_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_garbage_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_garbage_la_LIBADD =

tests_plugins_good_la_SOURCES = \
	tests/plugins/good.c \
	tests/plugins/plugin_test.h
tests_plugins_good_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_good_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_good_la_LIBADD =

tests_plugins_magic_la_SOURCES = \
	tests/plugins/magic.c \
	tests/plugins/plugin_test.h
tests_plugins_magic_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_magic_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_magic_la_LIBADD =

tests_plugins_major_la_SOURCES = \
	tests/plugins/major.c \
	tests/plugins/plugin_test.h
tests_plugins_major_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_major_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_major_la_LIBADD =

tests_plugins_misnamed_la_SOURCES = \
	tests/plugins/misnamed.c \
	tests/plugins/plugin_test.h
tests_plugins_misnamed_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_misnamed_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_misnamed_la_LIBADD =

tests_plugins_needs_la_SOURCES = \
	tests/plugins/needs.c \
	tests/plugins/plugin_test.h
tests_plugins_needs_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_needs_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_needs_la_LIBADD =

tests_plugins_newer_la_SOURCES = \
	tests/plugins/newer.c \
	tests/plugins/plugin_test.h
tests_plugins_newer_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_newer_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_newer_la_LIBADD =

tests_plugins_noend_la_SOURCES = \
	tests/plugins/noend.c \
	tests/plugins/plugin_test.h
tests_plugins_noend_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_noend_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_noend_la_LIBADD =

tests_plugins_nosymbol_la_SOURCES = \
	tests/plugins/nosymbol.c \
	tests/plugins/plugin_test.h
tests_plugins_nosymbol_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_nosymbol_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_nosymbol_la_LIBADD =

tests_plugins_older_la_SOURCES = \
	tests/plugins/older.c \
	tests/plugins/plugin_test.h
tests_plugins_older_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_older_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_older_la_LIBADD =

tests_plugins_slow_la_SOURCES = \
	tests/plugins/slow.c \
	tests/plugins/plugin_test.h
tests_plugins_slow_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_slow_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_slow_la_LIBADD =

tests_plugins_tool_la_SOURCES = \
	tests/plugins/tool.c \
	tests/plugins/plugin_test.h
tests_plugins_tool_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_tool_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_tool_la_LIBADD =

tests_plugins_tooshort_la_SOURCES = \
	tests/plugins/tooshort.c \
	tests/plugins/plugin_test.h
tests_plugins_tooshort_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_tooshort_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_tooshort_la_LIBADD =

tests_plugins_twin_a_la_SOURCES = \
	tests/plugins/twin_a.c \
	tests/plugins/plugin_test.h
tests_plugins_twin_a_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_twin_a_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_twin_a_la_LIBADD =

tests_plugins_twin_b_la_SOURCES = \
	tests/plugins/twin_b.c \
	tests/plugins/plugin_test.h
tests_plugins_twin_b_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_twin_b_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_twin_b_la_LIBADD =

tests_plugins_twoends_la_SOURCES = \
	tests/plugins/twoends.c \
	tests/plugins/plugin_test.h
tests_plugins_twoends_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_twoends_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_twoends_la_LIBADD =

tests_plugins_unresolved_la_SOURCES = \
	tests/plugins/unresolved.c \
	tests/plugins/plugin_test.h
tests_plugins_unresolved_la_CPPFLAGS = $(bad_plugin_cppflags)
tests_plugins_unresolved_la_LDFLAGS = $(bad_plugin_ldflags)
tests_plugins_unresolved_la_LIBADD =
