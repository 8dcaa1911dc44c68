/* prom.c - is standard input what Prometheus reads? Ends with 1 when it is not,
 * and says why. */
#include "engine/prom.h"
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
  size_t room = 16u << 20, n;
  char *text = malloc(room), why[400];

  if (!text)
    return 99;
  n = fread(text, 1, room - 1, stdin);
  text[n] = '\0';
  if (prom_check(text, why, sizeof(why)))
    puts(why);
  else
    *why = '\0';
  free(text);
  return *why != '\0';
}
