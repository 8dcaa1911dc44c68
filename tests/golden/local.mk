# Recordings of official clients against our providers, as pure functions.  The
# program is told a provider; the recordings lie in a folder of its name, each
# beside a file that says what we would be asked for.

check_PROGRAMS += tests/golden/run_pure
tests_golden_run_pure_SOURCES = \
	tests/golden/pure.c \
	tests/golden/pure.h \
	tests/golden/pure_compare.c \
	tests/golden/run_pure.c
tests_golden_run_pure_CPPFLAGS = $(test_cppflags)
tests_golden_run_pure_LDADD = core/libgamut-internal.la

TESTS += tests/golden/fal.sh
EXTRA_DIST += \
	tests/golden/fal \
	tests/golden/fal.sh
