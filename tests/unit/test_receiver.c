/* test_receiver.c - requests over loopback: limits, deadlines, answers. */
#include "base/clock.h"
#include "loop/receiver.h"
#include "unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gamut/plugin.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct gm_loop *loop;
static struct gm_receiver *receiver;
static struct gm_received *held;
static uint16_t port;
static bool holds;
static char last_body[100];

static void on_received(struct gm_received *r)
{
  snprintf(last_body, sizeof(last_body), "%s", gm_buf_text(&r->in.body));
  if (holds)
    held = r;
  else
    gm_received_answer(r, 200, r->in.target);
}

static void open_all(void)
{
  struct gm_error err = GM_ERROR_INIT;

  gm_clock_fake(1000000, 1000000);
  held = NULL;
  holds = false;
  last_body[0] = '\0';
  ck_assert_int_eq(gm_loop_new(NULL, &loop, NULL), 0);
  ck_assert_msg(
    gm_receiver_new(loop, 0, on_received, NULL, &receiver, &port, &err) == 0,
    "%s", gm_error_text(&err));
  ck_assert_uint_ne(port, 0);
}

static void close_all(void)
{
  gm_receiver_free(receiver);
  gm_loop_free(loop);
  gm_clock_real();
}

static int dial(void)
{
  struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
  int fd = socket(AF_INET, SOCK_STREAM, 0);

  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

static void turns(void)
{
  int i;

  for (i = 0; i < 20; i++)
    gm_loop_turn(loop, i < 3 ? 5 : 0);
}

static void say(int fd, const char *text)
{
  ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL),
                   (int)strlen(text));
  turns();
}

/* What has come by now; ends with "|" when the peer has closed. */
static const char *hear(int fd)
{
  static char text[4096];
  size_t len = 0;
  ssize_t n;

  turns();
  while ((n = recv(fd, text + len, sizeof(text) - 2 - len, 0)) > 0)
    len += (size_t)n;
  if (n == 0)
    text[len++] = '|';
  text[len] = '\0';
  return text;
}

#define REQUEST "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"

START_TEST(an_answer)
{
  int fd = dial();
  const char *text;

  say(fd, REQUEST);
  text = hear(fd);
  ck_assert_str_eq(text, "HTTP/1.1 200 OK\r\n"
                         "content-type: text/plain; charset=utf-8\r\n"
                         "content-length: 3\r\nconnection: close\r\n\r\n/x\n|");
  ck_assert_str_eq(last_body, "hello");
  close(fd);
  turns();
}
END_TEST

START_TEST(in_pieces_with_an_invitation)
{
  int fd = dial();

  say(fd, "POST /x HTTP/1.1\r\nExpect: 100-continue\r\n");
  ck_assert_str_eq(hear(fd), "");
  say(fd, "Content-Length: 5\r\n\r\n");
  ck_assert_str_eq(hear(fd), "HTTP/1.1 100 Continue\r\n\r\n");
  say(fd, "he");
  ck_assert_str_eq(hear(fd), "");
  say(fd, "llo");
  ck_assert(strncmp(hear(fd), "HTTP/1.1 200 ", 13) == 0);
  ck_assert_str_eq(last_body, "hello");
  close(fd);
}
END_TEST

static const struct {
  const char *text, *begins, *part;
} refused[] = {
  { "GET /x HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ", "\r\nallow: POST\r\n" },
  { "POST /x HTTP/1.1\r\nContent-Length: 4194305\r\n\r\n", "HTTP/1.1 413 ",
    "Content Too Large" },
  { "hello\r\n\r\n", "HTTP/1.1 400 ", "Bad Request" },
};

/* It answers before it has read everything, and the answer arrives. */
START_TEST(refusals)
{
  int fd = dial();
  const char *text;

  say(fd, refused[_i].text);
  text = hear(fd);
  ck_assert_msg(strncmp(text, refused[_i].begins, 13) == 0, "%s", text);
  ck_assert_msg(strstr(text, refused[_i].part) != NULL, "%s", text);
  ck_assert_int_eq(text[strlen(text) - 1], '|'); /* no more from us */
  say(fd, "still sending");
  close(fd);
  turns();
  ck_assert_str_eq(last_body, "");
}
END_TEST

START_TEST(too_slow)
{
  int fd = dial(), silent = dial();

  say(fd, "POST /x HTTP/1.1\r\n");
  gm_clock_advance(GM_RECEIVER_MS - 1);
  ck_assert_str_eq(hear(fd), "");
  say(fd, "a: b\r\n"); /* a word now and then does not help */
  gm_clock_advance(1);
  ck_assert(strncmp(hear(fd), "HTTP/1.1 408 ", 13) == 0);
  ck_assert(strncmp(hear(silent), "HTTP/1.1 408 ", 13) == 0);
  gm_clock_advance(GM_RECEIVER_LINGER_MS);
  turns();
  ck_assert_str_eq(hear(fd), "|");
  close(fd);
  close(silent);
}
END_TEST

/* The answer may take its time; whoever hangs up meanwhile does no harm. */
START_TEST(answered_later)
{
  int fd = dial(), gone;

  holds = true;
  say(fd, REQUEST);
  ck_assert_ptr_nonnull(held);
  gm_clock_advance(10 * GM_RECEIVER_MS);
  ck_assert_str_eq(hear(fd), "");
  gm_received_answer(held, 401, "no");
  ck_assert(strncmp(hear(fd), "HTTP/1.1 401 Unauthorized\r\n", 27) == 0);
  close(fd);
  held = NULL;
  gone = dial();
  say(gone, REQUEST);
  ck_assert_ptr_nonnull(held);
  close(gone);
  turns();
  gm_received_answer(held, 200, "late");
  turns();
}
END_TEST

START_TEST(freed_in_the_middle)
{
  int fd = dial(), half = dial();

  holds = true;
  say(fd, REQUEST);
  say(half, "POST");
  ck_assert_ptr_nonnull(held);
  gm_receiver_free(receiver);
  receiver = NULL;
  ck_assert_str_eq(hear(half), "|");
  close(fd);
  close(half);
}
END_TEST

/* More than it holds at a time: the others wait and have their turn. */
START_TEST(crowd)
{
  int fd[GM_RECEIVER_MOST + 10], i;
  int n = (int)GM_LEN(fd);

  for (i = 0; i < n; i++)
    fd[i] = dial();
  turns();
  for (i = n - 1; i >= 0; i--)
    ck_assert_int_gt(send(fd[i], REQUEST, strlen(REQUEST), MSG_NOSIGNAL), 0);
  for (i = 0; i < n; i++) {
    ck_assert_msg(strncmp(hear(fd[i]), "HTTP/1.1 200 ", 13) == 0, "%d", i);
    close(fd[i]);
  }
}
END_TEST

START_TEST(a_port_is_had_once)
{
  struct gm_error err = GM_ERROR_INIT;
  struct gm_receiver *second = NULL;
  uint16_t other;

  ck_assert_int_eq(
    gm_receiver_new(loop, port, on_received, NULL, &second, &other, &err),
    GAMUT_E_INVALID);
  ck_assert_msg(strstr(gm_error_text(&err), "127.0.0.1:") != NULL, "%s",
                gm_error_text(&err));
  gm_error_finish(&err);
}
END_TEST

int main(void)
{
  TCase *tc = tcase_create("receiver");

  tcase_add_checked_fixture(tc, open_all, close_all);
  tcase_add_test(tc, an_answer);
  tcase_add_test(tc, in_pieces_with_an_invitation);
  tcase_add_loop_test(tc, refusals, 0, GM_LEN(refused));
  tcase_add_test(tc, too_slow);
  tcase_add_test(tc, answered_later);
  tcase_add_test(tc, freed_in_the_middle);
  tcase_add_test(tc, crowd);
  tcase_add_test(tc, a_port_is_had_once);
  return unit_run("receiver", tc);
}
