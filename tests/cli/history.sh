#!/bin/sh
# What was made: in words, as a document, and the files of the page.  The page
# itself is looked at in page.sh.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
GAMUT_POLL_INTERVAL=20ms
export GAMUT_POLL_INTERVAL

run nothing history
exits 0
says 'nothing was made that matches'
run nothing-page history --html none
exits 0
prints '^none/index\.html$'
grep -q '"jobs":\[\]' none/index.html || fail "the page has jobs"

start_emulator --polls 2
"$GAMUT" -q -p 'a neon fox' -m flux -o fox.png >/dev/null 2>&1
"$GAMUT" -q -p 'a neon fox' -m flux-pro -n 2 -o pro.png >/dev/null 2>&1
"$GAMUT" -q -p 'a paper boat [blocked]' -m flux -o boat.png >/dev/null 2>&1
"$GAMUT" video -q -p 'a river' -m kling -o river.mp4 >/dev/null 2>&1

run words history
exits 0
prints '^[0-9A-Z]{26}  20..-..-..T..:..  completed  ~\$0\.025  [0-9.]+ s$'
prints '^  a neon fox$'
prints '^  fal:fal-ai/flux/dev$'
prints "^  $work/fox\\.png  PNG 1024x768, [0-9]+ KiB\$"
prints "^  $work/pro-2\\.png  PNG "
prints '^[0-9A-Z]{26}  .*  blocked  [0-9.]+ s$'
prints "^  $work/river\\.mp4  MP4 "
head -n 2 out | tail -n 1 | grep -q river || fail "the latest is not first"

run latest history --limit 1 -q
exits 0
[ "$(cat out)" = "$work/river.mp4" ] || fail "not the latest alone"
run by-model history -m flux-pro -q
prints 'pro-1\.png'
[ "$(wc -l <out)" -eq 2 ] || fail "not the files of one model"
run by-words history --search 'FOX flux/dev' -q
[ "$(cat out)" = "$work/fox.png" ] || fail "not the one with both words"
run by-file history --search river.mp4 -q
[ "$(cat out)" = "$work/river.mp4" ] || fail "not the one with this file"
run by-state history --state blocked
prints 'paper boat'
[ "$(grep -c '^[0-9A-Z]' out)" -eq 1 ] || fail "not the blocked one alone"
run by-time history --since 7d -q
[ "$(wc -l <out)" -eq 4 ] || fail "not all of this week"
run document history --json --search 'neon fox'
exits 0
prints '"cost_estimated":true'
prints '"there":true.*"mime":"image/png","size":[0-9]+,"width":1024'

"$GAMUT" -q -p 'a stamp' -m flux --seed 7 -o stamp.png >/dev/null 2>&1
"$GAMUT" -q -p 'a stamp' -m flux --seed 7 -o stamp2.png >/dev/null 2>&1
run cached history --search stamp2
prints 'completed  from the cache  '
rm stamp.png stamp2.png

# Beside the page, under names of its own, at no cost.
run page history --html sheet
exits 0
[ "$(find sheet/media -type f | wc -l)" -eq 4 ] || fail "not all files"
[ "$(find sheet/media -links 2 -type f | wc -l)" -eq 4 ] || fail "not linked"
grep -q "$work" sheet/index.html && fail "the page says where files are"
grep -q 'fal.media' sheet/index.html && fail "the page has the vendor's URLs"
mv sheet moved
run again history --html moved
exits 0
[ "$(find moved -name '*.part' | wc -l)" -eq 0 ] || fail "half a file is left"

# One that is gone is said to be.
rm fox.png
run gone history --search 'fox dev'
prints 'fox\.png  PNG 1024x768, .*, not there any more'
run gone-paths history --search 'fox dev' -q
is_silent
run gone-page history --html gone
[ "$(find gone/media -type f | wc -l)" -eq 3 ] || fail "not the three left"

# Where they are, instead.
run link history --html linked --link
exits 0
[ ! -e linked/media ] || fail "files were copied"
grep -q "\"file\":\"file://$work/river.mp4\"" linked/index.html ||
  fail "no address of the file"

# What is not ours stays.
mkdir site
echo '<h1>mine</h1>' >site/index.html
run foreign history --html site
exits 2
says "'site/index\\.html' is there, and not a page of gamut"
grep -q mine site/index.html || fail "it was overwritten"
run no-folder history --html fox.jpg/x
exits 12
says "cannot make the folder"
: >file
run file history --html file
exits 12
says "is no folder"
if [ "$(id -u)" -ne 0 ]; then
  mkdir locked
  chmod 500 locked
  run locked history --html locked
  exits 12
  chmod 700 locked
fi
if [ -c /dev/full ]; then # a full disk
  mkdir full
  ln -s /dev/full full/index.html.part
  run full history --html full
  exits 12
  says "cannot write 'full/index\\.html'"
  [ ! -f full/index.html ] || fail "half a page is there"
fi

run bad-limit history --limit 0
exits 2
says "no number from 1"
run bad-link history --link
exits 2
run bad-both history --html x --json
exits 2
run bad-since history --since yesterday
exits 2
says "neither a time \\(24h\\) nor a day"
finish
