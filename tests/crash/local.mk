# What is left of jobs when their process is killed.  `make check-crash` is the
# whole truth, the test of `make check` a sample of it.
if HAVE_EMULATOR
check_PROGRAMS += tests/crash/books
tests_crash_books_SOURCES = tests/crash/books.c
tests_crash_books_CPPFLAGS = $(JSONC_CFLAGS)
tests_crash_books_LDADD = $(JSONC_LIBS)
check_LTLIBRARIES += tests/crash/killer.la
tests_crash_killer_la_SOURCES = tests/crash/killer.c
tests_crash_killer_la_LDFLAGS = -module -avoid-version -shared \
	-rpath /nowhere
tests_crash_killer_la_LIBADD = -ldl
endif
crash_tests = tests/crash/points.sh
TESTS += $(crash_tests)
EXTRA_DIST += $(crash_tests)

check-crash:
	CRASH_POINTS=0 $(MAKE) check TESTS='$(crash_tests)'
.PHONY: check-crash
