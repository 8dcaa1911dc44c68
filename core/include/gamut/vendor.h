/* gamut/vendor.h - asking a vendor; webhooks.  A part of gamut/gamut.h. */
#ifndef GAMUT_VENDOR_H
#define GAMUT_VENDOR_H

#include <gamut/types.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Ask a vendor about the account behind its key; waits for the answer, and works
 * on the jobs meanwhile.  Not from a callback.
 *
 * provider   a provider's name, or that of an instance in the configuration; of
 *            several keys the first is asked with, or that one: "fal#team-a"
 * what       "models", "balance", "usage", "keys", "health" or "embed"
 * arguments  a JSON object, or NULL for none: for usage {"period": "month"} or
 *            {"from": "2026-11-01", "to": "2026-12-01"}, for keys {"action":
 *            "list", "set", "validate" or "delete", "name": ...}, for embed
 *            {"texts": [...]} with "model" and "dimensions" if it must be those
 * secret     the key that keys set or validate is about, else NULL; it is sent to
 *            the vendor and appears nowhere else
 * ret_json   the answer, in the form that gamut/extensions.h states for
 *            gamut.models/1 and gamut.account/1; of embed {"vectors": [base64 of
 *            32-bit floats, little-endian, of the length 1], "model", "tokens",
 *            "cost_usd"}; gamut_string_free()
 *
 * GAMUT_E_UNSUPPORTED when the provider has no such thing (gamut_providers()
 * lists under "has" what it has), GAMUT_E_AUTH without a key, GAMUT_E_INVALID;
 * else the class of the exchange that failed. */
GAMUT_API int32_t gamut_ask(struct gamut *g, const char *provider,
                            const char *what, const char *arguments,
                            const char *secret, char **ret_json,
                            struct gamut_error *ret_error);

/* Ask a vendor for the models that the key can use, and write what it says as
 * an overlay of the catalog: $XDG_CONFIG_HOME/gamut/catalog/00-PROVIDER.json,
 * which counts from the next gamut_open() on.  Files of your own in that folder
 * win over it.
 *
 * ret_json  {"provider", "file", "models": how many, "added": [ids], "changed":
 *           [ids whose life is another], "left_out": [ids whose entry was not
 *           understood]}; gamut_string_free()
 *
 * As gamut_ask(); GAMUT_E_STORAGE when the file cannot be written. */
GAMUT_API int32_t gamut_refresh_models(struct gamut *g, const char *provider,
                                       char **ret_json,
                                       struct gamut_error *ret_error);

/* Is this delivery to a webhook genuine, and what does it say?  Checks signature
 * and age by the vendor's rules (the secret is a setting of the provider; public
 * keys are fetched from the vendor and kept for a day).  A delivery is a hint:
 * the job's own state is asked for at the vendor.
 *
 * headers    name, value, name, value ... NULL
 * body       the raw bytes as they came, body_len of them
 * ret_json   {"job": the vendor's id, "state": "completed", "failed", "blocked",
 *            "cancelled" or "running", "delivery": id that repeats share,
 *            "message"}; gamut_string_free()
 *
 * GAMUT_E_AUTH when it is not genuine or too old, or without a secret to tell,
 * GAMUT_E_UNSUPPORTED; waits as gamut_ask() does. */
GAMUT_API int32_t gamut_webhook_verify(struct gamut *g, const char *provider,
                                       const char *const *headers,
                                       const void *body, size_t body_len,
                                       char **ret_json,
                                       struct gamut_error *ret_error);

/* As gamut_webhook_verify(), and heed it: a job of this context that waits for
 * its next poll polls at once.  A delivery that came before wakes nobody.
 * Polling goes on in any case, so one that is lost costs time and nothing else.
 *
 * ret_json   as there, and "repeated": true or false, "woke": id of the job here;
 *            may be NULL */
GAMUT_API int32_t gamut_webhook_deliver(struct gamut *g, const char *provider,
                                        const char *const *headers,
                                        const void *body, size_t body_len,
                                        char **ret_json,
                                        struct gamut_error *ret_error);

/* Receive deliveries over HTTP, until gamut_close(): at
 * http://127.0.0.1:PORT/PROVIDER, behind a proxy or tunnel of your own that
 * gives it a public address.  Each is treated as by gamut_webhook_deliver(),
 * while the context works, and told as GAMUT_EVENT_DELIVERY.  Answered are 200
 * (genuine), 401 (not), 404, 400 and the like for what is none, 503 for what
 * cannot be told now.  A request may have 32 KiB of headers and 4 MiB of body
 * and take 10 s to come.
 *
 * port       0: any that is free
 * providers  names, NULL at the end; NULL: all that have webhooks
 * ret_port   the port; may be NULL
 *
 * GAMUT_E_INVALID when the port cannot be had, or the context listens already;
 * GAMUT_E_UNSUPPORTED when a provider has no webhooks. */
GAMUT_API int32_t gamut_listen(struct gamut *g, uint32_t port,
                               const char *const *providers,
                               uint32_t *ret_port,
                               struct gamut_error *ret_error);

#ifdef __cplusplus
}
#endif
#endif
