#!/bin/sh
# Drives the emulated fal's store and its streams with curl: places for a PUT,
# parts, the CDN's token, and what each of them refuses.  Then uploads through the
# library: once for all jobs with the same picture.
set -u
emulator=${GAMUT_EMULATOR:-}
[ -n "$emulator" ] && command -v curl >/dev/null || {
  echo "no emulator or no curl: skipped"
  exit 77
}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
dir=$(mktemp -d) pid='' failed=0
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
mkfifo "$dir/ready"
"$emulator" --polls 2 --ready-fd 3 --quiet 3>"$dir/ready" >"$dir/log" &
pid=$!
read -r port <"$dir/ready" || exit 1
base=http://127.0.0.1:$port
key='Authorization: Key id:secret'
json='Content-Type: application/json'
png='Content-Type: image/png'
cat='{"content_type":"image/png","file_name":"cat.png"}'

is() { # name, wanted, got
  [ "$2" = "$3" ] && return
  echo "FAIL $1: wanted '$2', got '$3': $(head -c 300 "$dir/body")"
  failed=1
}

http() { # curl arguments...; prints the status
  : >"$dir/body"
  curl -sS -m 20 -D "$dir/head" -o "$dir/body" -w '%{http_code}' "$@"
}

field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$dir/body" | head -n 1; }
mapped() { echo "$base/${1#https://}"; }
tail_of() { echo "${1%%\?*}/$2?${1#*\?}"; } # URL, what goes behind its path
rest() { http -H "$key" -H "$json" -d "$2" "$base/rest.fal.ai/storage/$1"; }

# --- whole ------------------------------------------------------------------
initiate='upload/initiate?storage_type=fal-cdn-v3'
is "no key" 401 "$(http -H "$json" -d "$cat" "$base/rest.fal.ai/storage/$initiate")"
is "no name" 422 "$(rest "$initiate" '{"content_type":"image/png"}')"
is "no such storage" 422 "$(rest upload/initiate?storage_type=disk "$cat")"
is "initiate" 200 "$(rest "$initiate" "$cat")"
put=$(mapped "$(field upload_url)") file=$(mapped "$(field file_url)")
printf 'picture' >"$dir/cat.png"
is "nothing there yet" 404 "$(http "$file")"
is "a key" 400 "$(http -T "$dir/cat.png" -H "$png" -H "$key" "$put")"
is "another type" 400 "$(http -T "$dir/cat.png" -H 'Content-Type: a/b' "$put")"
is "unsigned" 403 "$(http -T "$dir/cat.png" -H "$png" "${put%%\?*}")"
is "put" 200 "$(http -T "$dir/cat.png" -H "$png" "$put")"
is "once only" 409 "$(http -T "$dir/cat.png" -H "$png" "$put")"
is "get" 200 "$(http "$file")"
is "its bytes" picture "$(cat "$dir/body")"

# --- parts ------------------------------------------------------------------
is "initiate parts" 200 \
  "$(rest 'upload/initiate-multipart?storage_type=fal-cdn-v3' "$cat")"
put=$(mapped "$(field upload_url)") file=$(mapped "$(field file_url)")
dd if=/dev/zero of="$dir/ten" bs=1048576 count=10 2>/dev/null
is "out of turn" 400 "$(http -T "$dir/ten" "$(tail_of "$put" 2)")"
is "part 1" 200 "$(http -T "$dir/ten" "$(tail_of "$put" 1)")"
is "part 2" 200 "$(http -T "$dir/cat.png" "$(tail_of "$put" 2)")"
is "short in the midst" 400 "$(http -T "$dir/ten" "$(tail_of "$put" 3)")"
done=$(tail_of "$put" complete)
one='{"partNumber":1,"etag":"\"etag-1\""}'
two='{"partNumber":2,"etag":"\"etag-2\""}'
is "one lacks" 400 "$(http -H "$json" -d "{\"parts\":[$one]}" "$done")"
is "complete" 200 "$(http -H "$json" -d "{\"parts\":[$one,$two]}" "$done")"
is "get parts" 200 "$(http "$file")"
is "their bytes" 10485767 "$(wc -c <"$dir/body" | tr -d ' ')"

# --- the CDN's token --------------------------------------------------------
cdn=$base/v3.fal.media/files/upload
name='X-Fal-File-Name: a b.png'
is "no token" 401 "$(http --data-binary "@$dir/cat.png" -H "$png" "$cdn")"
is "token" 200 "$(rest auth/token?storage_type=fal-cdn-v3 '{}')"
token="Authorization: Bearer $(field token)"
is "store" 200 \
  "$(http --data-binary "@$dir/cat.png" -H "$png" -H "$token" -H "$name" "$cdn")"
is "get stored" 200 "$(http "$(mapped "$(field access_url)")")"
is "multipart" 200 "$(http -X POST -H "$png" -H "$token" "$cdn/multipart")"
url=$(mapped "$(field access_url)")/multipart/$(field uploadId)
is "cdn part" 200 "$(http -T "$dir/cat.png" -H "$token" "$url/1")"
grep -qi '^etag: "etag-1"' "$dir/head" || is "etag" there gone
is "cdn complete" 200 \
  "$(http -H "$json" -H "$token" -d "{\"parts\":[$one]}" "$url/complete")"

# --- a stream ---------------------------------------------------------------
stream=$base/fal.run/fal-ai/flux/dev/stream
is "stream" 200 "$(http -H "$key" -H "$json" -d '{"prompt":"a"}' "$stream")"
is "events" 4 "$(grep -c '^data: ' "$dir/body")"
is "the last has more" 1 "$(grep -c '"timings"' "$dir/body")"
is "not all can" 404 "$(http -H "$key" -H "$json" -d '{"prompt":"a"}' \
  "$base/fal.run/fal-ai/nano-banana/stream")"

# --- the library --------------------------------------------------------------
GAMUT_ENDPOINTS=$("$emulator" --port "$port" --print-endpoints --no-serve)
export GAMUT_ENDPOINTS FAL_KEY=id:secret
mkdir "$dir/pictures"
"$top_builddir/tests/emulator/uploads" "$base" "$dir/pictures" || failed=1

exit $failed
