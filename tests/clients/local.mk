# `make check-clients`: the vendors' own npm clients against the emulator.  No
# part of `make check`, because it needs node and fetches packages; they go into
# the build folder.  CLIENTS="fal openai" chooses.

clients_files = \
	tests/clients/cases.mjs \
	tests/clients/fal.mjs \
	tests/clients/google.mjs \
	tests/clients/higgsfield.mjs \
	tests/clients/openai.mjs \
	tests/clients/openrouter.mjs \
	tests/clients/package.json \
	tests/clients/run.sh \
	tests/clients/runway.mjs
EXTRA_DIST += $(clients_files)

emulator_program = tests/emulator/gamut-emulator$(EXEEXT)
if HAVE_EMULATOR
clients_need = $(emulator_program)
else
clients_need =
endif

check-clients: $(clients_need)
	@$(SHELL) $(top_srcdir)/tests/clients/run.sh \
		'$(abs_top_builddir)/$(emulator_program)' \
		'$(abs_top_builddir)/build-clients' $(CLIENTS)
.PHONY: check-clients

clean-local:
	rm -rf build-clients
