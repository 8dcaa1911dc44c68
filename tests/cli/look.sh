#!/bin/sh
# The verbs that look: models, providers, config, doctor.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"

run models models
exits 0
prints '^flux  +fal:fal-ai/flux/dev '
run models-word models flux text-to-image
exits 0
prints '^flux '
run models-words models flux no-such-word
exits 5
is_silent
says 'no model matches .flux no-such-word. \[not-found\]'
run models-json models flux --json
exits 0
prints '^\[.*"id": ?"fal-ai/flux/dev"'

run providers-no-key providers
exits 0
prints '^fal +not ready .*FAL_KEY'
FAL_KEY=id:a-secret-of-mine
export FAL_KEY
run providers providers
exits 0
prints '^fal +ready '
run providers-verbose providers -v
exits 0
prints 'FAL_KEY.* set$'
prints '^folders searched$'
run providers-json providers --json
exits 0
prints '"name": ?"fal"'

run config config
exits 0
prints '^retry_attempts +3 +preset'
prints '^fal\.api_key .*FAL_KEY'
if grep -q a-secret-of-mine "$work/out"; then fail "a secret is shown"; fi
GAMUT_RETRY_ATTEMPTS=5
export GAMUT_RETRY_ATTEMPTS
run config-environment config
exits 0
prints '^retry_attempts +5 +environment GAMUT_RETRY_ATTEMPTS'
unset GAMUT_RETRY_ATTEMPTS
printf '{ // mine\n  "retry_attempts": 2 }\n' >mine.json
run config-file config --config mine.json
exits 0
prints '^retry_attempts +2 +file .*mine\.json'
run config-json config --json
exits 0
prints '"name": ?"retry_attempts"'
if grep -q a-secret-of-mine "$work/out"; then fail "a secret is shown"; fi

run doctor doctor
exits 0
prints '^ok '
prints 'store'
run doctor-json doctor --json
exits 0
prints '"level": ?"ok"'
printf '{\n' >broken.json
run doctor-broken doctor --config broken.json
exits 2
says 'broken\.json.*line'
finish
