/* test_catalog_files.c - the bundled catalog: every file against the schema,
 * and what no schema can say: names that are unique, models that exist, values
 * that fit each other.  The library trusts these files; this is why it may. */
#include "base/file.h"
#include "base/map.h"
#include "base/str.h"
#include "route/catalog.h"
#include "route/schema.h"
#include "unit.h"
#include <dirent.h>
#include <stdio.h>

#define FILES_MAX 64

static const char *folder;
static struct file {
  char stem[64];
  char *text;
  struct json_object *doc;
} files[FILES_MAX];
static int n_files;

static struct json_object *read_file(const char *name, char **ret_text)
{
  struct gm_buf b = GM_BUF_INIT(16u << 20);
  struct gm_error err = GM_ERROR_INIT;
  const char *why = NULL;
  size_t offset = 0;
  char path[600];
  struct json_object *o;

  snprintf(path, sizeof(path), "%s/%s", folder, name);
  if (gm_file_read(path, &b, -1, &err)) {
    fprintf(stderr, "%s\n", gm_error_text(&err));
    exit(1);
  }
  o = gm_json_parse_once(gm_buf_text(&b), b.len, &offset, &why);
  if (!o) {
    fprintf(stderr, "%s: byte %zu: %s\n", path, offset, why ? why : "null");
    exit(1);
  }
  if (ret_text)
    *ret_text = gm_buf_take(&b);
  gm_buf_finish(&b);
  return o;
}

static int by_stem(const void *a, const void *b)
{
  return strcmp(((const struct file *)a)->stem, ((const struct file *)b)->stem);
}

static void read_files(void)
{
  DIR *d = opendir(folder);
  struct dirent *e;

  while (d && n_files < FILES_MAX && (e = readdir(d))) {
    struct file *f = &files[n_files];

    if (*e->d_name == '.' || !gm_ends(e->d_name, ".json") ||
        gm_streq(e->d_name, "schema.json"))
      continue;
    snprintf(f->stem, sizeof(f->stem), "%.*s", (int)strlen(e->d_name) - 5,
             e->d_name);
    f->doc = read_file(e->d_name, &f->text);
    n_files++;
  }
  if (d)
    closedir(d);
  qsort(files, (size_t)n_files, sizeof(*files), by_stem);
}

static const struct json_object *model_at(const struct file *f, size_t i)
{
  return json_object_array_get_idx(gm_json_at(f->doc, "models"), i);
}

static size_t n_models(const struct file *f)
{
  return gm_json_count(f->doc, "models");
}

static const char *id_of(const struct json_object *m)
{
  return gm_json_str(m, "id", "");
}

static const struct json_object *by_id(const struct file *f, const char *id)
{
  size_t i;

  for (i = 0; i < n_models(f); i++) {
    if (gm_streq(id_of(model_at(f, i)), id))
      return model_at(f, i);
  }
  return NULL;
}

static bool has(const struct json_object *list, const char *word)
{
  size_t i;

  for (i = 0; i < gm_json_count(list, NULL); i++) {
    if (gm_streq(gm_json_str(json_object_array_get_idx(list, i), NULL, NULL),
                 word))
      return true;
  }
  return false;
}

static bool can(const struct json_object *m, const char *operation)
{
  return has(gm_json_at(m, "operations"), operation);
}

/* The n-th member of an object; *ret_value NULL past the last. */
static const char *member_at(const struct json_object *o, size_t n,
                             const struct json_object **ret_value)
{
  struct json_object_iterator it = json_object_iter_begin(gm_unconst(o));
  struct json_object_iterator end = json_object_iter_end(o);

  for (; n > 0 && !json_object_iter_equal(&it, &end); n--)
    json_object_iter_next(&it);
  *ret_value = NULL;
  if (json_object_iter_equal(&it, &end))
    return NULL;
  *ret_value = json_object_iter_peek_value(&it);
  return json_object_iter_peek_name(&it);
}

/* The file that goes on where this one ends, or NULL. */
static const struct file *same_as(const struct file *f)
{
  const char *stem = gm_json_str(f->doc, "same_as", NULL);
  int i;

  for (i = 0; stem && i < n_files; i++) {
    if (gm_streq(files[i].stem, stem))
      return &files[i];
  }
  ck_assert_msg(!stem, "%s: same_as %s", f->stem, stem);
  return NULL;
}

START_TEST(files_are_there)
{
  ck_assert_int_gt(n_files, 0);
  ck_assert_int_lt(n_files, FILES_MAX);
}
END_TEST

START_TEST(files_keep_the_schema)
{
  _cleanup_json_ struct json_object *schema = read_file("schema.json", NULL);
  const struct file *f = &files[_i];
  struct gm_error err = GM_ERROR_INIT;

  ck_assert_msg(gm_schema_check(schema, f->doc, &err) == 0, "%s.json: %s",
                f->stem, gm_error_text(&err));
  ck_assert_str_eq(gm_json_str(f->doc, "provider", ""), f->stem);
  /* The loader looks for words as they stand. */
  ck_assert_msg(!strstr(f->text, "\\/"), "%s.json: a slash is escaped",
                f->stem);
}
END_TEST

/* The schema itself refuses what it should: a rule that got lost shows here. */
static const struct {
  const char *doc; /* with ' for " */
  const char *says;
} wrong[] = {
  { "{'provider':'x','models':[]}", NULL },
  { "{'provider':'X','models':[]}",
    "provider: 'X' is not of the form ^[a-z][a-z0-9_-]{0,30}$" },
  { "{'provider':'x','models':[{'id':'a'}]}",
    "models/0: 'operations' is missing" },
  { "{'provider':'x','models':[{'id':'','operations':['edit']}]}",
    "models/0/id: the text is empty" },
  { "{'provider':'x','models':[{'id':'a','operations':[]}]}",
    "models/0/operations: the list has fewer than 1" },
  { "{'provider':'x','models':[{'id':'a','operations':['edit'],'nmaes':1}]}",
    "models/0: unknown member 'nmaes', did you mean 'names'?" },
  { "{'provider':'x','models':[{'id':'a','operations':['edit'],'price':"
    "[{'unit':'image','usd':'free'}]}]}",
    "models/0/price/0/usd: 'free' is not a number" },
  { "{'provider':'x','models':[{'id':'a','operations':['edit'],'price':"
    "[{'unit':'image','usd':-1}]}]}",
    "models/0/price/0/usd: '-1' is below 0" },
  { "{'provider':'x','models':[{'id':'a','operations':['edit'],'sizes':"
    "{'default':'big'}}]}",
    "models/0/sizes/default: 'big' is not of the form ^[0-9]+x[0-9]+$" },
  { "{'provider':'x','models':[{'id':'a','operations':['edit'],'seed':'yes'}]}",
    "models/0/seed: 'yes' has none of the allowed forms" },
  { "{'provider':'x','models':[{'id':'a','operations':['edit'],'seed':"
    "{'max':'x'}}]}",
    "models/0/seed/max: 'x' is not a number" },
  { "{'provider':'x','models':[{'id':'a','operations':['edit'],'inputs':"
    "{'images':{}}}]}",
    "models/0/inputs: unknown member 'images', did you mean 'image'?" },
};

START_TEST(the_schema_refuses)
{
  _cleanup_json_ struct json_object *schema = read_file("schema.json", NULL);
  _cleanup_free_ char *text = gm_strdup(wrong[_i].doc);
  struct gm_error err = GM_ERROR_INIT;
  struct json_object *doc;
  size_t offset;
  const char *why;
  char *p;

  for (p = text; *p; p++)
    *p = *p == '\'' ? '"' : *p;
  doc = gm_json_parse_once(text, strlen(text), &offset, &why);
  ck_assert_ptr_nonnull(doc);
  gm_schema_check(schema, doc, &err);
  ck_assert_str_eq(gm_error_text(&err), wrong[_i].says ? wrong[_i].says : "");
  gm_error_finish(&err);
  json_object_put(doc);
}
END_TEST

/* ---- names -------------------------------------------------------------- */

static void claim(struct gm_map *seen, const char *word, const char *id)
{
  const char *by = gm_map_get(seen, word);

  ck_assert_msg(!by, "'%s' is claimed by %s and %s", word, by, id);
  ck_assert(gm_map_put(seen, word, gm_unconst(id)));
}

START_TEST(names_are_unique)
{
  const struct file *f = &files[_i];
  const struct json_object *aliases = gm_json_at(f->doc, "names");
  struct gm_map seen = { 0 };
  size_t i, k;

  for (i = 0; i < n_models(f); i++) {
    const struct json_object *m = model_at(f, i);
    const struct json_object *names = gm_json_at(m, "names");

    claim(&seen, id_of(m), id_of(m));
    for (k = 0; k < gm_json_count(names, NULL); k++)
      claim(&seen, gm_json_str(json_object_array_get_idx(names, k), NULL, ""),
            id_of(m));
  }
  for (i = 0; i < gm_json_count(aliases, NULL); i++) {
    const struct json_object *id;
    const char *alias = member_at(aliases, i, &id);

    claim(&seen, alias, "names");
    ck_assert_msg(by_id(f, gm_json_str(id, NULL, "")) != NULL, "%s -> %s",
                  alias, gm_json_str(id, NULL, ""));
  }
  gm_map_finish(&seen);
}
END_TEST

static void check_default(const struct file *f, const char *member,
                          const char *made)
{
  const char *id = gm_json_str(f->doc, member, NULL);
  const struct json_object *m = id ? by_id(f, id) : NULL;
  const struct json_object *operations = gm_json_at(m, "operations");
  bool makes = false;
  size_t i;

  if (!id)
    return;
  ck_assert_msg(m != NULL, "%s: %s is %s", f->stem, member, id);
  for (i = 0; i < gm_json_count(operations, NULL); i++)
    makes |= gm_ends(
      gm_json_str(json_object_array_get_idx(operations, i), NULL, ""), made);
  ck_assert_msg(makes, "%s: %s makes no %s", f->stem, id, made);
  ck_assert_str_ne(gm_json_str(m, "life", "available"), "retired");
}

/* Each successor leads to a model that lives, by whatever way. */
static void check_successor(const struct file *f, const struct json_object *m)
{
  const char *id = gm_json_str(m, "successor", NULL);
  const struct json_object *next = m;
  int steps;

  if (gm_streq(gm_json_str(m, "life", ""), "retired"))
    ck_assert_msg(id || gm_json_str(m, "note", NULL),
                  "%s: retired without successor or note", id_of(m));
  for (steps = 0; id && steps < 10; steps++) {
    next = by_id(f, id);
    ck_assert_msg(next != NULL, "%s: successor %s", id_of(m), id);
    ck_assert_str_ne(id, id_of(m));
    if (!gm_streq(gm_json_str(next, "life", ""), "retired"))
      break;
    id = gm_json_str(next, "successor", NULL);
  }
  ck_assert_msg(steps < 10, "%s: successors in a circle", id_of(m));
}

START_TEST(models_that_are_named_exist)
{
  const struct file *f = &files[_i];
  size_t i;

  check_default(f, "default_image", "image");
  check_default(f, "default_video", "video");
  for (i = 0; i < n_models(f); i++)
    check_successor(f, model_at(f, i));
}
END_TEST

/* ---- values ------------------------------------------------------------- */

static void check_range(const struct json_object *m, const char *member)
{
  const struct json_object *r = gm_json_at(m, member);
  double min = gm_json_real(r, "min", -1e300);
  double max = gm_json_real(r, "max", 1e300);
  double usual = gm_json_real(r, "default", min);

  if (!json_object_is_type(r, json_type_object))
    return;
  ck_assert_msg(min <= max, "%s: %s", id_of(m), member);
  ck_assert_msg(usual >= min && usual <= max, "%s: default of %s", id_of(m),
                member);
  ck_assert_msg(gm_json_real(r, "step", 1) > 0, "%s: step of %s", id_of(m),
                member);
}

/* "*" stands last; the rest is a ratio or a word of the vendor's. */
static void check_ratios(const struct json_object *m)
{
  const struct json_object *list = gm_json_at(m, "aspect_ratios");
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++) {
    const char *r = gm_json_str(json_object_array_get_idx(list, i), NULL, "");
    uint32_t w, h;

    if (gm_streq(r, "*"))
      ck_assert_msg(i == n - 1, "%s: '*' is not last", id_of(m));
    else if (!gm_parse_ratio(r, &w, &h))
      ck_assert_msg(*r && strspn(r, "abcdefghijklmnopqrstuvwxyz_") == strlen(r),
                    "%s: aspect ratio '%s'", id_of(m), r);
  }
}

/* The request that says nothing of its own but what the entry says is usual
 * passes the entry's own limits. */
static void check_sizes(const struct json_object *m)
{
  const struct json_object *s = gm_json_at(m, "sizes");
  const struct json_object *list = gm_json_at(s, "list");
  const char *usual = gm_json_str(s, "default", NULL);
  uint32_t w, h;

  if (!usual)
    return;
  ck_assert_msg(gm_parse_size(usual, &w, &h), "%s: size %s", id_of(m), usual);
  if (has(list, usual))
    return;
  ck_assert_msg(!list || gm_json_at(s, "max_side"),
                "%s: usual size is not listed", id_of(m));
  ck_assert_msg(GM_MIN(w, h) >= gm_json_i64(s, "min_side", 0) &&
                  GM_MAX(w, h) <= gm_json_i64(s, "max_side", INT32_MAX) &&
                  (int64_t)w * h >= gm_json_i64(s, "min_pixels", 0) &&
                  (int64_t)w * h <= gm_json_i64(s, "max_pixels", INT64_MAX) &&
                  w % gm_json_i64(s, "multiple_of", 1) == 0 &&
                  h % gm_json_i64(s, "multiple_of", 1) == 0,
                "%s: usual size %s breaks the limits", id_of(m), usual);
}

/* What takes more than text says what. */
static void check_inputs(const struct json_object *m)
{
  const struct json_object *roles = gm_json_at(m, "inputs");
  size_t i;

  /* nobody can ask a retired model for anything */
  if (strcmp(gm_json_str(m, "life", "available"), "retired") == 0)
    return;
  for (i = 0; i < gm_json_count(m, "operations"); i++) {
    const char *o = gm_json_str(
      json_object_array_get_idx(gm_json_at(m, "operations"), i), NULL, "");

    ck_assert_msg(gm_starts(o, "text-to-") || gm_json_count(roles, NULL) > 0,
                  "%s: %s without inputs", id_of(m), o);
  }
  for (i = 0; i < gm_json_count(roles, NULL); i++) {
    const struct json_object *rule;
    const char *role = member_at(roles, i, &rule);

    ck_assert_msg(gm_json_i64(rule, "min", 0) <=
                    gm_json_i64(rule, "max", INT32_MAX),
                  "%s: counts of %s", id_of(m), role);
  }
}

/* What can be asked can be said to the vendor: where `wire` is a vocabulary
 * (it says what the prompt is called), it is a whole one. */
static void check_wire(const struct json_object *m)
{
  static const struct {
    const char *member, *field;
  } shown[] = {
    { "sizes", "size" },
    { "aspect_ratios", "aspect_ratio" },
    { "resolutions", "resolution" },
    { "durations", "duration" },
    { "formats", "format" },
    { "qualities", "quality" },
    { "backgrounds", "background" },
    { "styles", "style" },
  };
  const struct json_object *wire = gm_json_at(m, "wire");
  size_t i;

  if (!gm_json_at(wire, "prompt"))
    return;
  for (i = 0; i < GM_LEN(shown); i++) {
    const struct json_object *values = gm_json_at(m, shown[i].member);

    /* one value only: nothing to say */
    if (!values || (json_object_is_type(values, json_type_array) &&
                    gm_json_count(values, NULL) <= 1))
      continue;
    ck_assert_msg(gm_json_at(wire, shown[i].field), "%s: no wire for %s",
                  id_of(m), shown[i].field);
  }
  for (i = 0; wire && i < gm_json_count(m, "inputs"); i++) {
    const struct json_object *rule;
    const char *role = member_at(gm_json_at(m, "inputs"), i, &rule);

    /* Where "audio" is the switch, a sound has a name of its own. */
    ck_assert_msg(gm_json_at(wire, role) || (strcmp(role, "audio") == 0 &&
                                             gm_json_at(wire, "audio_input")),
                  "%s: no wire for %s", id_of(m), role);
  }
}

static void check_price(const struct json_object *m)
{
  const struct json_object *rows = gm_json_at(m, "price");
  size_t i, n = gm_json_count(rows, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *row = json_object_array_get_idx(rows, i);

    ck_assert_msg(gm_json_str(row, "source", NULL) ||
                    gm_json_str(m, "source", NULL),
                  "%s: a price without a source", id_of(m));
    if (!gm_json_at(row, "when") && !gm_json_bool(row, "plus", false))
      ck_assert_msg(
        i == n - 1 ||
          gm_json_bool(json_object_array_get_idx(rows, i + 1), "plus", false),
        "%s: price rows behind one without conditions", id_of(m));
  }
}

START_TEST(values_fit_each_other)
{
  static const char *const ranges[] = { "n",        "seed",  "durations",
                                        "guidance", "steps", "strength" };
  const struct file *f = &files[_i];
  size_t i, k;

  ck_assert(n_models(f) > 0 || same_as(f));
  for (i = 0; i < n_models(f); i++) {
    const struct json_object *m = model_at(f, i);

    for (k = 0; k < GM_LEN(ranges); k++)
      check_range(m, ranges[k]);
    check_ratios(m);
    check_sizes(m);
    check_inputs(m);
    check_wire(m);
    check_price(m);
  }
}
END_TEST

static size_t members_of(const struct file *f, const char *family)
{
  size_t i, n = 0;

  for (i = 0; i < n_models(f); i++)
    n += gm_streq(gm_json_str(model_at(f, i), "family", NULL), family);
  return n;
}

/* Two of a family that do the same would leave it to chance whom a third one
 * stands back for; of the two each is meant when it is named. */
START_TEST(families_are_clear)
{
  const struct file *f = &files[_i];
  size_t i, k, o;

  for (i = 0; i < n_models(f); i++) {
    const struct json_object *a = model_at(f, i);
    const char *family = gm_json_str(a, "family", NULL);

    for (k = i + 1; family && k < n_models(f); k++) {
      const struct json_object *b = model_at(f, k);

      if (!gm_streq(gm_json_str(b, "family", NULL), family) ||
          members_of(f, family) == 2)
        continue;
      for (o = 0; o < gm_json_count(a, "operations"); o++) {
        const char *operation = gm_json_str(
          json_object_array_get_idx(gm_json_at(a, "operations"), o), NULL, "");

        ck_assert_msg(!can(b, operation), "family %s: %s by %s and %s", family,
                      operation, id_of(a), id_of(b));
      }
    }
  }
}
END_TEST

/* Those of `f`, as the models of `own`; what that one says itself counts. */
static void find_all(struct gm_catalog *c, const struct file *own,
                     const struct file *f)
{
  const char *provider = own->stem;
  struct gm_error err = GM_ERROR_INIT;
  size_t i, k;

  for (i = 0; i < n_models(f); i++) {
    const struct json_object *m = model_at(f, i);
    const struct json_object *names = gm_json_at(m, "names");
    const struct gm_model *found;

    if (f != own && by_id(own, id_of(m)))
      continue;
    ck_assert_int_eq(gm_catalog_find(c, provider, id_of(m), &found, &err), 0);
    ck_assert_msg(found && gm_streq(found->id, id_of(m)), "%s", id_of(m));
    ck_assert(json_object_equal(found->entry, gm_unconst(m)));
    for (k = 0; k < gm_json_count(names, NULL); k++) {
      const char *name =
        gm_json_str(json_object_array_get_idx(names, k), NULL, "");

      ck_assert_int_eq(gm_catalog_find(c, provider, name, &found, &err), 0);
      ck_assert_msg(found && gm_streq(found->id, id_of(m)), "%s", name);
    }
  }
}

/* What the library's own quick reader makes of the file is what is in it. */
START_TEST(the_library_finds_them_all)
{
  const struct file *f = &files[_i];
  struct gm_catalog *c;

  ck_assert_int_eq(gm_catalog_new(folder, "", NULL, &c), 0);
  find_all(c, f, f);
  if (same_as(f))
    find_all(c, f, same_as(f));
  gm_catalog_free(c);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("files");
  int i, rc;

  folder = gm_env("GAMUT_CATALOG_PATH");
  if (!folder) {
    fprintf(stderr, "GAMUT_CATALOG_PATH is not set: nothing to look at\n");
    return 77;
  }
  read_files();
  tcase_add_test(tc, files_are_there);
  tcase_add_loop_test(tc, the_schema_refuses, 0, (int)GM_LEN(wrong));
  tcase_add_loop_test(tc, files_keep_the_schema, 0, n_files);
  tcase_add_loop_test(tc, names_are_unique, 0, n_files);
  tcase_add_loop_test(tc, models_that_are_named_exist, 0, n_files);
  tcase_add_loop_test(tc, values_fit_each_other, 0, n_files);
  tcase_add_loop_test(tc, families_are_clear, 0, n_files);
  tcase_add_loop_test(tc, the_library_finds_them_all, 0, n_files);
  rc = unit_run("catalog_files", tc);
  for (i = 0; i < n_files; i++) {
    json_object_put(files[i].doc);
    gm_free(files[i].text);
  }
  return rc;
}
