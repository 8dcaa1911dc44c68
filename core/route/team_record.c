/* team_record.c - a team as parts of its records, and back.
 *
 * Each member is claimed like any other job, and waited for where another
 * process is about to let it go.  One that has ended is looked at. */
#include "base/clock.h"
#include "base/str.h"
#include "job/flight.h"
#include "route/bind.h"
#include "route/team.h"
#include <string.h>

#define CLAIM_AGAIN_MS 300

/* ---- writing ------------------------------------------------------------- */

static const char *const whys[] = { "first", "hedge", "part", "top-up" };

void gm_team_record(const struct gm_run *lead, struct gm_buf *b)
{
  const struct gm_team *team = lead->team;
  const struct gm_member *m;
  const char *comma = "";
  uint8_t i;

  gm_buf_addf(b, ",\"team\":{\"n\":%u", (unsigned)team->n);
  if (team->hedged)
    gm_buf_add(b, ",\"hedged\":true");
  if (team->winner)
    gm_buf_add_text(b, ",\"winner\":", team->winner->id);
  gm_buf_add(b, ",\"members\":[");
  GM_EACH_MEMBER(team, m)
  {
    gm_buf_add(b, comma);
    gm_buf_add_text(b, "{\"id\":", m->id);
    gm_buf_add_text(b, ",\"why\":", whys[m->why]);
    gm_buf_addf(b, ",\"first\":%u,\"n\":%u,\"links\":[", (unsigned)m->first,
                (unsigned)m->n);
    for (i = 0; i < m->n_places; i++)
      gm_buf_addf(b, i ? ",%u" : "%u", (unsigned)m->places[i]);
    gm_buf_addc(b, ']');
    if (m->topped_up)
      gm_buf_add(b, ",\"topped_up\":true");
    if (m->over && m->run && gm_run_maybe_charged(m->run))
      gm_buf_add(b, ",\"maybe_charged\":true");
    gm_buf_addc(b, '}');
    comma = ",";
  }
  gm_buf_add(b, "]}");
}

void gm_member_record(const struct gm_member *m, struct gm_buf *b)
{
  gm_buf_add_text(b, ",\"of\":{\"id\":", m->of);
  gm_buf_add_text(b, ",\"why\":", whys[m->why]);
  gm_buf_addf(b, ",\"first\":%u,\"n\":%u,\"total\":%u", (unsigned)m->first,
              (unsigned)m->n, (unsigned)m->total);
  if (m->lost)
    gm_buf_add(b, ",\"lost\":true");
  gm_buf_addc(b, '}');
}

/* ---- reading ------------------------------------------------------------- */

static uint8_t why_of(const char *text)
{
  uint8_t i = 0;

  while (i < GM_LEN(whys) - 1 && !gm_streq(whys[i], text))
    i++;
  return i;
}

struct gm_member *gm_member_read(const struct json_object *owner)
{
  const struct json_object *of = gm_json_at(owner, "of");
  const char *id = gm_json_str(of, "id", "");
  struct gm_member *m;

  if (!of || !gm_id_valid(id))
    return NULL;
  m = gm_member_new(NULL, why_of(gm_json_str(of, "why", NULL)),
                    (struct gm_share){ (uint32_t)gm_json_i64(of, "first", 1),
                                       (uint32_t)gm_json_i64(of, "n", 1) });
  if (!m)
    return NULL;
  memcpy(m->of, id, GM_ID_SIZE);
  m->total = (uint32_t)gm_json_i64(of, "total", 1);
  m->lost = gm_json_bool(of, "lost", false);
  return m;
}

void gm_run_part_of(const char *record, size_t len, char ret_id[GM_ID_SIZE])
{
  _cleanup_json_ struct json_object *o =
    gm_json_parse_once(record, len, NULL, NULL);
  const char *id = gm_json_str(o, "owner/of/id", "");

  ret_id[0] = '\0';
  if (gm_id_valid(id) && !gm_json_bool(o, "owner/of/lost", false))
    memcpy(ret_id, id, GM_ID_SIZE);
}

/* ---- taking up ----------------------------------------------------------- */

/* What it came to, to be looked at. */
static void see(struct gm_member *m)
{
  struct gm_member *read;

  m->over = true;
  gm_claim_give_back(&m->claim);
  if (gm_run_view_part(m->lead->router, gm_buf_text(&m->claim.text),
                       m->claim.text.len, &m->run, &m->err))
    return;
  read = m->run->member; /* its own idea of that */
  m->run->member = m;
  if (!read)
    return;
  m->lost = read->lost;
  read->run = NULL;
  gm_member_free(read);
}

/* Its lead was cancelled while it was being claimed. */
static void cancel(struct gm_member *m)
{
  struct gm_team *team = m->lead->team;

  team->busy = true;
  gm_job_cancel(&m->run->job);
  team->busy = false;
}

static void go_on(struct gm_member *m)
{
  struct gm_router *r = m->lead->router;
  const struct gm_restore how = { .member = m };
  const struct gm_team *team = m->lead->team;

  if (gm_run_restore(r, gm_buf_text(&m->claim.text), m->claim.text.len, &how,
                     &gm_member_ops, m, &m->run, &m->err)) {
    m->over = true;
    gm_claim_give_back(&m->claim);
    return;
  }
  gm_journal_adopt(r->engine->journal, m->id, &m->run->job.durable);
  gm_member_trace(m);
  m->run->job.is_part = true;
  /* The members of one request are few, and wait for each other. */
  gm_timer_start(r->engine->loop, &m->run->job.timer, gm_mono_ms());
  /* The end of that was not written. */
  m->lost |= gm_team_is_won(team) && team->winner != m;
  if (m->lost) /* and nobody knows whether its vendor has heard so */
    gm_member_lose(m);
  gm_hedge_arm(m->lead);
  if (team->cancelling)
    cancel(m);
}

static void begin_claim(struct gm_timer *t);

static void claim_in(struct gm_member *m, uint32_t ms)
{
  m->timer.fire = begin_claim;
  gm_timer_start(m->lead->router->engine->loop, &m->timer, gm_mono_ms() + ms);
}

/* It was named, and never begun: another one begins in its place. */
static void renew(struct gm_member *m)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  struct gm_run *lead = m->lead;
  struct gm_link links[GM_ASK_LINKS_MAX]; /* views */
  uint32_t i;

  if (lead->team->winner == m)
    lead->team->winner = NULL;
  for (i = 0; i < m->n_places; i++)
    links[i] = lead->links[m->places[i]];
  if (!lead->team->cancelling && !gm_team_is_won(lead->team) &&
      !gm_team_add(lead, m->why, links, m->n_places,
                   (struct gm_share){ m->first, m->n }, &err))
    gm_info(lead->router->engine->log,
            "job %s, a part of %s, does not begin: %s", m->id, lead->job.id,
            gm_error_text(&err));
  gm_member_free(m);
  gm_job_save(&lead->job, false);
}

/* A record that was removed after its time may have been that of something paid
 * for. */
static bool may_be_removed(const struct gm_run *lead)
{
  return gm_wall_ms() >= lead->began_wall_ms + GM_JOURNAL_PART_MS;
}

static void miss(struct gm_member *m)
{
  if (!may_be_removed(m->lead)) {
    renew(m);
    return;
  }
  m->over = true;
  gm_fail(&m->err, GAMUT_E_NOT_FOUND,
          "job %s, a part of it, has no record any more", m->id);
}

/* With none left the request begins as if it were new, and says why it does
 * not.
 */
static void look(struct gm_run *lead)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;

  if (!gm_list_empty(&lead->team->members) || lead->team->cancelling) {
    gm_team_look(lead);
    return;
  }
  if (gm_team_begin(lead, &err) == 0)
    return;
  gm_error_move(&lead->err, &err);
  gm_run_end(lead, true);
}

/* Its lead was let go meanwhile. */
static void not_wanted(struct gm_member *m, int32_t error_class)
{
  if (error_class == 0)
    gm_claim_give_back(&m->claim);
  gm_claim_finish(&m->claim);
  gm_member_free(m);
}

static void take(struct gm_member *m, int32_t error_class)
{
  if (error_class)
    gm_fail(&m->err, error_class, "its record %s",
            error_class == GAMUT_E_PROTOCOL ? "is damaged" : "cannot be read");
  else if (m->claim.ended)
    see(m);
  else
    go_on(m);
  m->over |= m->err.error_class != 0;
}

static void claimed(struct gm_claim *c, int32_t error_class)
{
  struct gm_member *m = GM_CONTAINER(c, struct gm_member, claim);
  struct gm_run *lead = m->lead;

  m->claiming = false;
  if (!lead) {
    not_wanted(m, error_class);
    return;
  }
  if (error_class == GAMUT_E_RATE) {
    gm_claim_finish(c);
    claim_in(m, CLAIM_AGAIN_MS);
    return;
  }
  if (error_class != GAMUT_E_NOT_FOUND)
    take(m, error_class);
  gm_claim_finish(c);
  if (error_class == GAMUT_E_NOT_FOUND)
    miss(m);
  else if (m->err.error_class) { /* as it was, until that is put right */
    lead->team->let_go = true;
    gm_team_detach(lead);
    return;
  }
  look(lead);
}

static void begin_claim(struct gm_timer *t)
{
  struct gm_member *m = GM_CONTAINER(t, struct gm_member, timer);
  struct gm_router *r = m->lead->router;

  gm_job_stand_by(&m->lead->job);
  memset(&m->claim, 0, sizeof(m->claim));
  memcpy(m->claim.id, m->id, GM_ID_SIZE);
  m->claim.done = claimed;
  m->claiming = true;
  gm_claim_begin(&m->claim, r->engine->journal, r->store);
}

void gm_team_let_claims_go(struct gm_run *lead)
{
  struct gm_list *l = lead->team->members.next, *next;

  for (; l != &lead->team->members; l = next) {
    struct gm_member *m = GM_CONTAINER(l, struct gm_member, link);

    next = l->next;
    if (m->run || m->over)
      continue;
    lead->team->let_go = true;
    gm_timer_stop(lead->router->engine->loop, &m->timer);
    if (!m->claiming)
      m->over = true;
    else /* it finds nobody who wants it, and frees itself */
      gm_member_leave_team(m);
  }
}

static void read_places(struct gm_member *m, const struct gm_run *lead,
                        const struct json_object *list)
{
  size_t i, n = GM_MIN(gm_json_count(list, NULL), GM_LEN(m->places));

  for (i = 0; i < n; i++) {
    int64_t at = json_object_get_int64(json_object_array_get_idx(list, i));

    if (at >= 0 && at < lead->n_links)
      m->places[m->n_places++] = (uint8_t)at;
  }
}

static bool read_members(struct gm_run *lead, const struct json_object *list)
{
  size_t i, n = gm_json_count(list, NULL);

  for (i = 0; i < n; i++) {
    const struct json_object *o = json_object_array_get_idx(list, i);
    const char *id = gm_json_str(o, "id", "");
    struct gm_member *m;

    if (!gm_id_valid(id))
      continue;
    m = gm_member_new(lead, why_of(gm_json_str(o, "why", NULL)),
                      (struct gm_share){ (uint32_t)gm_json_i64(o, "first", 1),
                                         (uint32_t)gm_json_i64(o, "n", 1) });
    if (!m)
      return false;
    memcpy(m->id, id, GM_ID_SIZE);
    m->topped_up = gm_json_bool(o, "topped_up", false);
    read_places(m, lead, gm_json_at(o, "links"));
    gm_list_append(&lead->team->members, &m->link);
  }
  return true;
}

static struct gm_member *find(const struct gm_team *team, const char *id)
{
  struct gm_member *m;

  GM_EACH_MEMBER(team, m)
  {
    if (gm_streq(m->id, id))
      return m;
  }
  return NULL;
}

static bool is_known(const struct gm_member *m)
{
  const struct gm_run *run = m ? m->run : NULL;

  return run && (run->job.accepted ||
                 !(gm_job_in_doubt(&run->job) || gm_run_maybe_charged(run)));
}

bool gm_team_knows_more(const struct gm_run *lead,
                        const struct json_object *other)
{
  const struct json_object *list = gm_json_at(other, "members");
  size_t i, n = gm_json_count(list, NULL), doubtful = 0;

  for (i = 0; i < n; i++) {
    const struct json_object *o = json_object_array_get_idx(list, i);
    const struct gm_member *m = find(lead->team, gm_json_str(o, "id", NULL));

    if (!gm_json_bool(o, "maybe_charged", false))
      continue;
    if (is_known(m))
      return true;
    doubtful++;
  }
  return doubtful == 0;
}

int32_t gm_team_restore(struct gm_run *lead, const struct json_object *o,
                        struct gm_error *err)
{
  struct gm_team *team = gm_zalloc(sizeof(*team));
  struct gm_member *m;

  if (!team)
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
  lead->team = team;
  gm_list_init(&team->members);
  team->n = (uint32_t)gm_json_i64(o, "n", 1);
  team->hedged = gm_json_bool(o, "hedged", false);
  if (!read_members(lead, gm_json_at(o, "members")))
    return gm_fail(err, GAMUT_E_NOMEM, "no memory for a job");
  team->winner = find(team, gm_json_str(o, "winner", NULL));
  gm_id_new(lead->job.attempt_id);
  lead->job.began_ms = gm_mono_ms();
  if (gm_list_empty(&team->members))
    return gm_fail(err, GAMUT_E_PROTOCOL, "the record of job %s is broken",
                   lead->job.id);
  GM_EACH_MEMBER(team, m)
  claim_in(m, 0);
  return 0;
}
