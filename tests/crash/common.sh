# What the scripts of this folder share: common.sh of the program's tests, the
# vendors and their keys.
# shellcheck shell=sh disable=SC2034,SC2154
# shellcheck source=../cli/common.sh
. "$top_srcdir/tests/cli/common.sh"
command -v curl >/dev/null || { echo "no curl"; exit 77; }
"$GAMUT" doctor | grep -q '^ok *store in' || { echo "no SQLite"; exit 77; }

GAMUT_POLL_INTERVAL=10ms
GAMUT_RETRY_MAX_WAIT=10ms
export GAMUT_POLL_INTERVAL GAMUT_RETRY_MAX_WAIT
# shellcheck disable=SC2086 # words, as meant
start_emulator --polls 3 $emulator_words

GOOGLE_GEMINI_API_KEY=key
GOOGLE_VERTEX_API_KEY=key
HIGGSFIELD_API_KEY=id
HIGGSFIELD_API_SECRET=secret
MODELGATES_API_KEY=mg-key
OPENAI_API_KEY=sk-good
OPENROUTER_API_KEY=sk-or-v1-key
RUNWAYML_API_SECRET=key_good
VISGATE_API_KEY=vg-good
export GOOGLE_GEMINI_API_KEY GOOGLE_VERTEX_API_KEY HIGGSFIELD_API_KEY \
  HIGGSFIELD_API_SECRET MODELGATES_API_KEY OPENAI_API_KEY OPENROUTER_API_KEY \
  RUNWAYML_API_SECRET VISGATE_API_KEY

# budget USD: of a month, of all
budget()
{
  mkdir -p config/gamut
  echo "{\"budgets\":[{\"scope\":\"all\",\"limit_usd\":$1,\"period\":\"month\"}]}" \
    >config/gamut/config.json
  XDG_CONFIG_HOME=$work/config
  export XDG_CONFIG_HOME
}
