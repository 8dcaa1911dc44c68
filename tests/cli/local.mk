# The program as a person meets it.  Those that need the emulator skip without
# it; common.sh has what they share.
check_PROGRAMS += tests/cli/has tests/cli/plain tests/cli/prom tests/cli/pty \
	tests/cli/spans tests/cli/tables
tests_cli_has_CPPFLAGS = $(test_cppflags)
tests_cli_plain_CPPFLAGS = $(test_cppflags)
tests_cli_plain_LDADD = $(JSONC_LIBS)
tests_cli_prom_SOURCES = tests/cli/prom.c tests/engine/prom.c tests/engine/prom.h
tests_cli_prom_CPPFLAGS = $(test_cppflags)
tests_cli_prom_LDADD =
tests_cli_pty_LDADD =
tests_cli_spans_LDADD = $(JSONC_LIBS)
tests_cli_tables_SOURCES = \
	core/cli/options.c \
	core/cli/options.h \
	core/cli/verbs.c \
	tests/cli/tables.c

cli_tests = \
	tests/cli/ask.sh \
	tests/cli/backup.sh \
	tests/cli/bad_input.sh \
	tests/cli/batch.sh \
	tests/cli/books.sh \
	tests/cli/cache.sh \
	tests/cli/compare.sh \
	tests/cli/completion.sh \
	tests/cli/cost.sh \
	tests/cli/deadlines.sh \
	tests/cli/generate.sh \
	tests/cli/hedge.sh \
	tests/cli/help.sh \
	tests/cli/history.sh \
	tests/cli/interrupt.sh \
	tests/cli/jobs.sh \
	tests/cli/limits.sh \
	tests/cli/keys.sh \
	tests/cli/listen.sh \
	tests/cli/log.sh \
	tests/cli/look.sh \
	tests/cli/man.sh \
	tests/cli/metrics.sh \
	tests/cli/page.sh \
	tests/cli/preview.sh \
	tests/cli/price.sh \
	tests/cli/process.sh \
	tests/cli/route_load.sh \
	tests/cli/routes.sh \
	tests/cli/secrets.sh \
	tests/cli/semantic.sh \
	tests/cli/shorthand.sh \
	tests/cli/store.sh \
	tests/cli/stream.sh \
	tests/cli/traces.sh \
	tests/cli/usage.sh \
	tests/cli/vocabulary.sh
TESTS += tests/cli/has tests/cli/tables $(cli_tests)
EXTRA_DIST += tests/cli/common.sh tests/cli/page_test.js $(cli_tests)
