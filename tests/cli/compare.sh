#!/bin/sh
# One prompt on several models at once, and the page that it ends with.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
GAMUT_POLL_INTERVAL=20ms
export GAMUT_POLL_INTERVAL

run one-model compare -p x -m flux -o foxes
exits 2
says 'needs two models at least'
run no-folder compare -p x -m flux -m flux-pro
exits 2
says 'needs a folder'
run braces compare -p x -m flux -m flux-pro -o '{model}'
exits 2
says 'braces are for names of files'
run no-fallback compare -p x -m flux -m flux-pro -o foxes --fallback fal
exits 2
says '--fallback has no meaning'
run twice-elsewhere -p x -m flux -m flux-pro
exits 2
says '--model is given twice'

start_emulator --polls 3
submissions()
{
  curl -sf "$emulator_url/control/stats" |
    sed -n 's/.*"submits":{"seen":\([0-9]*\).*/\1/p'
}

mkdir site
echo '<h1>mine</h1>' >site/index.html
run foreign compare -p x -m flux -m flux-pro -o site
exits 2
says 'not a page of gamut'
[ "$(submissions)" -eq 0 ] || fail "it was paid for all the same"

run all compare -p 'a neon fox' -m flux -m fal:flux-pro -m seedream -o foxes
exits 0
prints '^flux +completed  ~\$0\.025 +[0-9.]+ s  [0-9]+ KiB +foxes/flux\.[a-z]+$'
prints '^fal:flux-pro +completed .* foxes/fal-flux-pro\.[a-z]+$'
prints '^seedream +completed '
prints '^foxes/index\.html$'
says '^fal:fal-ai/flux/dev: waiting'
says '^fal:fal-ai/flux-pro/v1.1: waiting'
[ "$(find foxes -type f | wc -l)" -eq 4 ] || fail "not three files and a page"
grep -q '"file":"flux\.' foxes/index.html || fail "the page has not the file"
grep -q '"compare":true' foxes/index.html || fail "it compares nothing"
[ "$(submissions)" -eq 3 ] || fail "$(submissions) submissions"

run again compare -q -p 'a neon fox' -m flux -m flux -o foxes -n 2
exits 0
[ "$(sort <out | sed 's/\.[a-z]*$//' | tr '\n' ' ')" = \
  'foxes/flux_2-1 foxes/flux_2-2 foxes/flux_3-1 foxes/flux_3-2 ' ] ||
  fail "files of before are in the way"
run force compare -q -p 'a neon fox' -m flux -m flux-pro -o foxes --force
exits 0
prints '^foxes/flux\.'

run worst compare -p 'x [blocked]' -m flux -m openai:no-key -m fal:x -o worst
exits 6
prints '^flux +blocked '
prints '^fal:x +invalid '
prints '^openai:no-key +auth$'
says '^gamut: fal:x: .* \[invalid\]'
says '^gamut: flux: .* \[blocked\]'
run document compare --json -p 'a fox' -m flux -m fal:x -m openai:x -o doc
exits 3
prints '^\{"page":"doc/index\.html","results":\[\{.*"status":"completed"'
prints '"class":"invalid".*"asked_model":"fal:x"'
prints '"asked_model":"openai:x","status":"failed","class":"auth"'
[ "$(wc -l <out)" -eq 1 ] || fail "not one document"
printf 'a prompt of a pipe' | "$GAMUT" compare -q -p - -m flux -m flux-pro \
  -o piped >out 2>err
code=$? case_name=piped
exits 0
run no-store compare -q --no-store -p 'not kept' -m flux -m flux-pro -o gone
exits 0
grep -q '"prompt":"not kept".*"file":"flux\.' gone/index.html ||
  fail "the page does not say what was made"

run timeout compare -p 'x [never]' -m flux -m flux-pro -o late --timeout 1s
exits 11
prints '^flux +detached '
says 'collect it with: gamut wait [0-9A-Z]{26}'

# On a terminal: a line each, Ctrl-C leaves all.
case_name=terminal
TERM=xterm LC_ALL=C.UTF-8 "$top_builddir/tests/cli/pty" '' "$GAMUT" compare \
  -p 'a fox' -m flux -m flux-pro -o live >out 2>err
code=$?
exits 0
prints '^flux +completed'
prints 'flux-pro +done'
case_name=ctrl-c
TERM=xterm LC_ALL=C.UTF-8 "$top_builddir/tests/cli/pty" 'next in the queue' \
  "$GAMUT" compare -p 'x [never]' -m flux -m flux-pro -o left >out 2>err
code=$?
exits 11
prints 'leaving 2 jobs; Ctrl-C again cancels them'
prints 'left to the vendor'
finish
