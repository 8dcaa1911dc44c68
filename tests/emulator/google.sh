#!/bin/sh
# Google end to end: the CLI and plugins/google against the emulator, through
# both doors and with every kind of credential.
set -u
emulator=${GAMUT_EMULATOR:-} gamut=${GAMUT_CLI:-}
[ -n "$emulator" ] && [ -n "$gamut" ] || {
  echo "no emulator or no CLI: skipped"
  exit 77
}
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
dir=$(mktemp -d) pid='' failed=0
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$dir"' EXIT
export GAMUT_POLL_INTERVAL=20ms GAMUT_RETRY_MAX_WAIT=2s
cd "$dir" || exit 1

mkdir made
mkfifo ready
"$emulator" --print-endpoints --polls 2 --size 64x64 --ready-fd 3 3>ready \
  >out 2>log &
pid=$!
read -r _ <ready || { cat log; exit 1; }
GAMUT_ENDPOINTS=$(head -n 1 out)
export GAMUT_ENDPOINTS

# name, exit status, a part of what is said, the CLI's arguments...
try() {
  name=$1 want=$2 part=$3
  shift 3
  "$gamut" generate --json -o "made/$name" "$@" >said 2>err
  got=$?
  [ "$want" = "$got" ] && grep -q -- "$part" said err && return
  echo "FAIL $name: exit $got, wanted $want with '$part':"
  head -c 900 err said
  failed=1
}

# ---- the Gemini API ----
export GOOGLE_GEMINI_API_KEY=key
try gemini 0 '"cost_usd"' -m google-studio:nb-pro -p fox --resolution 1K
try stream 0 image/png -m google-studio:nb-pro -p fox --option stream=true
try wait 0 '"repeats": *1' -m google-studio:nb-pro -p 'fox [429:1]'
try quota 4 'limit: 0' -m google-studio:nb-pro -p 'fox [quota]'
try prompt 6 PROHIBITED_CONTENT -m google-studio:nb-pro -p 'fox [blocked]'
try safety 6 IMAGE_SAFETY -m google-studio:nb-pro -p 'fox [nsfw]'
try words 8 "can't create" -m google-studio:nb-pro -p 'fox [nomedia]'
try nothing 8 nothing -m google-studio:nb-pro -p 'fox [empty]'
try unsafe-stream 6 IMAGE_SAFETY -m google-studio:nb-pro -p 'fox [nsfw] 2' \
  --option stream=true
try unknown 5 'not found' -m google-studio:gemini-no-such -p fox
try field 2 'Unknown name' -m google-studio:nb-pro -p fox --set nonsense=1
try imagen 2 'needs Vertex' -m google-studio:imagen-4.0-generate-001 -p fox
GOOGLE_GEMINI_API_KEY=bad try wrong-key 3 'not valid' -m google-studio:nb-pro \
  -p fox
unset GOOGLE_GEMINI_API_KEY
GOOGLE_API_KEY=old try old-key 0 image/png -m google-studio:nb-pro -p fox
GOOGLE_API_KEY=old GOOGLE_GENAI_USE_VERTEXAI=true \
  try old-key-there 3 GOOGLE_GEMINI_API_KEY -m google-studio:nb-pro -p fox

# ---- Vertex by key ----
try no-key 3 GOOGLE_CLOUD_PROJECT -m google:imagen4 -p fox
GOOGLE_API_KEY=old GOOGLE_GENAI_USE_VERTEXAI=true \
  try old-vertex-key 0 image/png -m google:imagen4 -p fox
export GOOGLE_VERTEX_API_KEY=key
try two 0 two-2 -m google:imagen4 -p fox -n 2 --seed 7
try partly 0 withheld -m google:imagen4 -p 'fox [nsfw:0]' -n 2 \
  --set includeRaiReason=true
try all 6 withheld -m google:imagen4 -p 'fox [empty]'
try refused 6 'Support codes' -m google:imagen4 -p 'fox [blocked]'
try video 0 video/mp4 -m google:veo3 -p fox --duration 4
try video-fails 8 Internal -m google:veo3 -p 'fox [fail]' --duration 4
try video-blocked 6 58061214 -m google:veo3 -p 'fox [blocked]' --duration 4
try video-empty 8 'no video' -m google:veo3 -p 'fox [empty]' --duration 4
try video-lost 5 expired -m google:veo3 -p 'fox [lost]' --duration 4
unset GOOGLE_VERTEX_API_KEY

# ---- application default credentials ----
export GOOGLE_CLOUD_PROJECT=project
user='"type": "authorized_user", "client_id": "i", "client_secret": "s"'
mail=robot@project.iam.gserviceaccount.com
iam=https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts
echo "{$user, \"refresh_token\": \"r\"}" >user.json
echo "{$user, \"refresh_token\": \"bad\"}" >revoked.json
echo "{\"type\": \"impersonated_service_account\",
  \"service_account_impersonation_url\": \"$iam/$mail:generateAccessToken\",
  \"source_credentials\": {$user, \"refresh_token\": \"r\"}}" >other.json
echo '{"type": "external_account", "audience": "//iam/x",
  "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
  "credential_source": {"file": "subject.txt"}}' >external.json
echo token >subject.txt
echo '{"type": "gdch_service_account"}' >strange.json
adc() { # name, exit status, part, file
  GOOGLE_APPLICATION_CREDENTIALS=$4 try "$1" "$2" "$3" -m google:imagen4 -p fox
}
adc user 0 image/png user.json
adc revoked 3 revoked revoked.json
adc other 0 image/png other.json
adc external 0 image/png external.json
adc strange 3 gdch_service_account strange.json
adc missing 3 missing.json missing.json
mkdir gcloud && cp user.json gcloud/application_default_credentials.json
CLOUDSDK_CONFIG=$dir/gcloud try gcloud 0 image/png -m google:imagen4 -p fox
try machine 0 video/mp4 -m google:veo3 -p fox --duration 4
METADATA_SERVER_DETECTION=none try none 3 'no application default' \
  -m google:imagen4 -p fox
GOOGLE_CLOUD_LOCATION=global try global 0 image/png -m google:nb-pro -p fox
GOOGLE_CLOUD_LOCATION=eu try multi-region 0 image/png -m google:nb-pro -p fox
if command -v openssl >/dev/null &&
  [ -e "$top_builddir/plugins/.libs/crypto.so" ]; then
  key=$(openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
    2>/dev/null | awk '{ printf "%s\\n", $0 }')
  echo "{\"type\": \"service_account\", \"client_email\": \"$mail\",
    \"private_key\": \"$key\"}" >service.json
  adc service 0 image/png service.json
fi
exit $failed
