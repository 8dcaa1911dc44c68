# Probes that are ours.  Flags are collected in variables of their own, so that
# they reach our sources but neither later probes nor the user's CFLAGS.

# GM_CC_FLAGS(VARIABLE, FLAGS): add each flag that the compiler takes
AC_DEFUN([GM_CC_FLAGS], [
  AC_SUBST([$1])
  AC_LANG_ASSERT([C])
  for gm_flag in m4_normalize([$2]); do
    _GM_TRY_CC([$gm_flag], [AS_VAR_APPEND([$1], [" $gm_flag"])])
  done
])

# GM_CC_FLAGS_FIRST(VARIABLE, FLAGS): add the first flag that it takes
AC_DEFUN([GM_CC_FLAGS_FIRST], [
  AC_SUBST([$1])
  for gm_flag in m4_normalize([$2]); do
    _GM_TRY_CC([$gm_flag], [AS_VAR_APPEND([$1], [" $gm_flag"]); break])
  done
])

# Clang only warns about a flag that it does not know, hence -Werror.
AC_DEFUN([_GM_TRY_CC], [
  AS_VAR_PUSHDEF([gm_cache], [gm_cv_cc_$1])
  AC_CACHE_CHECK([whether $CC takes $1], [gm_cache], [
    gm_save=$CFLAGS
    CFLAGS="$CFLAGS -Werror $1"
    AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int gm_probe(void);
int gm_probe(void) { return 0; }]])],
      [AS_VAR_SET([gm_cache], [yes])], [AS_VAR_SET([gm_cache], [no])])
    CFLAGS=$gm_save])
  AS_VAR_IF([gm_cache], [yes], [$2])
  AS_VAR_POPDEF([gm_cache])
])

# GM_LD_FLAGS(VARIABLE, FLAGS): add each flag that a shared link takes
AC_DEFUN([GM_LD_FLAGS], [
  AC_SUBST([$1])
  for gm_flag in m4_normalize([$2]); do
    AS_VAR_PUSHDEF([gm_cache], [gm_cv_ld_$gm_flag])
    AC_CACHE_CHECK([whether the linker takes $gm_flag], [gm_cache], [
      gm_save=$LDFLAGS
      LDFLAGS="$LDFLAGS $gm_flag"
      AC_LINK_IFELSE([AC_LANG_PROGRAM()],
        [AS_VAR_SET([gm_cache], [yes])], [AS_VAR_SET([gm_cache], [no])])
      LDFLAGS=$gm_save])
    AS_VAR_IF([gm_cache], [yes], [AS_VAR_APPEND([$1], [" $gm_flag"])])
    AS_VAR_POPDEF([gm_cache])
  done
])

# GM_FORTIFY(VARIABLE): glibc's checks, which need optimisation and say so in
# a warning when CFLAGS turn it off
AC_DEFUN([GM_FORTIFY], [
  AC_CACHE_CHECK([whether _FORTIFY_SOURCE works with $CFLAGS],
    [gm_cv_fortify], [
    gm_save=$CFLAGS
    CFLAGS="$CFLAGS -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]])],
      [gm_cv_fortify=yes], [gm_cv_fortify=no])
    CFLAGS=$gm_save])
  AS_IF([test "$gm_cv_fortify" = yes],
    [AS_VAR_APPEND([$1], [" -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])
])

# GM_SANITIZERS(CFLAGS, LDFLAGS, LIST): a wish that must come true
AC_DEFUN([GM_SANITIZERS], [
  AS_CASE([$3], [yes], [gm_list=address,undefined], [gm_list=$3])
  AC_MSG_CHECKING([for the sanitizers $gm_list])
  gm_save=$CFLAGS
  CFLAGS="$CFLAGS -fsanitize=$gm_list"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([$CC cannot link with -fsanitize=$gm_list])])
  CFLAGS=$gm_save
  AS_VAR_APPEND([$1], [" -fsanitize=$gm_list -fno-omit-frame-pointer"])
  AS_VAR_APPEND([$1], [" -fno-sanitize-recover=all"])
  AS_VAR_APPEND([$2], [" -fsanitize=$gm_list"])
])

# GM_VERSION_SCRIPT(VARIABLE): exports by list, with whatever is there
AC_DEFUN([GM_VERSION_SCRIPT], [
  AC_SUBST([$1])
  AC_CACHE_CHECK([whether the linker takes version scripts],
    [gm_cv_version_script], [
    echo 'GM_1 { global: main; local: *; };' >conftest.map
    gm_save=$LDFLAGS
    LDFLAGS="$LDFLAGS -Wl,--version-script=conftest.map"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()],
      [gm_cv_version_script=yes], [gm_cv_version_script=no])
    LDFLAGS=$gm_save
    rm -f conftest.map])
  AS_IF([test "$gm_cv_version_script" = yes],
    [$1='-Wl,--version-script=$(top_srcdir)/core/gamut.map'],
    [$1="-export-symbols-regex '^gamut_'"])
])

# GM_CHECK_LTDL: libltdl has no pkg-config file
AC_DEFUN([GM_CHECK_LTDL], [
  AC_CHECK_HEADER([ltdl.h], [],
    [AC_MSG_ERROR([ltdl.h is needed: libltdl-dev, libtool-ltdl-devel])])
  AC_CHECK_LIB([ltdl], [lt_dlopenadvise], [LTDL_LIBS=-lltdl],
    [AC_MSG_ERROR([libltdl is needed: libltdl-dev, libtool-ltdl-devel])])
  AC_SUBST([LTDL_LIBS])
])
