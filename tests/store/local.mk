# What every store does, and what the one of this machine survives.
if HAVE_CHECK
check_LTLIBRARIES += tests/store/libkit.la
tests_store_libkit_la_CPPFLAGS = $(test_cppflags)
tests_store_libkit_la_SOURCES = \
	tests/store/fake.c \
	tests/store/fake.h \
	tests/store/kit.c \
	tests/store/kit.h \
	tests/store/peer.c \
	tests/store/peer.h \
	tests/unit/scratch.c \
	tests/unit/scratch.h

store_tests = \
	tests/store/test_breaker \
	tests/store/test_journal \
	tests/store/test_journal_first \
	tests/store/test_processes \
	tests/store/test_rows \
	tests/store/test_scans \
	tests/store/test_thread \
	tests/store/test_usual \
	tests/store/test_vectors
check_PROGRAMS += $(store_tests)
TESTS += $(store_tests)
store_ldadd = tests/store/libkit.la $(LDADD)

# Those that look at SQLite's own files or stand in for its disk and heap.
if HAVE_SQLITE
sqlite_tests = \
	tests/store/test_clock \
	tests/store/test_damage \
	tests/store/test_faults \
	tests/store/test_flips \
	tests/store/test_schema
check_PROGRAMS += $(sqlite_tests)
TESTS += $(sqlite_tests)
# The program's own clock must be seen by the plugin.
tests_store_test_clock_CPPFLAGS = $(test_cppflags) $(SQLITE_CFLAGS)
tests_store_test_clock_LDFLAGS = $(AM_LDFLAGS) -export-dynamic
tests_store_test_clock_LDADD = $(store_ldadd) $(SQLITE_LIBS)
tests_store_test_damage_CPPFLAGS = $(test_cppflags) $(SQLITE_CFLAGS)
tests_store_test_damage_LDADD = $(store_ldadd) $(SQLITE_LIBS)
tests_store_test_faults_SOURCES = \
	tests/store/shim.c \
	tests/store/shim.h \
	tests/store/test_faults.c
tests_store_test_faults_CPPFLAGS = $(test_cppflags) $(SQLITE_CFLAGS)
tests_store_test_faults_LDADD = $(store_ldadd) $(SQLITE_LIBS)
tests_store_test_flips_CPPFLAGS = $(test_cppflags) $(SQLITE_CFLAGS)
tests_store_test_flips_LDADD = $(store_ldadd) $(SQLITE_LIBS)
tests_store_test_schema_SOURCES = \
	plugins/store-sqlite/schema.c \
	tests/store/test_schema.c
tests_store_test_schema_CPPFLAGS = $(test_cppflags) $(SQLITE_CFLAGS)
tests_store_test_schema_LDADD = $(store_ldadd) $(SQLITE_LIBS)
endif

tests_store_test_breaker_LDADD = $(store_ldadd)
store_journal = \
	tests/store/journal_kit.c \
	tests/store/journal_kit.h
tests_store_test_journal_SOURCES = $(store_journal) tests/store/test_journal.c
tests_store_test_journal_LDADD = $(store_ldadd)
tests_store_test_journal_first_SOURCES = \
	$(store_journal) \
	tests/store/test_journal_first.c
tests_store_test_journal_first_LDADD = $(store_ldadd)
tests_store_test_processes_LDADD = $(store_ldadd)
tests_store_test_rows_LDADD = $(store_ldadd)
tests_store_test_scans_LDADD = $(store_ldadd)
tests_store_test_thread_LDADD = $(store_ldadd)
tests_store_test_vectors_LDADD = $(store_ldadd)
tests_store_test_usual_LDADD = $(store_ldadd)
endif
