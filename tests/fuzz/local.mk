# A target is a name here, its file and its corpus.  make check replays the
# corpus; with CC=clang and --enable-fuzzing the same programs are libFuzzer's:
#   tests/fuzz/fuzz_probe tests/fuzz/corpus/probe

fuzz_targets = base64 incoming json meter probe reader retry_after sse

AM_TESTS_ENVIRONMENT += FUZZ_TARGETS='$(fuzz_targets)'; export FUZZ_TARGETS;

if FUZZING
fuzz_driver =
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
fuzz_driver = tests/fuzz/fuzz.h tests/fuzz/replay.c
fuzz_ldflags = $(AM_LDFLAGS)
TESTS += tests/fuzz/replay.sh
endif

check_PROGRAMS += \
	tests/fuzz/fuzz_base64 \
	tests/fuzz/fuzz_incoming \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_meter \
	tests/fuzz/fuzz_probe \
	tests/fuzz/fuzz_reader \
	tests/fuzz/fuzz_retry_after \
	tests/fuzz/fuzz_sse
EXTRA_DIST += \
	tests/fuzz/corpus \
	tests/fuzz/fuzz.h \
	tests/fuzz/replay.c \
	tests/fuzz/replay.sh

tests_fuzz_fuzz_probe_SOURCES = tests/fuzz/fuzz_probe.c $(fuzz_driver)
tests_fuzz_fuzz_probe_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_probe_LDADD = core/libgamut-internal.la

tests_fuzz_fuzz_base64_SOURCES = tests/fuzz/fuzz_base64.c $(fuzz_driver)
tests_fuzz_fuzz_base64_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_base64_LDADD = core/libgamut-internal.la

tests_fuzz_fuzz_incoming_SOURCES = tests/fuzz/fuzz_incoming.c $(fuzz_driver)
tests_fuzz_fuzz_incoming_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_incoming_LDADD = core/libgamut-internal.la

tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c $(fuzz_driver)
tests_fuzz_fuzz_json_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_json_LDADD = core/libgamut-internal.la

tests_fuzz_fuzz_meter_SOURCES = tests/fuzz/fuzz_meter.c $(fuzz_driver)
tests_fuzz_fuzz_meter_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_meter_LDADD = core/libgamut-internal.la

tests_fuzz_fuzz_reader_SOURCES = tests/fuzz/fuzz_reader.c $(fuzz_driver)
tests_fuzz_fuzz_reader_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_reader_LDADD = core/libgamut-internal.la

tests_fuzz_fuzz_retry_after_SOURCES = tests/fuzz/fuzz_retry_after.c $(fuzz_driver)
tests_fuzz_fuzz_retry_after_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_retry_after_LDADD = core/libgamut-internal.la

tests_fuzz_fuzz_sse_SOURCES = tests/fuzz/fuzz_sse.c $(fuzz_driver)
tests_fuzz_fuzz_sse_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_sse_LDADD = core/libgamut-internal.la
