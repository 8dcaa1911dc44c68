#ifndef EM_OTLP_H
#define EM_OTLP_H

#include "util.h"

#include <json-c/json.h>

struct em_request;

/* A collector of traces: what it got, and how it behaves. */
struct em_otlp {
  struct em_buf spans;    /* JSON, with commas between */
  struct em_buf headers;  /* of the last request, JSON */
  struct em_buf resource; /* the same */
  char wrong[300];        /* the first mistake, or "" */
  unsigned requests, refused, n_spans;
  int64_t status, count, reject; /* answer so, so often; spans to reject */
  bool hang;
};

/* POST /control/otlp/v1/traces: the endpoint. */
void em_otlp_take(struct em_request *rq, struct json_object *o);
/* GET /control/otlp: all that came. */
void em_otlp_show(struct em_request *rq);
/* POST /control/otlp {"status": 503, "count": 2, "reject": 1, "hang": true} */
void em_otlp_set(struct em_request *rq, struct json_object *o);
void em_otlp_finish(struct em_otlp *otlp);

#endif
