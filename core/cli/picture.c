/* picture.c - gamut-preview: a picture as what a terminal shows.
 *
 *   gamut-preview auto|any COLUMNS ROWS CELL_WIDTH CELL_HEIGHT FILE
 *
 * With `auto` nothing is printed unless the terminal of the environment shows
 * pixels (kitty, iTerm2, sixel); `any` makes blocks elsewhere.  A program of
 * its own, for two reasons: gamut starts no slower by libraries that it seldom
 * needs, and a picture that breaks a decoder breaks this and no job.  The
 * terminal is told by its variables and never asked, which would wait for an
 * answer.
 *
 * Exit codes: 0 printed, 1 this cannot be shown here, 2 called wrongly.
 */
#include <chafa.h>
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define FILE_MOST   (256u << 20)
#define PIXELS_MOST 2048 /* of a side, after scaling */
#define CPU_SECONDS 10
#define MEMORY_MOST (2ull << 30)

struct terminal {
  ChafaTermInfo *info;
  ChafaPixelMode pixels;
  ChafaCanvasMode colours;
};

/* ---- the picture -----------------------------------------------------------
 */

/* Only what is meant: gdk-pixbuf would open much more. */
static const char *type_of(const guchar *head, size_t n)
{
  if (n >= 8 && memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0)
    return "image/png";
  if (n >= 3 && memcmp(head, "\xff\xd8\xff", 3) == 0)
    return "image/jpeg";
  if (n >= 12 && memcmp(head, "RIFF", 4) == 0 &&
      memcmp(head + 8, "WEBP", 4) == 0)
    return "image/webp";
  if (n >= 6 && memcmp(head, "GIF8", 4) == 0)
    return "image/gif";
  return NULL;
}

/* It is made small while it is decoded. */
static void on_size(GdkPixbufLoader *loader, int width, int height, void *user)
{
  int most = width > height ? width : height;

  (void)user;
  if (most > PIXELS_MOST)
    gdk_pixbuf_loader_set_size(loader,
                               (int)((gint64)width * PIXELS_MOST / most) + 1,
                               (int)((gint64)height * PIXELS_MOST / most) + 1);
}

static bool pour(GdkPixbufLoader *loader, FILE *from, const guchar *head,
                 size_t n)
{
  static guchar bytes[1 << 16];
  size_t all = n;
  bool ok = gdk_pixbuf_loader_write(loader, head, n, NULL);

  while (ok && all < FILE_MOST && (n = fread(bytes, 1, sizeof(bytes), from))) {
    ok = gdk_pixbuf_loader_write(loader, bytes, n, NULL);
    all += n;
  }
  return gdk_pixbuf_loader_close(loader, NULL) && ok;
}

/* The first picture of the file; NULL: it is none of ours. */
static GdkPixbuf *load(const char *path)
{
  GdkPixbufLoader *loader = NULL;
  GdkPixbuf *pixbuf = NULL;
  guchar head[16];
  FILE *from = fopen(path, "re");
  size_t n = from ? fread(head, 1, sizeof(head), from) : 0;
  const char *type = type_of(head, n);

  if (type)
    loader = gdk_pixbuf_loader_new_with_mime_type(type, NULL);
  if (loader) {
    g_signal_connect(loader, "size-prepared", G_CALLBACK(on_size), NULL);
    if (pour(loader, from, head, n))
      pixbuf = gdk_pixbuf_loader_get_pixbuf(loader);
    if (pixbuf)
      g_object_ref(pixbuf);
    g_object_unref(loader);
  }
  if (from)
    fclose(from);
  return pixbuf;
}

/* ---- the terminal ----------------------------------------------------------
 */

static bool is(char **env, const char *name, const char *value)
{
  const char *v = g_environ_getenv(env, name);

  return v && strcmp(v, value) == 0;
}

/* Within a multiplexer the terminal outside is not spoken to. */
static bool is_within(char **env)
{
  const char *term = g_environ_getenv(env, "TERM");

  return g_environ_getenv(env, "TMUX") || g_environ_getenv(env, "STY") ||
         (term &&
          (g_str_has_prefix(term, "screen") || g_str_has_prefix(term, "tmux")));
}

/* What chafa does not know by itself. */
static ChafaPixelMode more_pixels(char **env)
{
  const char *term = g_environ_getenv(env, "TERM");

  if (g_environ_getenv(env, "KITTY_WINDOW_ID") ||
      is(env, "TERM_PROGRAM", "ghostty"))
    return CHAFA_PIXEL_MODE_KITTY;
  if (is(env, "LC_TERMINAL", "iTerm2"))
    return CHAFA_PIXEL_MODE_ITERM2;
  if (term && strstr(term, "sixel"))
    return CHAFA_PIXEL_MODE_SIXELS;
  return CHAFA_PIXEL_MODE_SYMBOLS;
}

static ChafaPixelMode pixels_of(const ChafaTermInfo *info, char **env)
{
  static const struct {
    ChafaTermSeq seq;
    ChafaPixelMode mode;
  } all[] = {
    { CHAFA_TERM_SEQ_BEGIN_KITTY_IMMEDIATE_IMAGE_V1, CHAFA_PIXEL_MODE_KITTY },
    { CHAFA_TERM_SEQ_BEGIN_ITERM2_IMAGE, CHAFA_PIXEL_MODE_ITERM2 },
    { CHAFA_TERM_SEQ_BEGIN_SIXELS, CHAFA_PIXEL_MODE_SIXELS },
  };
  size_t i;

  if (is_within(env))
    return CHAFA_PIXEL_MODE_SYMBOLS;
  for (i = 0; i < G_N_ELEMENTS(all); i++)
    if (chafa_term_info_have_seq(info, all[i].seq))
      return all[i].mode;
  return more_pixels(env);
}

static ChafaCanvasMode colours_of(const ChafaTermInfo *info)
{
  if (chafa_term_info_have_seq(info, CHAFA_TERM_SEQ_SET_COLOR_FGBG_DIRECT))
    return CHAFA_CANVAS_MODE_TRUECOLOR;
  if (chafa_term_info_have_seq(info, CHAFA_TERM_SEQ_SET_COLOR_FGBG_256))
    return CHAFA_CANVAS_MODE_INDEXED_240;
  return CHAFA_CANVAS_MODE_INDEXED_16;
}

static struct terminal look_at_terminal(void)
{
  ChafaTermDb *db = chafa_term_db_get_default();
  ChafaTermInfo *rest = chafa_term_db_get_fallback_info(db);
  struct terminal t;
  char **env = g_get_environ();

  t.info = chafa_term_db_detect(db, env);
  t.pixels = pixels_of(t.info, env);
  t.colours = t.pixels == CHAFA_PIXEL_MODE_SYMBOLS
                ? colours_of(t.info)
                : CHAFA_CANVAS_MODE_TRUECOLOR;
  chafa_term_info_supplement(t.info, rest);
  chafa_term_info_unref(rest);
  g_strfreev(env);
  return t;
}

/* ---- one on the other ------------------------------------------------------
 */

struct room {
  int columns, rows, cell_width, cell_height;
};

static ChafaCanvas *make_canvas(const struct terminal *t, const struct room *r,
                                const GdkPixbuf *p)
{
  ChafaCanvasConfig *config = chafa_canvas_config_new();
  int columns = r->columns, rows = r->rows;
  ChafaCanvas *canvas;

  chafa_calc_canvas_geometry(
    gdk_pixbuf_get_width(p), gdk_pixbuf_get_height(p), &columns, &rows,
    (float)r->cell_width / (float)r->cell_height, TRUE, FALSE);
  chafa_canvas_config_set_geometry(config, columns, rows);
  chafa_canvas_config_set_cell_geometry(config, r->cell_width, r->cell_height);
  chafa_canvas_config_set_pixel_mode(config, t->pixels);
  chafa_canvas_config_set_canvas_mode(config, t->colours);
  canvas = chafa_canvas_new(config);
  chafa_canvas_config_unref(config);
  chafa_canvas_draw_all_pixels(
    canvas,
    gdk_pixbuf_get_has_alpha(p) ? CHAFA_PIXEL_RGBA8_UNASSOCIATED
                                : CHAFA_PIXEL_RGB8,
    gdk_pixbuf_read_pixels(p), gdk_pixbuf_get_width(p),
    gdk_pixbuf_get_height(p), gdk_pixbuf_get_rowstride(p));
  return canvas;
}

static bool print(const struct terminal *t, const struct room *r,
                  const GdkPixbuf *p)
{
  ChafaCanvas *canvas = make_canvas(t, r, p);
  GString *text = chafa_canvas_print(canvas, t->info);
  bool ok = fwrite(text->str, 1, text->len, stdout) == text->len &&
            putchar('\n') == '\n' && fflush(stdout) == 0;

  g_string_free(text, TRUE);
  chafa_canvas_unref(canvas);
  return ok;
}

/* A picture that is a bomb takes no more than this. */
static void limit(void)
{
  struct rlimit time = { CPU_SECONDS, CPU_SECONDS }, none = { 0, 0 };

  setrlimit(RLIMIT_CPU, &time);
  setrlimit(RLIMIT_CORE, &none);
#ifndef GM_SANITIZED /* they map more than anybody has */
  {
    struct rlimit memory = { MEMORY_MOST, MEMORY_MOST };

    setrlimit(RLIMIT_AS, &memory);
  }
#endif
}

static bool read_room(char **words, struct room *r)
{
  int *const to[] = { &r->columns, &r->rows, &r->cell_width, &r->cell_height };
  size_t i;

  for (i = 0; i < G_N_ELEMENTS(to); i++) {
    gint64 v = g_ascii_strtoll(words[i], NULL, 10);

    if (v < 1 || v > 1000)
      return false;
    *to[i] = (int)v;
  }
  return true;
}

int main(int argc, char **argv)
{
  struct terminal t;
  struct room room;
  GdkPixbuf *pixbuf;
  bool ok;

  if (argc != 7 || !read_room(argv + 2, &room))
    return 2;
  limit();
  t = look_at_terminal();
  ok = t.pixels != CHAFA_PIXEL_MODE_SYMBOLS || strcmp(argv[1], "any") == 0;
  pixbuf = ok ? load(argv[6]) : NULL;
  ok = pixbuf && print(&t, &room, pixbuf);
  if (pixbuf)
    g_object_unref(pixbuf);
  chafa_term_info_unref(t.info);
  return ok ? 0 : 1;
}
