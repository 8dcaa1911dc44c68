#!/bin/sh
# Pictures in the terminal: by what it is, when asked for, never elsewhere.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
GAMUT_POLL_INTERVAL=20ms
export GAMUT_POLL_INTERVAL
unset KITTY_WINDOW_ID TERM_PROGRAM TMUX STY LC_TERMINAL COLORTERM VTE_VERSION
preview=$GAMUT_LIBEXEC_PATH/gamut-preview
[ -x "$preview" ] || {
  echo "no chafa: skipped"
  exit 77
}
start_emulator --polls 1
esc=$(printf '\033')
kitty="${esc}_Ga=T,"
iterm="${esc}\\]1337;File=inline=1"
sixel="${esc}P[0-9;]*q"
blocks="${esc}\\[[0-9;]*m"

# on NAME VARIABLE=VALUE... -- ARGUMENT...: the program on a terminal; out has
# what it shows
on()
{
  case_name=$1
  shift
  set_env=
  while [ "$1" != -- ]; do
    set_env="$set_env $1"
    shift
  done
  shift
  # shellcheck disable=SC2086 # assignments, as words
  env LC_ALL=C.UTF-8 $set_env "$top_builddir/tests/cli/pty" '' "$GAMUT" "$@" \
    >out 2>err
  code=$?
  exits 0
}

shows()
{
  LC_ALL=C grep -qaE -e "$1" out || fail "no picture of this kind"
}

shows_none()
{
  LC_ALL=C grep -qaE -e "$kitty|$iterm|$sixel|$blocks" out &&
    fail "there is a picture"
}

on kitty TERM=xterm-kitty -- -p fox -m flux -o kitty.png
shows "$kitty"
prints 'kitty\.png  PNG'
on kitty-window TERM=xterm-256color KITTY_WINDOW_ID=1 -- -p fox -m flux -o window.png
shows "$kitty"
on iterm TERM=xterm-256color TERM_PROGRAM=iTerm.app -- -p fox -m flux -o iterm.jpg
shows "$iterm"
on sixel TERM=mlterm -- -p fox -m flux -o sixel.png
shows "$sixel"
on several TERM=xterm-kitty -- -p fox -m flux -n 2 -o several.png
[ "$(grep -ac "$kitty" out)" -eq 2 ] || fail "not both pictures"

on elsewhere TERM=xterm-256color -- -p fox -m flux -o elsewhere.png
shows_none
on asked TERM=xterm-256color -- -p fox -m flux -o asked.png --preview
shows "$blocks"
on set TERM=xterm-256color GAMUT_PREVIEW=yes -- -p fox -m flux -o set.png
shows "$blocks"
on within TERM=screen KITTY_WINDOW_ID=1 -- -p fox -m flux -o within.png
shows_none
on refused TERM=xterm-kitty -- -p fox -m flux -o refused.png --no-preview
shows_none
on unset TERM=xterm-kitty GAMUT_PREVIEW=no -- -p fox -m flux -o unset.png
shows_none
on quiet TERM=xterm-kitty -- -q -p fox -m flux -o quiet.png
shows_none
on document TERM=xterm-kitty -- --json -p fox -m flux -o document.png
shows_none
on dumb TERM=dumb -- -p fox -m flux -o dumb.png --preview
shows_none
on video TERM=xterm-kitty -- video -p river -m kling -o river.mp4
shows_none

# Nothing but text where it is not a terminal.
TERM=xterm-kitty
KITTY_WINDOW_ID=1
export TERM KITTY_WINDOW_ID
run piped -p fox -m flux -o piped.png --preview
exits 0
grep -qa "$esc" out && fail "there is an escape in the pipe"
unset KITTY_WINDOW_ID

if [ -f "$top_builddir/plugins/.libs/store-sqlite.so" ]; then
  on history TERM=xterm-kitty -- history --limit 3 --search png
  [ "$(grep -ac "$kitty" out)" -eq 3 ] || fail "not a thumbnail each"
fi

# Without the program, or with one that fails, the job is none the worse.
on no-program TERM=xterm-kitty GAMUT_LIBEXEC_PATH=/nowhere -- -p fox -m flux -o none.png
shows_none
prints 'none\.png  PNG'
mkdir bad
printf '#!/bin/sh\nprintf "half a picture"\nexit 1\n' >bad/gamut-preview
chmod +x bad/gamut-preview
on bad-program TERM=xterm-kitty GAMUT_LIBEXEC_PATH="$work/bad" -- -p fox -m flux -o bad.png
grep -q 'half a picture' out && fail "half a picture is shown"
printf '#!/bin/sh\nexec sleep 60\n' >bad/gamut-preview
on slow-program TERM=xterm-kitty GAMUT_LIBEXEC_PATH="$work/bad" -- -p fox -m flux -o slow.png
prints 'slow\.png  PNG'

# What is no picture, is cut off, or lies about its size.
check_file()
{
  case_name=$1
  TERM=xterm-kitty "$preview" any 60 20 10 20 "$2" >out 2>err
  code=$?
  [ "$code" -le 1 ] || fail "it ended with $code"
}
head -c 3000 kitty.png >cut.png
check_file cut cut.png
echo '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' >x.svg
check_file svg x.svg
exits 1
is_silent
# 60000 x 60000, of which there is nothing
printf '\211PNG\r\n\032\n\0\0\0\rIHDR\0\0\352\140\0\0\352\140\10\6\0\0\0' >huge.png
check_file huge huge.png
check_file missing nowhere.png
exits 1
"$preview" any 0 20 10 20 kitty.png >out 2>err
code=$? case_name=usage
exits 2
finish
