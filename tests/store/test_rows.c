/* test_rows.c - what every store does, by one table of cases for all of them:
 * conditions, changes, transactions, time. */
#include "kit.h"
#include "unit/scratch.h"

#define NOT_MET GAMUT_STORE_NOT_MET
#define BODY(s) .body = (s), .body_len = sizeof(s) - 1

static struct kit kit;
static uint64_t first_version;

/* ---- one operation after another, on one row ----------------------------- */

struct step {
  struct gamut_store_op op; /* on the row t/k */
  int32_t outcome;
  const char *body; /* afterwards; NULL: there is no row */
  int64_t number;   /* numbers[0] */
};

static const struct {
  const char *name;
  struct step steps[5];
} cases[] = {
  { "a body is written and replaced",
    { { { .changes = GAMUT_SET_BODY, BODY("one") }, 0, "one", 0 },
      { { .changes = GAMUT_SET_BODY, BODY("") }, 0, "", 0 },
      { { .changes = GAMUT_SET_BODY, BODY("three") }, 0, "three", 0 } } },
  { "a row is removed, also when it is not there",
    { { { .changes = GAMUT_REMOVE }, 0, NULL, 0 },
      { { .changes = GAMUT_SET_BODY, BODY("x") }, 0, "x", 0 },
      { { .changes = GAMUT_REMOVE }, 0, NULL, 0 },
      { { .changes = GAMUT_REMOVE, .conditions = GAMUT_IF_PRESENT },
        NOT_MET,
        NULL,
        0 } } },
  { "if absent",
    { { { .conditions = GAMUT_IF_ABSENT, .changes = GAMUT_SET_BODY, BODY("1") },
        0,
        "1",
        0 },
      { { .conditions = GAMUT_IF_ABSENT, .changes = GAMUT_SET_BODY, BODY("2") },
        NOT_MET,
        "1",
        0 },
      { { .changes = GAMUT_REMOVE }, 0, NULL, 0 },
      { { .conditions = GAMUT_IF_ABSENT, .changes = GAMUT_SET_BODY, BODY("3") },
        0,
        "3",
        0 } } },
  { "if present",
    { { { .conditions = GAMUT_IF_PRESENT,
          .changes = GAMUT_SET_BODY,
          BODY("1") },
        NOT_MET,
        NULL,
        0 },
      { { .changes = GAMUT_SET_BODY, BODY("1") }, 0, "1", 0 },
      { { .conditions = GAMUT_IF_PRESENT,
          .changes = GAMUT_SET_BODY,
          BODY("2") },
        0,
        "2",
        0 } } },
  { "numbers are set and added to",
    { { { .changes = GAMUT_ADD_NUMBERS, .numbers = { 5 } }, 0, "", 5 },
      { { .changes = GAMUT_ADD_NUMBERS, .numbers = { -7 } }, 0, "", -2 },
      { { .changes = GAMUT_SET_NUMBERS, .numbers = { 100 } }, 0, "", 100 },
      { { .changes = GAMUT_SET_NUMBERS | GAMUT_ADD_NUMBERS, .numbers = { 4 } },
        0,
        "",
        8 } } },
  { "numbers stop at their ends",
    { { { .changes = GAMUT_SET_NUMBERS, .numbers = { INT64_MAX - 1 } },
        0,
        "",
        INT64_MAX - 1 },
      { { .changes = GAMUT_ADD_NUMBERS, .numbers = { 5 } }, 0, "", INT64_MAX },
      { { .changes = GAMUT_SET_NUMBERS, .numbers = { INT64_MIN } },
        0,
        "",
        INT64_MIN },
      { { .changes = GAMUT_ADD_NUMBERS, .numbers = { -1 } },
        0,
        "",
        INT64_MIN } } },
  { "if max: up to it, and not a step further",
    { { { .conditions = GAMUT_IF_MAX,
          .max = 10,
          .changes = GAMUT_ADD_NUMBERS,
          .numbers = { 11 } },
        NOT_MET,
        NULL,
        0 },
      { { .conditions = GAMUT_IF_MAX,
          .max = 10,
          .changes = GAMUT_ADD_NUMBERS,
          .numbers = { 6 } },
        0,
        "",
        6 },
      { { .conditions = GAMUT_IF_MAX,
          .max = 10,
          .changes = GAMUT_ADD_NUMBERS,
          .numbers = { 5 } },
        NOT_MET,
        "",
        6 },
      { { .conditions = GAMUT_IF_MAX,
          .max = 10,
          .changes = GAMUT_ADD_NUMBERS,
          .numbers = { 4 } },
        0,
        "",
        10 },
      { { .conditions = GAMUT_IF_MAX, .max = 9 }, NOT_MET, "", 10 } } },
  { "a change leaves what it does not name",
    { { { .changes = GAMUT_SET_BODY | GAMUT_SET_NUMBERS,
          BODY("x"),
          .numbers = { 3 } },
        0,
        "x",
        3 },
      { { .changes = GAMUT_SET_BODY, BODY("y"), .numbers = { 9 } }, 0, "y", 3 },
      { { .changes = GAMUT_ADD_NUMBERS, BODY("z"), .numbers = { 1 } },
        0,
        "y",
        4 },
      { { .changes = GAMUT_SET_RANK, .rank = 1 }, 0, "y", 4 } } },
  { "conditions alone change nothing",
    { { { .conditions = GAMUT_IF_ABSENT }, 0, NULL, 0 },
      { { .conditions = GAMUT_IF_PRESENT }, NOT_MET, NULL, 0 } } },
  { "all conditions must hold",
    { { { .changes = GAMUT_SET_NUMBERS, .numbers = { 1 } }, 0, "", 1 },
      { { .conditions = GAMUT_IF_PRESENT | GAMUT_IF_MAX,
          .max = 0,
          .changes = GAMUT_SET_BODY,
          BODY("x") },
        NOT_MET,
        "",
        1 },
      { { .conditions = GAMUT_IF_PRESENT | GAMUT_IF_MAX,
          .max = 1,
          .changes = GAMUT_SET_BODY,
          BODY("x") },
        0,
        "x",
        1 } } },
  { "if mine: nobody's is not mine",
    { { { .conditions = GAMUT_IF_MINE,
          .owner = "me",
          .changes = GAMUT_SET_BODY,
          BODY("0") },
        NOT_MET,
        NULL,
        0 },
      { { .changes = GAMUT_SET_BODY, BODY("1") }, 0, "1", 0 },
      { { .conditions = GAMUT_IF_MINE,
          .owner = "me",
          .changes = GAMUT_SET_BODY,
          BODY("2") },
        NOT_MET,
        "1",
        0 },
      { { .owner = "me", .changes = GAMUT_SET_OWNER }, 0, "1", 0 },
      { { .conditions = GAMUT_IF_MINE,
          .owner = "me",
          .changes = GAMUT_SET_BODY,
          BODY("3") },
        0,
        "3",
        0 } } },
  { "if mine: not after another took it",
    { { { .owner = "me", .changes = GAMUT_SET_OWNER }, 0, "", 0 },
      { { .owner = "you", .changes = GAMUT_SET_OWNER }, 0, "", 0 },
      { { .conditions = GAMUT_IF_MINE, .owner = "me", .changes = GAMUT_REMOVE },
        NOT_MET,
        "",
        0 },
      { { .conditions = GAMUT_IF_MINE,
          .owner = "you",
          .changes = GAMUT_CLEAR_OWNER },
        0,
        "",
        0 },
      { { .conditions = GAMUT_IF_MINE, .owner = "you" }, NOT_MET, "", 0 } } },
  { "if free: nobody's, mine, or of one who is gone",
    { { { .conditions = GAMUT_IF_FREE,
          .owner = "me",
          .changes = GAMUT_SET_OWNER },
        0,
        "",
        0 },
      { { .conditions = GAMUT_IF_FREE,
          .owner = "me",
          .changes = GAMUT_SET_BODY,
          BODY("1") },
        0,
        "1",
        0 },
      { { .conditions = GAMUT_IF_FREE,
          .owner = "you",
          .changes = GAMUT_SET_OWNER },
        0,
        "1",
        0 } } },
  { "if free: not of a good owner",
    { { { .owner = "good", .changes = GAMUT_SET_OWNER }, 0, "", 0 },
      { { .conditions = GAMUT_IF_FREE,
          .owner = "me",
          .changes = GAMUT_SET_OWNER },
        NOT_MET,
        "",
        0 },
      { { .conditions = GAMUT_IF_FREE,
          .owner = "good",
          .changes = GAMUT_SET_BODY,
          BODY("x") },
        0,
        "x",
        0 },
      { { .conditions = GAMUT_IF_FREE }, NOT_MET, "x", 0 },
      { { .conditions = GAMUT_IF_MINE,
          .owner = "good",
          .changes = GAMUT_REMOVE },
        0,
        NULL,
        0 } } },
  { "what is over at once is not there",
    { { { .changes = GAMUT_SET_BODY | GAMUT_SET_TTL, .ttl_ms = 0, BODY("x") },
        0,
        NULL,
        0 },
      { { .conditions = GAMUT_IF_PRESENT }, NOT_MET, NULL, 0 },
      { { .conditions = GAMUT_IF_ABSENT,
          .changes = GAMUT_ADD_NUMBERS,
          .numbers = { 2 } },
        0,
        "",
        2 },
      { { .changes = GAMUT_SET_TTL, .ttl_ms = 60000 }, 0, "", 2 },
      { { .changes = GAMUT_SET_TTL, .ttl_ms = -1 }, 0, "", 2 } } },
  { "a row begun anew has nothing of the old one",
    { { { .changes = GAMUT_SET_BODY | GAMUT_SET_NUMBERS | GAMUT_SET_OWNER,
          BODY("x"),
          .numbers = { 9 },
          .owner = "me" },
        0,
        "x",
        9 },
      { { .changes = GAMUT_SET_TTL, .ttl_ms = 0 }, 0, NULL, 0 },
      { { .changes = GAMUT_ADD_NUMBERS, .numbers = { 1 } }, 0, "", 1 },
      { { .conditions = GAMUT_IF_MINE, .owner = "me" }, NOT_MET, "", 1 } } },
};

static void open_kind(int kind)
{
  struct kit_row row;

  kit_open(&kit, kind, NULL);
  kit_owner(&kit, "good", 3600000);
  ck_assert(kit_get(&kit, GAMUT_STORE_OWNERS, "good", &row));
}

static void check_step(const char *name, int i, const struct step *step)
{
  struct gamut_store_op op = step->op;
  struct kit_row row = { 0 };
  int32_t outcome;
  bool there;

  op.table = "t";
  op.key = "k";
  outcome = kit_run(&kit, &op, 1);
  ck_assert_msg(outcome == step->outcome, "%s, step %d: outcome %d", name, i,
                outcome);
  there = kit_get(&kit, "t", "k", &row);
  ck_assert_msg(there == (step->body != NULL), "%s, step %d: %s", name, i,
                there ? "there" : "not there");
  if (!there)
    return;
  ck_assert_msg(strcmp(row.body, step->body) == 0 &&
                  row.body_len == strlen(step->body),
                "%s, step %d: '%s'", name, i, row.body);
  ck_assert_msg(row.numbers[0] == step->number, "%s, step %d: %lld", name, i,
                (long long)row.numbers[0]);
}

START_TEST(one_row)
{
  size_t c = (size_t)_i % GM_LEN(cases);
  int i;

  open_kind(_i / (int)GM_LEN(cases));
  for (i = 0; i < 5; i++) {
    const struct step *step = &cases[c].steps[i];

    if (!step->op.changes && !step->op.conditions)
      break;
    check_step(cases[c].name, i, step);
  }
  ck_assert_int_gt(i, 0);
  kit_close(&kit);
}
END_TEST

/* ---- whole transactions -------------------------------------------------- */

START_TEST(all_or_nothing)
{
  struct gamut_store_op ops[4] = { kit_put("t", "a", "1"),
                                   kit_put("t", "b", "2"),
                                   { .table = "t",
                                     .key = "n",
                                     .conditions = GAMUT_IF_MAX,
                                     .changes = GAMUT_ADD_NUMBERS,
                                     .numbers = { 3 },
                                     .max = 5 },
                                   kit_put("t", "c", "3") };
  struct gamut_store_query all = { .struct_size = sizeof(all), .table = "t" };
  struct kit_row row;

  open_kind(_i);
  ck_assert_int_eq(kit_run(&kit, ops, 4), 0);
  ops[0] = kit_put("t", "a", "changed");
  ops[1] = (struct gamut_store_op){ .table = "t",
                                    .key = "b",
                                    .changes = GAMUT_REMOVE };
  ops[3] = kit_put("t", "d", "new");
  ck_assert_int_eq(kit_run(&kit, ops, 4), NOT_MET);
  ck_assert_str_eq(kit_keys(&kit, &all), "a b c n");
  ck_assert(kit_get(&kit, "t", "a", &row));
  ck_assert_str_eq(row.body, "1");
  ck_assert(kit_get(&kit, "t", "n", &row));
  ck_assert_int_eq(row.numbers[0], 3);
  kit_close(&kit);
}
END_TEST

/* The same row several times, and a condition that sees what came before. */
START_TEST(operations_see_those_before)
{
  struct gamut_store_op ops[5] = {
    kit_put("t", "a", "1"),
    { .table = "t", .key = "a", .changes = GAMUT_REMOVE },
    { .table = "t",
      .key = "a",
      .conditions = GAMUT_IF_ABSENT,
      .changes = GAMUT_ADD_NUMBERS,
      .numbers = { 1 } },
    { .table = "t",
      .key = "a",
      .conditions = GAMUT_IF_PRESENT,
      .changes = GAMUT_ADD_NUMBERS,
      .numbers = { 1 } },
    { .table = "t", .key = "a", .conditions = GAMUT_IF_MAX, .max = 2 },
  };
  struct kit_row row;

  open_kind(_i);
  ck_assert_int_eq(kit_run(&kit, ops, 5), 0);
  ck_assert(kit_get(&kit, "t", "a", &row));
  ck_assert_int_eq(row.numbers[0], 2);
  ck_assert_str_eq(row.body, "");
  ops[4].max = 1;
  ck_assert_int_eq(kit_run(&kit, ops, 5), NOT_MET);
  ck_assert(kit_get(&kit, "t", "a", &row));
  ck_assert_int_eq(row.numbers[0], 2);
  kit_close(&kit);
}
END_TEST

/* Each transaction of a commit for itself, in their order. */
START_TEST(one_commit_of_many)
{
  enum { N = 500 };
  static struct gamut_store_tx txs[N];
  static struct gamut_store_tx *list[N];
  struct gamut_store_op op = { .table = "t",
                               .key = "n",
                               .conditions = GAMUT_IF_MAX,
                               .changes = GAMUT_ADD_NUMBERS,
                               .numbers = { 1, 2, 3, 4, 5, 6, 7, 8 },
                               .max = N / 2 };
  struct kit_row row;
  int i;

  open_kind(_i);
  for (i = 0; i < N; i++) {
    txs[i] = (struct gamut_store_tx){ .struct_size = sizeof(txs[i]),
                                      .flags = i % 2 ? GAMUT_TX_LOOSE : 0,
                                      .ops = { &op, 1, sizeof(op) } };
    list[i] = &txs[i];
  }
  ck_assert_int_eq(kit.type->commit(kit.store, list, N, kit.message), 0);
  for (i = 0; i < N; i++) {
    ck_assert_int_eq(txs[i].outcome, i < N / 2 ? 0 : NOT_MET);
    ck_assert_uint_eq(txs[i].failed, 0);
  }
  ck_assert(kit_get(&kit, "t", "n", &row));
  for (i = 0; i < GAMUT_STORE_NUMBERS; i++)
    ck_assert_int_eq(row.numbers[i], (i + 1) * N / 2);
  kit_close(&kit);
}
END_TEST

START_TEST(which_one_failed)
{
  struct gamut_store_op ops[3] = {
    kit_put("t", "a", "1"),
    { .table = "t", .key = "b", .conditions = GAMUT_IF_ABSENT },
    { .table = "t", .key = "b", .conditions = GAMUT_IF_PRESENT },
  };
  struct gamut_store_tx tx = { .struct_size = sizeof(tx),
                               .ops = { ops, 3, sizeof(ops[0]) } };
  struct gamut_store_tx *const txs[] = { &tx };

  open_kind(_i);
  ck_assert_int_eq(kit.type->commit(kit.store, txs, 1, kit.message), 0);
  ck_assert_int_eq(tx.outcome, NOT_MET);
  ck_assert_uint_eq(tx.failed, 2);
  ck_assert_int_eq(kit.type->commit(kit.store, txs, 0, kit.message), 0);
  kit_close(&kit);
}
END_TEST

/* A newer host asks for what this store has never heard of. */
START_TEST(unknown_bits)
{
  struct gamut_store_op op = kit_put("t", "a", "1");
  struct kit_row row;
  int32_t outcome = 0;

  open_kind(_i);
  op.conditions = 1u << 20;
  ck_assert_int_eq(kit_try(&kit, &op, 1, &outcome), GAMUT_E_UNSUPPORTED);
  op.conditions = 0;
  op.changes |= 1u << 20;
  ck_assert_int_eq(kit_try(&kit, &op, 1, &outcome), GAMUT_E_UNSUPPORTED);
  ck_assert(!kit_get(&kit, "t", "a", &row));
  op.changes = GAMUT_SET_BODY;
  ck_assert_int_eq(kit_run(&kit, &op, 1), 0);
  kit_close(&kit);
}
END_TEST

/* ---- versions ------------------------------------------------------------ */

START_TEST(versions)
{
  struct gamut_store_op op = kit_put("t", "a", "1");
  struct kit_row row, next;

  open_kind(_i);
  ck_assert_int_eq(kit_run(&kit, &op, 1), 0);
  ck_assert(kit_get(&kit, "t", "a", &row));
  first_version = row.version;
  op.conditions = GAMUT_IF_VERSION;
  op.version = row.version;
  ck_assert_int_eq(kit_run(&kit, &op, 1), 0);
  ck_assert_int_eq(kit_run(&kit, &op, 1), NOT_MET);
  ck_assert(kit_get(&kit, "t", "a", &next));
  ck_assert_uint_ne(next.version, first_version);
  /* Removed and made again it never has one of before. */
  op = (struct gamut_store_op){ .table = "t",
                                .key = "a",
                                .changes = GAMUT_REMOVE };
  ck_assert_int_eq(kit_run(&kit, &op, 1), 0);
  op = kit_put("t", "a", "1");
  ck_assert_int_eq(kit_run(&kit, &op, 1), 0);
  ck_assert(kit_get(&kit, "t", "a", &row));
  ck_assert_uint_ne(row.version, first_version);
  ck_assert_uint_ne(row.version, next.version);
  kit_close(&kit);
}
END_TEST

/* ---- time ---------------------------------------------------------------- */

START_TEST(rows_expire)
{
  struct gamut_store_op op = kit_put("t", "a", "1");
  struct gamut_store_query all = { .struct_size = sizeof(all), .table = "t" };
  struct kit_row row;

  open_kind(_i);
  op.changes |= GAMUT_SET_TTL;
  op.ttl_ms = 60;
  ck_assert_int_eq(kit_run(&kit, &op, 1), 0);
  op.key = "b";
  op.ttl_ms = 60000;
  ck_assert_int_eq(kit_run(&kit, &op, 1), 0);
  ck_assert(kit_get(&kit, "t", "b", &row));
  ck_assert_int_gt(row.ttl_ms, 50000);
  ck_assert_int_le(row.ttl_ms, 60000);
  kit_sleep(90);
  ck_assert(!kit_get(&kit, "t", "a", &row));
  ck_assert_str_eq(kit_keys(&kit, &all), "b");
  kit_close(&kit);
}
END_TEST

START_TEST(owners_expire)
{
  struct gamut_store_op take = { .table = "t",
                                 .key = "a",
                                 .conditions = GAMUT_IF_FREE,
                                 .changes = GAMUT_SET_OWNER,
                                 .owner = "short" };
  struct kit_row row;

  open_kind(_i);
  kit_owner(&kit, "short", 80);
  ck_assert_int_eq(kit_run(&kit, &take, 1), 0);
  take.owner = "good";
  ck_assert_int_eq(kit_run(&kit, &take, 1), NOT_MET);
  ck_assert(kit_get(&kit, "t", "a", &row));
  ck_assert_str_eq(row.owner, "short");
  ck_assert_int_gt(row.owner_ttl_ms, 0);
  ck_assert_int_le(row.owner_ttl_ms, 80);
  kit_sleep(110);
  ck_assert(kit_get(&kit, "t", "a", &row));
  ck_assert_int_eq(row.owner_ttl_ms, 0);
  ck_assert_str_eq(row.owner, "short"); /* still his, if nobody takes it */
  take.owner = "short";
  take.conditions = GAMUT_IF_MINE;
  ck_assert_int_eq(kit_run(&kit, &take, 1), 0);
  take.owner = "good";
  take.conditions = GAMUT_IF_FREE;
  ck_assert_int_eq(kit_run(&kit, &take, 1), 0);
  /* He comes back: too late. */
  kit_owner(&kit, "short", 60000);
  take.owner = "short";
  ck_assert_int_eq(kit_run(&kit, &take, 1), NOT_MET);
  take.conditions = GAMUT_IF_MINE;
  ck_assert_int_eq(kit_run(&kit, &take, 1), NOT_MET);
  kit_close(&kit);
}
END_TEST

START_TEST(clock_tells_the_year)
{
  int64_t now;

  open_kind(_i);
  now = kit.type->now(kit.store);
  ck_assert_int_gt(now, INT64_C(1700000000000));
  ck_assert_int_lt(now, INT64_C(99999999999999));
  kit_close(&kit);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("rows");
  int kinds = kit_sqlite() ? KIT_KINDS : 1;

  tcase_add_loop_test(tc, one_row, 0, kinds * (int)GM_LEN(cases));
  tcase_add_loop_test(tc, all_or_nothing, 0, kinds);
  tcase_add_loop_test(tc, operations_see_those_before, 0, kinds);
  tcase_add_loop_test(tc, one_commit_of_many, 0, kinds);
  tcase_add_loop_test(tc, which_one_failed, 0, kinds);
  tcase_add_loop_test(tc, unknown_bits, 0, kinds);
  tcase_add_loop_test(tc, versions, 0, kinds);
  tcase_add_loop_test(tc, rows_expire, 0, kinds);
  tcase_add_loop_test(tc, owners_expire, 0, kinds);
  tcase_add_loop_test(tc, clock_tells_the_year, 0, kinds);
  return unit_run("rows", tc);
}
