/* spread.c - n over several links: parts of it, and what is still missing. */
#include "route/bind.h"
#include "route/team.h"
#include <string.h>

/* The links that take a part, by their places in the lead's route. */
struct parts {
  uint32_t link[GM_ASK_LINKS_MAX], n;
};

/* As even as it goes; the first ones get what is left over. */
static uint32_t share(uint32_t n, uint32_t parts, uint32_t i)
{
  return n / parts + (i < n % parts);
}

/* Link `first` of the parts, then the others in their order, so that a part
 * which fails goes on there.  Views. */
static void turn_links(const struct gm_run *lead, const struct parts *p,
                       uint32_t first, struct gm_link *ret)
{
  uint32_t i;

  for (i = 0; i < p->n; i++)
    ret[i] = lead->links[p->link[(first + i) % p->n]];
}

static void drop(struct gm_member **all, uint32_t n)
{
  while (n-- > 0)
    gm_member_free(all[n]);
}

static void warn_of(const struct gm_run *lead, const struct gm_link *l,
                    const struct gm_error *err)
{
  gm_warn(lead->router->engine->log, "spread: %s:%s makes no part of it: %s",
          l->provider, l->model, gm_error_text(err));
}

/* Bind a member for each; *ret_unable: the one whose own link cannot do its
 * part, else p->n.  The class when none can be bound at all. */
static int32_t bind_parts(struct gm_run *lead, const struct parts *p,
                          struct gm_member **all, uint32_t *ret_unable,
                          struct gm_error *err)
{
  struct gm_link links[GM_ASK_LINKS_MAX];
  uint32_t i, among = GM_MIN(p->n, lead->team->n);
  struct gm_share part = { 1, 0 };

  *ret_unable = p->n;
  for (i = 0; i < among; i++) {
    turn_links(lead, p, i, links);
    part.first += part.n;
    part.n = share(lead->team->n, among, i);
    all[i] = gm_team_bind(lead, GM_WHY_PART, links, p->n, part, err);
    if (!all[i]) {
      drop(all, i);
      return err->error_class;
    }
    if (gm_run_is_able(all[i]->run, 0, err))
      continue;
    warn_of(lead, &links[0], err);
    gm_error_finish(err);
    *ret_unable = i;
    drop(all, i + 1);
    return 0;
  }
  return 0;
}

/* One that is refused as it begins, by all links, makes nothing: the others do
 * what they can. */
static int32_t begin_parts(struct gm_member **all, uint32_t n,
                           struct gm_error *err)
{
  _cleanup_(gm_error_finish) struct gm_error last = GM_ERROR_INIT;
  uint32_t i, begun = 0;

  for (i = 0; i < n; i++) {
    gm_error_finish(&last);
    if (gm_team_go(all[i], &last) == 0)
      begun++;
  }
  if (begun > 0)
    return 0;
  gm_error_move(err, &last);
  return err->error_class;
}

int32_t gm_spread_begin(struct gm_run *lead, struct gm_error *err)
{
  struct gm_member *all[GM_ASK_LINKS_MAX];
  struct parts p = { .n = GM_MIN(lead->n_links, GM_ASK_LINKS_MAX) };
  uint32_t i, unable;
  int32_t rc;

  for (i = 0; i < p.n; i++)
    p.link[i] = i;
  while (p.n > 0) {
    rc = bind_parts(lead, &p, all, &unable, err);
    if (rc)
      return rc;
    if (unable == p.n)
      return begin_parts(all, GM_MIN(p.n, lead->team->n), err);
    memmove(&p.link[unable], &p.link[unable + 1],
            (p.n - unable - 1) * sizeof(p.link[0]));
    p.n--;
  }
  /* None can, for its own reasons: they are told as of any route. */
  return gm_team_add(lead, GM_WHY_FIRST, lead->links, lead->n_links,
                     (struct gm_share){ 1, lead->team->n }, err)
           ? 0
           : err->error_class;
}

/* ---- what is missing ----------------------------------------------------- */

static uint32_t made_by(const struct gm_member *m)
{
  const struct gm_found *f = m->run ? m->run->job.found : NULL;

  return f ? f->n_outputs : 0;
}

/* The vendor was asked for more than it made, that is all there is to it, and
 * links are left.  What failed as a whole has had its links. */
static bool may_top_up(const struct gm_member *m)
{
  const struct gm_run *run = m->run;

  return !m->topped_up && run && run->err.error_class == 0 && !run->hit &&
         made_by(m) < m->n && run->at + 1 < run->n_links &&
         !run->job.maybe_charged && !run->job.maybe_earlier &&
         (run->job.found->withheld == 0 || run->blocked_next);
}

static bool top_up(struct gm_run *lead, struct gm_member *m)
{
  _cleanup_(gm_error_finish) struct gm_error err = GM_ERROR_INIT;
  const struct gm_run *run = m->run;
  uint32_t at = run->at + 1, missing = m->n - made_by(m);
  struct gm_share rest = { m->first + made_by(m), missing };

  m->topped_up = true;
  if (gm_team_add(lead, GM_WHY_TOP_UP, run->links + at, run->n_links - at, rest,
                  &err)) {
    gm_info(lead->router->engine->log, "job %s: %u of %u are made elsewhere",
            lead->job.id, (unsigned)missing, (unsigned)m->n);
    return true;
  }
  gm_info(lead->router->engine->log, "job %s: %u of %u stay missing: %s",
          lead->job.id, (unsigned)missing, (unsigned)m->n, gm_error_text(&err));
  return false;
}

bool gm_spread_top_up(struct gm_run *lead)
{
  struct gm_member *m;
  bool some = false;

  if (lead->team->n < 2)
    return false;
  GM_EACH_MEMBER(lead->team, m)
  {
    if (m->over && may_top_up(m))
      some |= top_up(lead, m);
  }
  if (some)
    gm_job_save(&lead->job, false);
  return some;
}
