# The library and the CLI.  Every file is listed, headers too, sorted, in the
# variable of its folder.

core_base_sources = \
	core/base/arena.c \
	core/base/arena.h \
	core/base/base64.c \
	core/base/base64.h \
	core/base/base64_avx2.c \
	core/base/base64_avx2.h \
	core/base/buf.c \
	core/base/buf.h \
	core/base/clock.c \
	core/base/clock.h \
	core/base/date.c \
	core/base/error.c \
	core/base/error.h \
	core/base/file.c \
	core/base/file.h \
	core/base/hash.c \
	core/base/hash.h \
	core/base/id.c \
	core/base/json.c \
	core/base/json.h \
	core/base/json_text.c \
	core/base/json_view.c \
	core/base/list.h \
	core/base/log.c \
	core/base/log.h \
	core/base/log_record.c \
	core/base/log_repeat.c \
	core/base/log_sink.c \
	core/base/log_sink.h \
	core/base/map.c \
	core/base/map.h \
	core/base/mem.c \
	core/base/nearest.c \
	core/base/number.c \
	core/base/path.c \
	core/base/random.c \
	core/base/random.h \
	core/base/sha256.c \
	core/base/sha256.h \
	core/base/sha256_ni.c \
	core/base/sha256_ni.h \
	core/base/str.c \
	core/base/str.h \
	core/base/texts.c \
	core/base/texts.h \
	core/base/utf8.c \
	core/base/util.h \
	core/base/vector.c \
	core/base/vector.h

core_loop_sources = \
	core/loop/addr.c \
	core/loop/blob.c \
	core/loop/blob.h \
	core/loop/body.c \
	core/loop/body.h \
	core/loop/budget.h \
	core/loop/coded.c \
	core/loop/coded.h \
	core/loop/endpoints.c \
	core/loop/endpoints.h \
	core/loop/http.c \
	core/loop/http.h \
	core/loop/http_body.c \
	core/loop/http_ca.c \
	core/loop/http_error.c \
	core/loop/http_exchange.c \
	core/loop/http_lines.c \
	core/loop/http_pause.c \
	core/loop/http_private.h \
	core/loop/http_queue.c \
	core/loop/http_redirect.c \
	core/loop/http_reply.c \
	core/loop/http_setup.c \
	core/loop/http_socket.c \
	core/loop/incoming.c \
	core/loop/incoming.h \
	core/loop/loop.c \
	core/loop/loop.h \
	core/loop/loop_private.h \
	core/loop/poller.h \
	core/loop/poller_epoll.c \
	core/loop/poller_poll.c \
	core/loop/proxy.c \
	core/loop/proxy.h \
	core/loop/rate_headers.c \
	core/loop/rate_headers.h \
	core/loop/reader.c \
	core/loop/reader.h \
	core/loop/receiver.c \
	core/loop/receiver.h \
	core/loop/retry_after.c \
	core/loop/retry_after.h \
	core/loop/sse.c \
	core/loop/sse.h \
	core/loop/timer.c \
	core/loop/url.c \
	core/loop/url.h \
	core/loop/work.c \
	core/loop/work.h

core_plugin_sources = \
	core/plugin/account.c \
	core/plugin/answer.c \
	core/plugin/backup.c \
	core/plugin/call.c \
	core/plugin/call.h \
	core/plugin/call_build.h \
	core/plugin/check.c \
	core/plugin/check_plugin.c \
	core/plugin/config.c \
	core/plugin/credential.c \
	core/plugin/credential_key.c \
	core/plugin/fill.c \
	core/plugin/find.c \
	core/plugin/header_lines.c \
	core/plugin/host.c \
	core/plugin/host_body.c \
	core/plugin/host_build.c \
	core/plugin/host_json.c \
	core/plugin/host_text.c \
	core/plugin/instance.c \
	core/plugin/instance.h \
	core/plugin/instance_open.c \
	core/plugin/judge.c \
	core/plugin/jwt.c \
	core/plugin/key_file.c \
	core/plugin/loader.c \
	core/plugin/pending.c \
	core/plugin/pending.h \
	core/plugin/pending_body.c \
	core/plugin/pending_json.c \
	core/plugin/plugin_private.h \
	core/plugin/registry.c \
	core/plugin/registry.h \
	core/plugin/secret.c \
	core/plugin/setting_check.c \
	core/plugin/settings.c \
	core/plugin/settings.h \
	core/plugin/settings_table.c \
	core/plugin/slot.c \
	core/plugin/slot.h \
	core/plugin/table.c \
	core/plugin/template.c \
	core/plugin/trust.c \
	core/plugin/vector.c \
	core/plugin/verify.c

core_store_sources = \
	core/store/claim.c \
	core/store/claim.h \
	core/store/first.c \
	core/store/first.h \
	core/store/fork.c \
	core/store/fork.h \
	core/store/gone.c \
	core/store/gone.h \
	core/store/journal.c \
	core/store/journal.h \
	core/store/memory.c \
	core/store/memory.h \
	core/store/memory_blob.c \
	core/store/memory_private.h \
	core/store/owner.c \
	core/store/owner.h \
	core/store/shelf.c \
	core/store/shelf.h \
	core/store/shelf_sweep.c \
	core/store/store.c \
	core/store/store.h \
	core/store/vectors.c \
	core/store/vectors.h \
	core/store/vectors_index.c \
	core/store/vectors_index.h \
	core/store/vectors_sweep.c

core_job_sources = \
	core/job/anew.c \
	core/job/backoff.c \
	core/job/cancel.c \
	core/job/doubt.c \
	core/job/doubt.h \
	core/job/draft.c \
	core/job/engine.c \
	core/job/engine.h \
	core/job/fetch.c \
	core/job/flight.h \
	core/job/input.c \
	core/job/input.h \
	core/job/input_hash.c \
	core/job/input_held.c \
	core/job/input_type.c \
	core/job/late.c \
	core/job/job.c \
	core/job/job.h \
	core/job/limiter.c \
	core/job/limiter.h \
	core/job/limiter_learn.c \
	core/job/limiter_private.h \
	core/job/limiter_share.c \
	core/job/limiter_traffic.c \
	core/job/meter.c \
	core/job/meter.h \
	core/job/meter_private.h \
	core/job/meter_read.c \
	core/job/meter_text.c \
	core/job/name.c \
	core/job/observe.c \
	core/job/otlp.c \
	core/job/otlp.h \
	core/job/otlp_pairs.c \
	core/job/output.c \
	core/job/output.h \
	core/job/pace.c \
	core/job/pace.h \
	core/job/parsed.c \
	core/job/parsed.h \
	core/job/partial.c \
	core/job/partial_fetch.c \
	core/job/perform.c \
	core/job/policy.c \
	core/job/policy.h \
	core/job/probe.c \
	core/job/probe.h \
	core/job/probe_image.c \
	core/job/probe_iso.c \
	core/job/probe_mkv.c \
	core/job/probe_read.h \
	core/job/probe_sound.c \
	core/job/probe_text.c \
	core/job/query.c \
	core/job/query.h \
	core/job/record.c \
	core/job/repeat.c \
	core/job/send.c \
	core/job/serve.c \
	core/job/serve.h \
	core/job/step.c \
	core/job/stream.c \
	core/job/takeup.c \
	core/job/token.c \
	core/job/token.h \
	core/job/trace.c \
	core/job/trace.h \
	core/job/upload.c \
	core/job/usual.c \
	core/job/yield.c \
	core/job/usual.h

core_route_sources = \
	core/route/address.c \
	core/route/address.h \
	core/route/adopt.c \
	core/route/ask.c \
	core/route/ask.h \
	core/route/bind.c \
	core/route/bind.h \
	core/route/breaker.c \
	core/route/breaker.h \
	core/route/budget.c \
	core/route/budget.h \
	core/route/cache.c \
	core/route/cache.h \
	core/route/cache_keep.c \
	core/route/cache_key.c \
	core/route/cache_key.h \
	core/route/cache_private.h \
	core/route/cache_serve.c \
	core/route/cache_similar.c \
	core/route/cache_when.c \
	core/route/catalog.c \
	core/route/catalog.h \
	core/route/catalog_load.c \
	core/route/catalog_memo.c \
	core/route/catalog_model.c \
	core/route/catalog_private.h \
	core/route/catalog_refresh.c \
	core/route/catalog_source.c \
	core/route/catalog_source.h \
	core/route/charge.c \
	core/route/charge_holds.c \
	core/route/charge_text.c \
	core/route/choose.c \
	core/route/choose.h \
	core/route/cost.c \
	core/route/deadline.c \
	core/route/embedding.c \
	core/route/embedding.h \
	core/route/hedge.c \
	core/route/label.c \
	core/route/ledger.c \
	core/route/ledger.h \
	core/route/ledger_private.h \
	core/route/named.c \
	core/route/named.h \
	core/route/operation.c \
	core/route/pool.c \
	core/route/pool.h \
	core/route/prefer.c \
	core/route/prefer.h \
	core/route/price.c \
	core/route/price.h \
	core/route/price_private.h \
	core/route/price_text.c \
	core/route/price_units.c \
	core/route/price_when.c \
	core/route/record.c \
	core/route/request_size.h \
	core/route/restore.c \
	core/route/router.c \
	core/route/router.h \
	core/route/run.c \
	core/route/schema.c \
	core/route/schema.h \
	core/route/schema_value.c \
	core/route/schema_walk.h \
	core/route/spread.c \
	core/route/team.c \
	core/route/team.h \
	core/route/team_ask.c \
	core/route/team_end.c \
	core/route/team_record.c \
	core/route/usage.c \
	core/route/usage.h \
	core/route/usage_query.c \
	core/route/validate.c \
	core/route/validate.h \
	core/route/validate_change.c \
	core/route/validate_common.c \
	core/route/validate_fields.c \
	core/route/validate_inputs.c \
	core/route/validate_nearest.c \
	core/route/validate_private.h \
	core/route/validate_shape.c \
	core/route/watch.c

core_api_sources = \
	core/api/attach.c \
	core/api/cache.c \
	core/api/check.c \
	core/api/class.c \
	core/api/context.h \
	core/api/differences.c \
	core/api/doctor.c \
	core/api/dry_run.c \
	core/api/events.c \
	core/api/explain.c \
	core/api/job_row.c \
	core/api/jobs.c \
	core/api/jobs.h \
	core/api/listen.c \
	core/api/log.c \
	core/api/look.c \
	core/api/look.h \
	core/api/lookup.c \
	core/api/metrics.c \
	core/api/once.c \
	core/api/open.c \
	core/api/query.c \
	core/api/query.h \
	core/api/quote.c \
	core/api/quote.h \
	core/api/remains.c \
	core/api/request.c \
	core/api/request.h \
	core/api/result.c \
	core/api/result.h \
	core/api/result_json.c \
	core/api/rewrite.c \
	core/api/rewrite.h \
	core/api/settle.c \
	core/api/sidecar.c \
	core/api/sidecar.h \
	core/api/store.c \
	core/api/submit.c \
	core/api/thread.c \
	core/api/trace.c \
	core/api/usage.c \
	core/api/webhook.c \
	core/api/wish.c

core_cli_sources = \
	core/cli/account.c \
	core/cli/account.h \
	core/cli/balance.c \
	core/cli/batch.c \
	core/cli/batch_file.c \
	core/cli/batch_file.h \
	core/cli/batch_key.c \
	core/cli/batch_names.c \
	core/cli/batch_twins.c \
	core/cli/books.h \
	core/cli/budgets.c \
	core/cli/cache.c \
	core/cli/cli.h \
	core/cli/clock.c \
	core/cli/clock.h \
	core/cli/collect.c \
	core/cli/compare.c \
	core/cli/compare.h \
	core/cli/compare_end.c \
	core/cli/completion.c \
	core/cli/config.c \
	core/cli/csv.c \
	core/cli/csv.h \
	core/cli/doctor.c \
	core/cli/dry_run.c \
	core/cli/dry_run.h \
	core/cli/explain.c \
	core/cli/folder.c \
	core/cli/folder.h \
	core/cli/generate.c \
	core/cli/help.c \
	core/cli/help.h \
	core/cli/history.c \
	core/cli/job.c \
	core/cli/job.h \
	core/cli/jobs.c \
	core/cli/keys.c \
	core/cli/lanes.c \
	core/cli/lanes.h \
	core/cli/listen.c \
	core/cli/listen.h \
	core/cli/main.c \
	core/cli/man.c \
	core/cli/media.c \
	core/cli/models.c \
	core/cli/open.c \
	core/cli/options.c \
	core/cli/options.h \
	core/cli/out.c \
	core/cli/out.h \
	core/cli/page.c \
	core/cli/page.h \
	core/cli/page_text.h \
	core/cli/parse.c \
	core/cli/parse.h \
	core/cli/preview.c \
	core/cli/preview.h \
	core/cli/price.c \
	core/cli/print.c \
	core/cli/print.h \
	core/cli/progress.c \
	core/cli/progress.h \
	core/cli/prompt.c \
	core/cli/providers.c \
	core/cli/refresh.c \
	core/cli/request.c \
	core/cli/request.h \
	core/cli/submit.c \
	core/cli/suggest.c \
	core/cli/suggest.h \
	core/cli/term.c \
	core/cli/term.h \
	core/cli/usage.c \
	core/cli/usage_print.c \
	core/cli/verbs.c \
	core/cli/view.c \
	core/cli/view.h \
	core/cli/webhook.c

gamutincludedir = $(includedir)/gamut
gamutinclude_HEADERS = \
	core/include/gamut/cache.h \
	core/include/gamut/call.h \
	core/include/gamut/extensions.h \
	core/include/gamut/gamut.h \
	core/include/gamut/host.h \
	core/include/gamut/inspect.h \
	core/include/gamut/jobs.h \
	core/include/gamut/plugin.h \
	core/include/gamut/request.h \
	core/include/gamut/result.h \
	core/include/gamut/store.h \
	core/include/gamut/types.h \
	core/include/gamut/usage.h \
	core/include/gamut/vendor.h

# The objects are compiled once, into a library that hides nothing; unit tests
# link to it, the real one wraps it and exports gamut_* only.
noinst_LTLIBRARIES += core/libgamut-internal.la
core_libgamut_internal_la_SOURCES = \
	$(core_base_sources) \
	$(core_loop_sources) \
	$(core_plugin_sources) \
	$(core_store_sources) \
	$(core_job_sources) \
	$(core_route_sources) \
	$(core_api_sources)
core_libgamut_internal_la_CPPFLAGS = $(GM_CORE_CPPFLAGS)
nodist_core_libgamut_internal_la_SOURCES = core/plugin/bundled.c
core_libgamut_internal_la_LIBADD = \
	$(bundled_libs) \
	$(CURL_LIBS) \
	$(JSONC_LIBS) \
	$(LTDL_LIBS)

lib_LTLIBRARIES += core/libgamut.la
core_libgamut_la_SOURCES =
core_libgamut_la_LIBADD = core/libgamut-internal.la
core_libgamut_la_LDFLAGS = \
	$(AM_LDFLAGS) \
	$(GM_MAP_LDFLAGS) \
	-no-undefined \
	-version-info $(GAMUT_VERSION_INFO)
if HAVE_VERSION_SCRIPT
core_libgamut_la_DEPENDENCIES = core/libgamut-internal.la core/gamut.map
endif
EXTRA_DIST += core/gamut.map

bin_PROGRAMS += core/cli/gamut
core_cli_gamut_SOURCES = $(core_cli_sources)
nodist_core_cli_gamut_SOURCES = core/cli/page_text.c
core_cli_gamut_CPPFLAGS = $(GM_CONFIG_CPPFLAGS) $(GM_PUBLIC_CPPFLAGS) \
	-DGM_LIBEXECDIR='"$(pkglibexecdir)"'
core_cli_gamut_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
core_cli_gamut_LDADD = core/libgamut.la $(JSONC_LIBS)

# Pictures in the terminal: a program that gamut starts when there is one to
# show, with libraries that nothing else needs.
if HAVE_CHAFA
pkglibexec_PROGRAMS = core/cli/gamut-preview
endif
core_cli_gamut_preview_SOURCES = core/cli/picture.c
core_cli_gamut_preview_CPPFLAGS = $(GM_CONFIG_CPPFLAGS)
core_cli_gamut_preview_CFLAGS = $(AM_CFLAGS) $(CHAFA_CFLAGS)
core_cli_gamut_preview_LDADD = $(CHAFA_LIBS)

# The page of `gamut history --html`, one text of each kind, in this order.
cli_page_files = \
	core/cli/page/page.html \
	core/cli/page/page.css \
	core/cli/page/base.js \
	core/cli/page/jobs.js \
	core/cli/page/sheet.js \
	core/cli/page/compare.js \
	core/cli/page/detail.js \
	core/cli/page/main.js
EXTRA_DIST += $(cli_page_files) core/cli/page/text.awk
CLEANFILES += core/cli/page_text.c
core/cli/page_text.c: $(cli_page_files) core/cli/page/text.awk
	$(AM_V_GEN)$(MKDIR_P) core/cli && cd $(srcdir) && \
	  $(AWK) -f core/cli/page/text.awk $(cli_page_files) \
	  >$(abs_builddir)/$@.tmp && \
	  mv $(abs_builddir)/$@.tmp $(abs_builddir)/$@

# The man page comes from the program's own table of options.
man1_MANS = core/cli/gamut.1
CLEANFILES += core/cli/gamut.1
core/cli/gamut.1: core/cli/gamut$(EXEEXT)
	$(AM_V_GEN)core/cli/gamut$(EXEEXT) man >$@.tmp && mv $@.tmp $@

pkgconfig_DATA += core/gamut.pc core/gamut-plugin.pc

# Providers that are linked in, by --enable-static-plugins; else none.
CLEANFILES += core/plugin/bundled.c
core/plugin/bundled.c: Makefile
	$(AM_V_GEN)$(MKDIR_P) core/plugin && { \
	  echo '/* Made by make: the providers that are linked in. */'; \
	  echo '#include <gamut/plugin.h>'; \
	  for p in $(bundled_names); do \
	    s=$$(echo $$p | tr - _); \
	    echo "extern const struct gamut_plugin $${s}_LTX_gamut_plugin;"; \
	  done; \
	  echo 'extern const struct gamut_plugin *const gm_bundled_plugins[];'; \
	  echo 'const struct gamut_plugin *const gm_bundled_plugins[] = {'; \
	  for p in $(bundled_names); do \
	    echo "  &$$(echo $$p | tr - _)_LTX_gamut_plugin,"; \
	  done; \
	  echo '  0'; \
	  echo '};'; \
	} >$@.tmp && mv $@.tmp $@
