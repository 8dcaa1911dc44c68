#!/bin/sh
# A real disk that is full, of one size after the other: of the store, where each
# write meets the end once, and of the folder of the pictures.  Nothing is sent
# that could not be written down; with room again every job is finished, and was
# submitted once.
# shellcheck disable=SC2034,SC2154 # common.sh reads and sets
# mounts FLAGS: may one mount in a namespace of these flags?
mounts()
{
  unshare "$1" sh -c 'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" &&
    umount "$d" && rmdir "$d"' 2>/dev/null
}

if [ -z "${FULL_INSIDE:-}" ]; then
  if mounts -m; then
    flags=-m
  elif mounts -rm; then
    flags=-rm
  else
    echo "nothing can be mounted here"
    exit 77
  fi
  FULL_INSIDE=1
  export FULL_INSIDE
  exec unshare $flags sh "$0"
fi
emulator_words='--size 64x64 --image-bytes 200000'
. "$top_srcdir/tests/crash/common.sh"
mkdir disk made || exit 99

# room KIB: of the disk, from now on
room()
{
  mount -o "remount,size=$1k" none "$work/disk" || exit 99
}

# sold PROMPT: how many jobs the vendor made of it
sold()
{
  curl -sf -G --data-urlencode "prompt=$1" "$emulator_url/control/stats" |
    sed -n 's/.*"accepted":\([0-9]*\)}}.*/\1/p'
}

XDG_STATE_HOME=$work/disk/state
export XDG_STATE_HOME
forgotten=0
refused=0
kept=0
size=4
while [ "$size" -le 160 ]; do
  mount -t tmpfs -o "size=${size}k" none disk || exit 99
  mkdir disk/state
  run "store-$size" -p "store $size" -m fal:fal-ai/flux/dev --resubmit never \
    -o "made/$size.{ext}"
  n=$(sold "store $size")
  case $code in
    0)
      [ "$n" = 1 ] || fail "submitted $n times"
      if grep -q 'will be forgotten' err; then
        forgotten=$((forgotten + 1))
      else
        kept=$((kept + 1))
      fi
      ;;
    12)
      refused=$((refused + 1))
      says 'could not be written down, so it was not sent'
      [ "$n" = 0 ] || fail "submitted $n times, and not written down"
      ;;
    *) fail "it ends with $code" ;;
  esac
  room 4096
  # 10: it was written down before it was sent, and nothing after that
  run "resume-$size" resume --resubmit never
  [ "$code" -eq 10 ] || exits 0
  run "jobs-$size" jobs --state unfinished
  is_silent
  [ "$(sold "store $size")" = "$n" ] || fail "submitted again"
  [ "$n" = 0 ] || [ -s "made/$size.jpg" ] || fail "its file is lost"
  umount disk
  size=$((size + 8))
done
echo "$forgotten without a store, $refused not sent, $kept kept"
[ "$forgotten" -gt 0 ] && [ "$refused" -gt 0 ] && [ "$kept" -gt 0 ] ||
  fail "one of these must have been met"

# ---- the folder of the pictures

XDG_STATE_HOME=$work/state
mount -t tmpfs -o size=64k none disk || exit 99
run picture -p 'a large one' -m fal:fal-ai/flux/dev -o 'disk/large.{ext}'
exits 12
says 'No space left'
[ -z "$(ls -A disk)" ] || fail "left behind: $(ls -A disk)"
room 4096
id=$("$GAMUT" jobs --json | sed -n 's/.*"id":"\([0-9A-Z]*\)".*/\1/p')
run fetch fetch "$id" -o 'disk/large.{ext}'
exits 0
[ "$(wc -c <disk/large.jpg)" -eq 200000 ] || fail "half a picture"
[ "$(sold 'a large one')" = 1 ] || fail "submitted again"
umount disk
finish
