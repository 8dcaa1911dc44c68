/* team.h - a request that several jobs work on: a hedge that begins when the
 * first takes long, parts of n on different links, the missing ones of n made
 * elsewhere.
 *
 * The request's own run, the lead, has a record but sends nothing.  Each member
 * is a run of its own, with its own id, record and entry in the books, so that
 * whatever is paid for is written down, taken up and settled like any other
 * job.  The lead's record names its members before any of theirs is written;
 * theirs names the lead.  What a member makes is called by the lead's names.
 *
 *   first     begins with the request; has all its links, one by one
 *   hedge     begins when the first has taken its time; has that one's later
 *             links, which that one has no more
 *   part      one a link, begin with the request; has its part of n, and its
 *             own link before the others
 *   top-up    begins when a member brought too few; has what is missing, and
 *             that member's later links
 *
 * Of a hedge and a first the one that is made first wins.  The other is lost:
 * it is cancelled where that is known to have worked, else it goes on to its
 * end, for the books, and what it makes is left at the vendor.  Its lead does
 * not wait for that. */
#ifndef GM_ROUTE_TEAM_H
#define GM_ROUTE_TEAM_H

#include "route/router.h"
#include "store/claim.h"

enum gm_why { GM_WHY_FIRST, GM_WHY_HEDGE, GM_WHY_PART, GM_WHY_TOP_UP };

/* Which of the n outputs are somebody's: `n` from number `first` (from 1) on.
 */
struct gm_share {
  uint32_t first, n;
};

struct gm_member {
  struct gm_list link; /* in the lead's team, or the router's leftovers */
  struct gm_run *lead; /* NULL: that has ended, or is in no process */
  struct gm_run *run;  /* NULL: its record is being claimed, or cannot be */
  char id[GM_ID_SIZE];
  char of[GM_ID_SIZE]; /* the lead's */
  uint8_t why;         /* enum gm_why */
  bool over, lost;
  bool claiming;
  bool accepted;     /* the vendor has it, and that was told */
  bool topped_up;    /* what it did not bring is another's */
  uint32_t first, n; /* its share */
  uint32_t total;    /* of so many */
  uint8_t places[GM_ASK_LINKS_MAX],
    n_places;            /* its links, in the lead's route */
  struct gm_timer timer; /* to claim, or to give way, once more */
  struct gm_claim claim;
  struct gm_error err; /* why there is no run */
};

struct gm_team {
  struct gm_list members;
  struct gm_member *winner; /* of a hedge and a first, or of a first alone */
  struct gm_timer hedge;
  uint64_t awake_ms; /* its time begins anew then: we had hung; or 0 */
  uint32_t n; /* how many are to be made */
  bool hedged, cancelling, detaching;
  bool impatient; /* the result is there, and waits for no cancel any more */
  bool busy;      /* it is not looked at meanwhile */
  bool maybe_charged; /* one of them may have been, for nothing */
  bool accepted;      /* a vendor has one of them */
  bool let_go;        /* a member was left where it is, not yet taken up */
};

/* For all members `m` of a team; the body must not remove one. */
#define GM_EACH_MEMBER(team, m)                                                \
  for (m = GM_CONTAINER((team)->members.next, struct gm_member, link);         \
       &m->link != &(team)->members;                                           \
       m = GM_CONTAINER(m->link.next, struct gm_member, link))

/* ---- team.c ---------------------------------------------------------------
 */

/* Is this a request for several jobs?  One link alone has no second. */
bool gm_team_is_wanted(const struct gm_run *run);
/* As gm_run_start(). */
int32_t gm_team_start(struct gm_run *lead, struct gm_error *err);
/* The members that the lead's request begins with; refused: the class. */
int32_t gm_team_begin(struct gm_run *lead, struct gm_error *err);
/* One more member, which begins; `links` of `n_links` are copied.  NULL: `err`
 * says why not. */
struct gm_member *gm_team_add(struct gm_run *lead, enum gm_why why,
                              const struct gm_link *links, uint32_t n_links,
                              struct gm_share share, struct gm_error *err);
/* The same in two halves: bound, and not begun. */
struct gm_member *gm_team_bind(struct gm_run *lead, enum gm_why why,
                               const struct gm_link *links, uint32_t n_links,
                               struct gm_share share, struct gm_error *err);
int32_t gm_team_go(struct gm_member *m, struct gm_error *err);
/* What was tried for a member was tried for the lead. */
void gm_team_take_attempts(struct gm_run *lead, struct gm_run *run);
/* Has one of a hedge and a first been made first?  It is all then; a first that
 * no hedge was begun for may lack something, which others make. */
bool gm_team_is_won(const struct gm_team *team);
/* Something has changed: does it go on, or is this the end? */
void gm_team_look(struct gm_run *lead);
void gm_team_cancel(struct gm_run *lead);
void gm_team_detach(struct gm_run *lead);
void gm_team_free(struct gm_run *lead);
/* Where the link is in the lead's route. */
uint32_t gm_team_place(const struct gm_run *lead, const struct gm_link *l);

struct gm_member *gm_member_new(struct gm_run *lead, enum gm_why why,
                                struct gm_share share);
/* Its lead goes on without it, and to name it in its record. */
void gm_member_leave_team(struct gm_member *m);
/* With its run, if it has one. */
void gm_member_free(struct gm_member *m);
extern const struct gm_run_ops gm_member_ops;
/* What a member's job asks, see job.h. */
void gm_member_generated(struct gm_run *run);
void gm_member_name(struct gm_run *run, struct gm_output *o,
                    struct gm_name_facts *f);
/* It lost, and has ended because of that: as CANCELLED. */
bool gm_member_gave_way(struct gm_run *run);
void gm_member_trace(struct gm_member *m);
/* Nothing of what it makes is wanted. */
void gm_member_leave(struct gm_run *run);
/* Another one won: it is left, and its vendor told, as soon as that can be. */
void gm_member_lose(struct gm_member *m);

/* ---- team_ask.c ------------------------------------------------------------
 */

/* The request for a member. */
struct gm_ask *gm_team_ask(const struct gm_run *lead, enum gm_why why,
                           const struct gm_link *links, uint32_t n_links,
                           uint32_t n);

/* ---- team_end.c ------------------------------------------------------------
 */

/* Put together what the members have brought; the lead ends. */
void gm_team_end(struct gm_run *lead);
/* The lead's record says all, or is gone: those of the members go, where none
 * are kept. */
void gm_team_forget_records(const struct gm_run *lead);

/* The request goes on in another process: those that are, or may be, paid for
 * are seen to their ends here.  Of a hedge and a first what they make is not
 * wanted. */
void gm_team_go_alone(struct gm_run *lead);

/* ---- team_record.c ---------------------------------------------------------
 */

/* What is in a lead's record, and in a member's. */
void gm_team_record(const struct gm_run *lead, struct gm_buf *b);
void gm_member_record(const struct gm_member *m, struct gm_buf *b);
/* The part that the record's job has in another; NULL: in none, or no memory.
 */
struct gm_member *gm_member_read(const struct json_object *owner);
/* Those whose records are not here yet stay where they are. */
void gm_team_let_claims_go(struct gm_run *lead);
/* Is it known here what became of one that is in doubt in what another process
 * has written of the lead? */
bool gm_team_knows_more(const struct gm_run *lead,
                        const struct json_object *other);
/* Take up a lead: its members are claimed, and it goes on. */
int32_t gm_team_restore(struct gm_run *lead, const struct json_object *team,
                        struct gm_error *err);

/* ---- hedge.c, spread.c -----------------------------------------------------
 */

/* See to it that the hedge begins in its time. */
void gm_hedge_arm(struct gm_run *lead);
int32_t gm_spread_begin(struct gm_run *lead, struct gm_error *err);
/* What is missing is begun elsewhere.  False: nothing is, or cannot be. */
bool gm_spread_top_up(struct gm_run *lead);

#endif
