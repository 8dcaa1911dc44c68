#!/bin/sh
# The verbs that ask a vendor: what they refuse before anything is sent.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"

run balance-no-keys balance
exits 3
is_silent
says 'no provider with a key'
run balance-nobody balance nobody
exits 5
says "no provider 'nobody'"
run usage-period usage --remote fal --period eon
exits 2
says "cannot be 'eon'"
run keys-what keys fal frob name
exits 2
says "'frob' is nothing to do with keys"
run keys-whose keys fal set
exits 2
says 'whose key'
run keys-none keys fal set name --key-file /dev/null
exits 2
says 'there is no key in /dev/null'
run webhook-who webhook verify
exits 2
says 'needs a provider'
run webhook-headers webhook verify fal --body /dev/null
exits 2
says 'needs --headers FILE'
run webhook-missing webhook verify fal --headers no-such --body no-such
exits 2
says "cannot read 'no-such'"
run webhook-check webhook check
exits 2
says "does not know 'check'"
run refresh-no-keys models --refresh
exits 3
says 'no provider with a key lists'
finish
