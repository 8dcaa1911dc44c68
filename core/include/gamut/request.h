/* gamut/request.h - what is wanted; a part of gamut/gamut.h. */
#ifndef GAMUT_REQUEST_H
#define GAMUT_REQUEST_H

#include <gamut/types.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What can be asked, as a table: also the CLI's option list. */
struct gamut_field {
  const char *name;    /* for gamut_request_set() */
  int32_t type;        /* GAMUT_STRING, GAMUT_INT, ... as in gamut_key */
  const char *choices; /* "a|b|c" for GAMUT_CHOICE */
  const char *help;    /* one line */
};

/* The i-th field, NULL past the end.  Static.  [any] */
GAMUT_API const struct gamut_field *gamut_request_field(uint32_t i);

/* An empty request; NULL: no memory.  Errors in the setters below stick: the
 * first one is reported by gamut_generate() or gamut_submit() as well. */
GAMUT_API struct gamut_request *gamut_request_new(void);
GAMUT_API void gamut_request_free(struct gamut_request *r);

/* A deep copy; NULL: no memory. */
GAMUT_API struct gamut_request *
gamut_request_copy(const struct gamut_request *r);

/* Set a field from text: "prompt", "n", "seed", "size" ("1024x768"),
 * "aspect_ratio" ("16:9"), "timeout" ("90s"), "output" ...  NULL unsets it.
 * "tag" adds to those that are set.
 *
 * "attempt_timeout" ("30s") is how long a link has before the next one tries:
 * its job is cancelled at the vendor, and the next begins once the vendor says
 * so.  A job that cannot be cancelled goes on; a link after which no other can
 * do the request has what is left of "timeout", and while all that could are
 * passed over for their failures, it goes on, too.
 *
 * "max_cost" (US dollars) keeps the request from links whose price is higher,
 * or not known unless "allow_unknown_cost" is set.  What is in the cache costs
 * nothing and is served all the same; a request that may be is not refused by
 * gamut_submit() for its price, but ends as GAMUT_E_UNSUPPORTED when it is not
 * there.
 *
 * "hedge" ("20s" from the request on, or "p95": when 95 per cent of such jobs
 * are done, as measured here, else twice what the catalog says is usual; "off")
 * is when a second link of the route begins, too, if its price is within
 * "max_cost": so twice that is the most that is spent.  The first result wins.
 * The other job is cancelled at the vendor where it can be, else it goes on to
 * its end, for the books, after the result was told; what it makes stays there,
 * and gamut_fetch() brings it.  No more than two work at once; further links
 * follow when one fails.
 *
 * "spread" gives each link of the route a part of "n" at once.  What a link fails
 * to make goes to the others, and all of it together costs "max_cost" at most.
 * With or without it, a model that makes fewer than it was asked for is helped
 * out by the later links ("on_blocked" says whether also when a content policy is
 * why).  Of an artifact's maker tell `provider` and `model`.  Drafts of several
 * jobs are told, and not saved.
 *
 * "partials" asks for so many draft pictures while the real one is made (0: for
 * none, but for an answer in pieces); vendors may send fewer, some charge for
 * each.  They come as GAMUT_EVENT_PARTIAL.  With "save_partials" they are also
 * kept: beside the "output" fox.png as fox.partial-1.png, fox.partial-2.png
 * (the extension is that of what they are; never over another file without
 * "force"), or in the result when there is no "output".  A model that makes no
 * drafts is asked without them, which gamut_result_difference() tells.
 *
 * An "output" with an ending asks for that format, where the model offers it.
 * Where such a file exists, or of "fox-{index}.{ext}" one that it may come to,
 * the request is refused before anything is sent, unless "force" is set; what
 * {job} {model} {provider} {seed} come to is not known before.
 * GAMUT_E_INVALID for an unknown name (with the nearest one), text that is no
 * value of the field's type, invalid UTF-8. */
GAMUT_API int32_t gamut_request_set(struct gamut_request *r, const char *name,
                                    const char *value,
                                    struct gamut_error *ret_error);

/* Add a link to the route: the first call names the primary, later ones the
 * fallbacks in order.  `link` is an address: "flux", "openai:gpt-image-1.5",
 * "fal", "fal-ai/flux/dev"; or "@name", a route of the configuration, which
 * stands for its links, and as the first one also for what it says and the
 * request does not.  "prefer" may bring them into another order.  Checked when
 * the job begins. */
GAMUT_API int32_t gamut_request_link(struct gamut_request *r, const char *link,
                                     struct gamut_error *ret_error);

/* Add an input.
 *
 * role     "image", "mask", "first_frame", "last_frame", "reference", "video",
 *          "audio"
 * source   a path, an http(s) URL, a data: URI, or "-" for standard input
 *
 * Files are looked at when the job begins, not here, and read while they are
 * sent: until the job has ended they must stay as they are.  A data: URI is
 * decoded here, and standard input is read here to its end, which one input of a
 * request may be; copies of the request share the bytes. GAMUT_E_INVALID when
 * they cannot be had, GAMUT_E_STORAGE when there is no room for them in $TMPDIR
 * or /tmp. */
GAMUT_API int32_t gamut_request_input(struct gamut_request *r, const char *role,
                                      const char *source,
                                      struct gamut_error *ret_error);

/* A vendor parameter by name, passed through: `value` is JSON ("40", "true",
 * "[1,2]"); text that is no JSON is taken as a string. */
GAMUT_API int32_t gamut_request_extra(struct gamut_request *r, const char *name,
                                      const char *value,
                                      struct gamut_error *ret_error);

/* An option of the provider itself, about how the job is run rather than what is
 * made: queue priority, object lifetime ("priority", "low").  `value` as in
 * gamut_request_extra().  A provider refuses what it does not know when the job
 * begins. */
GAMUT_API int32_t gamut_request_option(struct gamut_request *r,
                                       const char *name, const char *value,
                                       struct gamut_error *ret_error);

#ifdef __cplusplus
}
#endif
#endif
