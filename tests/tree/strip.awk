# Prints C with comments and the contents of literals blanked, line by line, so
# that a grep sees code only.
{
  out = ""
  n = length($0)
  for (i = 1; i <= n; i++) {
    c = substr($0, i, 1)
    two = substr($0, i, 2)
    if (comment) {
      if (two == "*/") {
        comment = 0
        i++
      }
    } else if (quote != "") {
      if (c == "\\")
        i++
      else if (c == quote) {
        quote = ""
        out = out c
      }
    } else if (two == "/*") {
      comment = 1
      out = out " "
      i++
    } else if (two == "//") {
      break
    } else {
      if (c == "\"" || c == "'")
        quote = c
      out = out c
    }
  }
  print out
}
