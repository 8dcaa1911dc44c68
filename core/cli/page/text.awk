# text.awk - page.html, page.css and the scripts as C: an array of lines each,
# ended by 0; files with one ending are one array.
function kind(file) {
  sub(/.*\./, "", file)
  return file
}

FNR == 1 && kind(FILENAME) != last {
  if (last)
    print "  0\n};"
  last = kind(FILENAME)
  print "extern const char *const cli_page_" last "[];"
  print "const char *const cli_page_" last "[] = {"
}

{
  gsub(/\\/, "&&")
  gsub(/"/, "\\\\&")
  print "  \"" $0 "\\n\","
}

BEGIN {
  print "/* Made by make from core/cli/page; see page_text.h. */"
}

END {
  print "  0\n};"
}
