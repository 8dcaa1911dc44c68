# tests/bench
# `make bench` measures gamut beside a program over bare libcurl.  `make check`
# builds that and does not run it: figures of a busy machine prove nothing.  The
# driver is built with everything else, so that the library can be measured from
# outside.

noinst_PROGRAMS += tests/bench/driver
tests_bench_driver_SOURCES = tests/bench/driver.c
tests_bench_driver_CPPFLAGS = $(GM_CONFIG_CPPFLAGS) $(GM_PUBLIC_CPPFLAGS) \
	-DBENCH_PLUGIN_PATH='"$(abs_top_builddir)/plugins/.libs"' \
	-DBENCH_CATALOG_PATH='"$(abs_top_srcdir)/catalog"'
tests_bench_driver_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_bench_driver_LDADD = core/libgamut.la

bench_programs = \
	tests/bench/cache_time \
	tests/bench/charge_time \
	tests/bench/cli \
	tests/bench/guard_time \
	tests/bench/ledger_time \
	tests/bench/limit \
	tests/bench/measure \
	tests/bench/observe_time \
	tests/bench/plugin_time \
	tests/bench/quote_time \
	tests/bench/store_time \
	tests/bench/vector_time
check_PROGRAMS += $(bench_programs)
EXTRA_DIST += tests/bench/run.sh

tests_bench_cache_time_SOURCES = tests/bench/cache_time.c
tests_bench_cache_time_CPPFLAGS = $(GM_CONFIG_CPPFLAGS) $(GM_PUBLIC_CPPFLAGS)
tests_bench_cache_time_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_bench_cache_time_LDADD = core/libgamut.la

# The CLI as it is when installed: neither libtool's script around it nor a
# search path from the environment.
tests_bench_cli_SOURCES = $(core_cli_sources)
nodist_tests_bench_cli_SOURCES = core/cli/page_text.c
tests_bench_cli_CPPFLAGS = $(core_cli_gamut_CPPFLAGS)
tests_bench_cli_CFLAGS = $(core_cli_gamut_CFLAGS)
tests_bench_cli_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_bench_cli_LDADD = $(core_cli_gamut_LDADD)

tests_bench_charge_time_SOURCES = tests/bench/charge_time.c
tests_bench_charge_time_LDADD = core/libgamut-internal.la

tests_bench_guard_time_SOURCES = tests/bench/guard_time.c
tests_bench_guard_time_LDADD = core/libgamut-internal.la

tests_bench_limit_SOURCES = tests/bench/limit.c
tests_bench_limit_CPPFLAGS = $(GM_CONFIG_CPPFLAGS)
tests_bench_limit_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_bench_limit_LDADD = $(CURL_LIBS)

tests_bench_measure_SOURCES = tests/bench/measure.c
tests_bench_measure_CPPFLAGS = $(GM_CONFIG_CPPFLAGS)
tests_bench_measure_LDADD =

tests_bench_observe_time_SOURCES = tests/bench/observe_time.c
tests_bench_observe_time_LDADD = core/libgamut-internal.la

tests_bench_plugin_time_SOURCES = tests/bench/plugin_time.c
tests_bench_plugin_time_LDADD = core/libgamut-internal.la

tests_bench_quote_time_SOURCES = tests/bench/quote_time.c
tests_bench_quote_time_CPPFLAGS = $(GM_CONFIG_CPPFLAGS) $(GM_PUBLIC_CPPFLAGS)
tests_bench_quote_time_LDFLAGS = $(AM_LDFLAGS) -no-install
tests_bench_quote_time_LDADD = core/libgamut.la
tests_bench_ledger_time_SOURCES = tests/bench/ledger_time.c
tests_bench_ledger_time_LDADD = core/libgamut-internal.la

tests_bench_store_time_SOURCES = tests/bench/store_time.c
tests_bench_store_time_LDADD = core/libgamut-internal.la

tests_bench_vector_time_SOURCES = tests/bench/vector_time.c
tests_bench_vector_time_LDADD = core/libgamut-internal.la

.PHONY: bench
bench: all $(bench_programs)
	@$(AM_TESTS_ENVIRONMENT) \
	$(SHELL) $(top_srcdir)/tests/alone.sh \
	$(SHELL) $(top_srcdir)/tests/bench/run.sh
