#!/bin/sh
# The completion scripts: each parses in its shell, and bash's is asked.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"

for shell in bash zsh fish; do
  run "$shell" completion "$shell"
  exits 0
  prints 'resubmit'
  prints 'never cheap always'
  cp "$work/out" "$work/gamut.$shell"
  # fish has -n as well
  command -v "$shell" >/dev/null || { echo "no $shell"; continue; }
  "$shell" -n "$work/gamut.$shell" 2>"$work/err" || fail "it does not parse"
done

# Each option of --help is in each script.
run help help
sed -n 's/^ .* --\([a-z][a-z-]*\).*/\1/p' "$work/out" |
  grep -E '^[a-z-]+$' | sort -u >"$work/options"
[ -s "$work/options" ] || fail "--help has no options"
for shell in bash zsh fish; do
  case_name=$shell
  while read -r option; do
    grep -qe "$option" "$work/gamut.$shell" || fail "$option is missing"
  done <"$work/options"
done

command -v bash >/dev/null || finish
cat >"$work/ask.bash" <<'END'
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_gamut 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
END

# offers WORD TYPED...: bash offers WORD for what was typed
offers()
{
  word=$1
  shift
  case_name="bash: $*"
  bash "$work/ask.bash" "$work/gamut.bash" "$@" >"$work/out" 2>"$work/err"
  grep -qxF -e "$word" "$work/out" || fail "'$word' is not offered"
}

offers models gamut mod
offers --aspect gamut --as
offers --duration gamut video --dur
offers cheap gamut --resubmit ''
offers cheap gamut video -p x --resubmit ch
offers json gamut --log-format = j
offers fish gamut completion ''
offers doctor gamut help d
: >here.png
offers here.png gamut -o her
case_name='bash: an option of another verb'
bash "$work/ask.bash" "$work/gamut.bash" gamut models --se >"$work/out"
if grep -q seed "$work/out"; then fail "models is offered --seed"; fi
finish
