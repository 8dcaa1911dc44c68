# The emulator: a vendor on loopback, for tests, benchmarks and development.
# It shares no code with the library, so that one mistake cannot hide another.

tests_emulator_gamut_emulator_SOURCES = \
	tests/emulator/control.c \
	tests/emulator/fal.c \
	tests/emulator/fal.h \
	tests/emulator/fal_check.c \
	tests/emulator/fal_fields.c \
	tests/emulator/fal_models.c \
	tests/emulator/fal_output.c \
	tests/emulator/fal_shape.c \
	tests/emulator/faults.c \
	tests/emulator/faults.h \
	tests/emulator/files.c \
	tests/emulator/h264.c \
	tests/emulator/jobs.c \
	tests/emulator/jobs.h \
	tests/emulator/jpeg.c \
	tests/emulator/main.c \
	tests/emulator/mp4.c \
	tests/emulator/picture.c \
	tests/emulator/picture.h \
	tests/emulator/png.c \
	tests/emulator/replay.c \
	tests/emulator/replay.h \
	tests/emulator/replay_compare.c \
	tests/emulator/reply.c \
	tests/emulator/server.c \
	tests/emulator/server.h \
	tests/emulator/util.c \
	tests/emulator/util.h

EXTRA_DIST += tests/emulator/check.sh tests/emulator/recording.json

if HAVE_EMULATOR
bin_PROGRAMS += tests/emulator/gamut-emulator
tests_emulator_gamut_emulator_CPPFLAGS = $(GM_CONFIG_CPPFLAGS)
tests_emulator_gamut_emulator_CFLAGS = \
	$(AM_CFLAGS) $(MICROHTTPD_CFLAGS) $(JSONC_CFLAGS) $(ZLIB_CFLAGS)
tests_emulator_gamut_emulator_LDADD = \
	$(MICROHTTPD_LIBS) $(JSONC_LIBS) $(ZLIB_LIBS) -lm -lpthread

check_PROGRAMS += tests/emulator/load
tests_emulator_load_SOURCES = tests/emulator/load.c
tests_emulator_load_CPPFLAGS = $(GM_CONFIG_CPPFLAGS)
tests_emulator_load_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
tests_emulator_load_LDADD = $(CURL_LIBS)

TESTS += tests/emulator/check.sh
endif
