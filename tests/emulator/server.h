#ifndef EM_SERVER_H
#define EM_SERVER_H

#include "faults.h"
#include "hooks.h"
#include "jobs.h"
#include "otlp.h"
#include "picture.h"
#include "util.h"

#include <microhttpd.h>

struct em_request;
struct em_replay;

/* What was asked for on the command line. */
struct em_options {
  unsigned port;
  int64_t latency_ms;
  unsigned polls; /* 0: time decides */
  size_t file_bytes;
  unsigned variants;      /* 0: every job has its own picture */
  uint32_t width, height; /* 0: as the request says */
  const char *key;
  uint64_t seed;
  const char *hooks_to; /* origin on loopback for deliveries */
  bool own_urls;        /* answers name this server, not the vendor's hosts */
  bool verbose;
};

/* One vendor host: requests under BASE/<name>/ or BASE/<alias>/ go to
 * `answer`, which fills in `rq->reply` and never waits. */
struct em_host {
  const char *name, *alias;
  void (*answer)(struct em_request *rq);
};

struct em_stats {
  uint64_t requests[EM_N_PHASES];
  uint64_t submits_seen, submits_accepted;
  uint64_t files_served, file_bytes;
  uint64_t connections, open, peak;
  uint64_t credentials_leaked;
  int64_t second;              /* of the wall clock, the one under way */
  uint64_t in_second, busiest; /* requests beside files; the most so far */
  uint64_t replies[6]; /* by hundreds; [0]: connection broken on purpose */
};

struct em_parked;

struct em_server {
  const struct em_options *options;
  const struct em_host *hosts; /* ends with a NULL name */
  struct MHD_Daemon *daemon;
  unsigned port;
  bool stopping;
  int64_t clock_ahead_ms; /* POST /control/clock */
  struct em_stats stats;
  struct em_jobs jobs;
  struct em_faults faults;
  struct em_pictures pictures;
  struct em_hooks hooks;
  struct em_otlp otlp;
  struct em_replay *replay;
  struct em_parked *parked; /* a heap, earliest first */
  size_t n_parked, cap_parked;
};

#define EM_MAX_HEADERS 8

/* What to send.  `body` or a slice of `blob`, or what `more` makes. */
struct em_reply {
  unsigned status;
  const char *content_type; /* NULL: application/json */
  struct em_buf body;
  struct em_blob *blob; /* a reference of ours */
  size_t blob_from, blob_len;
  const char *names[EM_MAX_HEADERS];
  char *values[EM_MAX_HEADERS];
  unsigned n_headers;
  /* Makes the body piece by piece (chunked): appends to `out`; returns the
   * milliseconds to wait before the next piece, or -1 after the last.  A call
   * that appends nothing must ask for a wait. */
  int64_t (*more)(struct em_request *rq, struct em_buf *out);
  struct em_wire wire; /* how the bytes shall go wrong */
};

struct em_request {
  struct em_server *server;
  struct MHD_Connection *connection;
  const char *method;
  char *url;
  const char *host; /* as in the table, aliases resolved */
  const char *path; /* behind the host, with its slash */
  enum em_phase phase;
  struct em_buf body;
  bool body_too_large, answered;
  struct em_reply reply;
  /* for reply.more and the broken bodies */
  char job_id[EM_ID_SIZE];
  struct em_buf pending;
  uint64_t sent, mark;
  unsigned log_lines; /* already streamed */
  bool last_piece;
};

struct em_server *em_server_new(const struct em_options *options,
                                const struct em_host *hosts);
/* Binds to 127.0.0.1; false with a sentence on stderr. */
bool em_server_start(struct em_server *sv);
/* Until `*stop` is set by a signal handler. */
void em_server_run(struct em_server *sv, volatile int *stop);
void em_server_free(struct em_server *sv);

/* The job clock: monotonic, and ahead by what the control URL added. */
int64_t em_now_ms(const struct em_server *sv);
/* `conn` sleeps until the job clock says `due_ms`. */
void em_park(struct em_server *sv, struct MHD_Connection *conn, int64_t due_ms);
size_t em_open_connections(const struct em_server *sv);
/* "https://HOST", or where this server plays HOST. */
void em_put_origin(const struct em_server *sv, const char *host,
                   struct em_buf *out);
/* The endpoint map, one line without its end, for `base` = http://host:port. */
void em_endpoint_map(const struct em_host *hosts, const char *base,
                     struct em_buf *out);

const char *em_header(const struct em_request *rq, const char *name);
const char *em_query(const struct em_request *rq, const char *name);
bool em_method(const struct em_request *rq, const char *method);

/* reply.c */
void em_reply_header(struct em_request *rq, const char *name,
                     const char *format, ...) EM_PRINTF(3, 4);
void em_reply_json(struct em_request *rq, unsigned status, const char *format,
                   ...) EM_PRINTF(3, 4);
void em_reply_text(struct em_request *rq, unsigned status, const char *type,
                   const char *text);
void em_reply_clear(struct em_reply *reply);
enum MHD_Result em_reply_send(struct em_request *rq);

/* control.c: everything under BASE/control/ */
void em_control_answer(struct em_request *rq);

#endif
