/* test_schema.c - a value against a schema. */
#include "base/str.h"
#include "route/schema.h"
#include "unit.h"
#include <gamut/plugin.h>

static struct json_object *parse(const char *text)
{
  const char *why = NULL;
  size_t offset;
  struct json_object *o = gm_json_parse_once(text, strlen(text), &offset, &why);

  ck_assert_msg(o || !why, "%s: %s at %zu", text, why, offset);
  return o;
}

#define MODEL                                                                  \
  "{'type':'object','required':['id'],'additionalProperties':false,"           \
  "'properties':{'id':{'type':'string','minLength':1},"                        \
  "'n':{'$ref':'#/$defs/range'},'price':{'type':'array','items':"              \
  "{'type':'object','properties':{'usd':{'type':'number','minimum':0}}}}},"    \
  "'$defs':{'range':{'type':'object','additionalProperties':"                  \
  "{'type':'integer'}}}}"

static const struct {
  const char *schema, *value; /* with ' for " */
  int32_t rc;
  const char *says; /* the whole sentence */
} rows[] = {
  { "{}", "7", 0, "" },
  { "{'type':'number'}", "7", 0, "" },
  { "{'type':'number'}", "7.5", 0, "" },
  { "{'type':'integer'}", "7.0", 0, "" },
  { "{'type':'integer'}", "7.5", -1, "'7.5' is not a whole number" },
  { "{'type':'string'}", "null", -1, "'null' is not text" },
  { "{'type':'null'}", "null", 0, "" },
  { "{'type':'boolean'}", "0", -1, "'0' is not true or false" },
  { "{'type':'array'}", "{}", -1, "'{}' is not a list" },
  { "{'type':'colour'}", "1", -15, "the schema has a type 'colour'" },
  { "{'enum':['a','b',3]}", "3", 0, "" },
  { "{'enum':['a','b',3]}", "'c'", -1, "'c' is none of a, b, 3" },
  { "{'minimum':1,'maximum':2}", "1", 0, "" },
  { "{'minimum':1,'maximum':2}", "0.5", -1, "'0.5' is below 1" },
  { "{'minimum':1,'maximum':2}", "2.5", -1, "'2.5' is above 2" },
  { "{'minimum':1}", "'text'", 0, "" },
  { "{'minLength':1}", "''", -1, "the text is empty" },
  { "{'minLength':3}", "'\xc3\xa4\xc3\xb6'", -1,
    "the text is shorter than 3 characters" },
  { "{'minItems':1}", "[]", -1, "the list has fewer than 1" },
  { "{'pattern':'^[0-9]+x[0-9]+$'}", "'10x20'", 0, "" },
  { "{'pattern':'^[0-9]+x[0-9]+$'}", "'10x'", -1,
    "'10x' is not of the form ^[0-9]+x[0-9]+$" },
  { "{'pattern':'['}", "'x'", -15, "the schema's pattern '[' is not usable" },
  { "{'pattern':'a'}", "'a\\u0000b'", -1,
    "'\"a\\u0000b\"' is not of the form a" },
  { "{'items':{'type':'string'}}", "['a',1]", -1, "1: '1' is not text" },
  { "{'items':{'type':'string'}}", "['a','b']", 0, "" },
  { "{'oneOf':[{'type':'boolean'},{'type':'object','required':['a']}]}", "true",
    0, "" },
  { "{'oneOf':[{'type':'boolean'},{'type':'object','required':['a']}]}", "{}",
    -1, "'a' is missing" },
  { "{'oneOf':[{'type':'boolean'},{'type':'object','required':['a']}]}", "7",
    -1, "'7' has none of the allowed forms" },
  { "{'oneOf':[{'type':'number'},{'type':'integer'}]}", "7", -1,
    "'7' has more than one of the allowed forms" },
  { "{'oneOf':[{'type':'colour'}]}", "7", -1,
    "'7' has none of the allowed forms" },
  { "{'oneOf':[{'minimum':8},{'maximum':6}]}", "7", -1,
    "'7' has none of the allowed forms" },
  { "{'oneOf':[{'minimum':8},{'maximum':6}]}", "5", 0, "" },
  { "{'oneOf':[{'maxLength':1},{'type':'number'}]}", "7", -15,
    "the schema of its forms is not usable" },
  { "{'maxLength':3}", "7", -15,
    "the schema uses 'maxLength', which is not known here" },
  { "{'$ref':'#/$defs/x'}", "7", -15,
    "the schema refers to '#/$defs/x', which it does not have" },
  { "{'$ref':'#/$defs/x','$defs':{'x':{'$ref':'#/$defs/x'}}}", "7", -15,
    "the schema leads nowhere" },
  { "{'items':7}", "[1]", -15, "0: the schema is not an object" },
  { MODEL, "{'id':'x','n':{'min':1},'price':[{'usd':1}]}", 0, "" },
  { MODEL, "{'n':{}}", -1, "'id' is missing" },
  { MODEL, "{'id':''}", -1, "id: the text is empty" },
  { MODEL, "{'id':'x','n':{'min':'1'}}", -1,
    "n/min: '1' is not a whole number" },
  { MODEL, "{'id':'x','price':[{'usd':1},{'usd':'free'}]}", -1,
    "price/1/usd: 'free' is not a number" },
  { MODEL, "{'id':'x','prize':[]}", -1,
    "unknown member 'prize', did you mean 'price'?" },
  { MODEL, "{'id':'x','colour':[]}", -1, "unknown member 'colour'" },
  { "{'additionalProperties':false}", "{'a':1}", -1, "unknown member 'a'" },
};

/* ' to " */
static void quotes(const char *text, char *out, size_t size)
{
  size_t i;

  ck_assert_uint_lt(strlen(text), size);
  for (i = 0; text[i]; i++)
    out[i] = text[i] == '\'' ? '"' : text[i];
  out[i] = '\0';
}

START_TEST(values_are_checked)
{
  struct gm_error err = GM_ERROR_INIT;
  struct json_object *schema, *value;
  char text[1024];
  int32_t rc;

  quotes(rows[_i].schema, text, sizeof(text));
  schema = parse(text);
  quotes(rows[_i].value, text, sizeof(text));
  value = parse(text);
  rc = gm_schema_check(schema, value, &err);
  ck_assert_msg(rc == rows[_i].rc, "%s %s: %d %s", rows[_i].schema,
                rows[_i].value, rc, gm_error_text(&err));
  ck_assert_int_eq(err.error_class, rc);
  ck_assert_str_eq(gm_error_text(&err), rows[_i].says);
  gm_error_finish(&err);
  ck_assert_int_eq(gm_schema_check(schema, value, NULL), rc);
  json_object_put(schema);
  json_object_put(value);
}
END_TEST

/* Deep places and long values stay within the sentence. */
START_TEST(long_things_are_cut)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_buf text = GM_BUF_INIT(8192);
  struct json_object *schema, *value;
  int i;

  for (i = 0; i < 40; i++)
    gm_buf_add(&text, "{\"a-rather-long-name-of-a-member\":");
  gm_buf_addc(&text, '"');
  for (i = 0; i < 300; i++)
    gm_buf_add(&text, "\xc3\xa4");
  gm_buf_addc(&text, '"');
  for (i = 0; i < 40; i++)
    gm_buf_addc(&text, '}');
  value = parse(gm_buf_text(&text));
  gm_buf_finish(&text);
  schema = parse("{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"oneOf\":["
                 "{\"type\":\"number\"},{\"type\":\"object\","
                 "\"additionalProperties\":{\"$ref\":\"#/$defs/x\"}}]}}}");
  ck_assert_int_eq(gm_schema_check(schema, value, &err), GAMUT_E_INVALID);
  ck_assert_uint_lt(strlen(gm_error_text(&err)), 700);
  ck_assert(gm_utf8_valid(err.message, strlen(err.message)));
  gm_error_finish(&err);
  json_object_put(schema);
  json_object_put(value);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("schema");

  tcase_add_loop_test(tc, values_are_checked, 0, (int)GM_LEN(rows));
  tcase_add_test(tc, long_things_are_cut);
  return unit_run("schema", tc);
}
