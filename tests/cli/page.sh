#!/bin/sh
# The page of `gamut history --html` in a browser without a screen, from disk:
# page_test.js looks at it from inside, wide and narrow, by day and by night.
# shellcheck disable=SC2034 # common.sh reads what is set here
. "$top_srcdir/tests/cli/common.sh"
for browser in chromium chromium-browser google-chrome-stable google-chrome ''; do
  command -v "$browser" >/dev/null 2>&1 && break
done
[ -n "$browser" ] || {
  echo "no chromium: skipped"
  exit 77
}
[ -f "$top_builddir/plugins/.libs/store-sqlite.so" ] || {
  echo "no store: skipped"
  exit 77
}
GAMUT_POLL_INTERVAL=20ms
export GAMUT_POLL_INTERVAL

# browse FOLDER WIDTH HEIGHT [OPTION...]: the page as it is at the end, in dom
browse()
{
  page=$PWD/$1/tested.html
  size=$2,$3
  shift 3
  rm -rf profile
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic \
    --no-first-run --disable-background-networking --disable-component-update \
    --disable-sync --user-data-dir="$work/profile" --window-size="$size" \
    --virtual-time-budget=20000 "$@" --dump-dom "file://$page" \
    >dom 2>err </dev/null
}

# The test stands before the page's own script, with the word that lets it run.
add_test()
{
  nonce=$(sed -n 's/.*script-src .nonce-\([0-9a-f]*\).*/\1/p' "$1/index.html")
  sed -e "/^<body>/{
    a <script nonce=\"$nonce\">
    r $top_srcdir/tests/cli/page_test.js
    a </script>
  }" "$1/index.html" >"$1/tested.html"
}

# looks NAME FOLDER WIDTH HEIGHT [OPTION...]
looks()
{
  case_name=$1
  shift
  : >out
  add_test "$1"
  browse "$@"
  sed -n '/<pre id="selftest">/,/^end$/p' dom >out
  tail -n 1 out | grep -qx end || fail "the test did not end"
  bad=$(grep -c '^FAIL' out)
  [ "$bad" -eq 0 ] || { grep '^FAIL' out; fail "$bad checks failed"; }
  echo "$case_name: $(grep -c '^ok' out) checks"
}

run none history --html none
looks none none 1440 900
looks none-night none 390 844 --blink-settings=preferredColorScheme=0

start_emulator --polls 1
long=$(printf '%030000d' 0 | sed 's/0/w/g; s/wwwwwwwwww/a neon fo /g')
cat >jobs.jsonl <<TEXT
{"prompt":"a neon fox","model":"flux"}
{"prompt":"a neon fox","model":"flux-pro"}
{"prompt":"a neon fox","model":"seedream"}
{"prompt":"a lighthouse","model":"flux","n":3}
{"prompt":"a tall tower","model":"flux-pro","aspect_ratio":"9:16"}
{"prompt":"<script>alert(1)</script> \"><img src=x onerror=alert(2)></script><!-- & \u2028\u2029 'x'","model":"flux"}
{"prompt":"\u05e9\u05d5\u05e2\u05dc \u05e0\u05d9\u05d0\u05d5\u05df","model":"flux"}
{"prompt":"\ud83e\udd8a\ud83c\udf03\ud83d\udca7 \ud835\udcdd fox \u72d0","model":"flux"}
{"prompt":"$long","model":"flux-schnell"}
{"prompt":"gone","model":"flux","output":"gone.png"}
{"prompt":"x [blocked]","model":"flux"}
{"prompt":"x [fail]","model":"flux"}
{"prompt":"a river","model":"kling"}
TEXT
run jobs batch jobs.jsonl --out-dir out.d -j 8
exits 1
rm out.d/gone.png
"$GAMUT" -q -p 'x [hang]' -m flux -o hang.png >/dev/null 2>&1 &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  "$GAMUT" jobs --state sending | grep -q hang && break
  sleep 0.2
done
kill -9 $pid
wait $pid 2>/dev/null
"$GAMUT" resume -q --resubmit never >/dev/null 2>&1

run page history --html page
exits 0
mv page moved # it does not matter where it is
# A project, as the ledger will write it.
sed 's/"request":{"prompt":"a neon fox"/"request":{"project":"poster","prompt":"a neon fox"/' \
  moved/index.html >moved/with && mv moved/with moved/index.html
looks wide moved 1440 900
looks middle moved 800 1000 --blink-settings=preferredColorScheme=0
looks narrow moved 390 844
looks narrow-night moved 390 844 --blink-settings=preferredColorScheme=0

"$GAMUT" compare -q -p 'a tall "fox"' -m flux -m flux -m fal:x -o compared \
  >/dev/null 2>&1
looks compared compared 1440 900

run one history --limit 1 --html one
looks one one 1440 900

# 500 of them: refusals come quickly.
awk 'BEGIN { for (i = 0; i < 500; i++)
  printf "{\"prompt\":\"study %d%s\"}\n", i, i % 50 ? " [invalid]" : "" }' >many
GAMUT_STATE_DIR=$work/many.d
export GAMUT_STATE_DIR
run many-jobs batch many -m flux --out-dir many.out -j 64 -q
run many history --html many.page
looks many many.page 1440 900
finish
