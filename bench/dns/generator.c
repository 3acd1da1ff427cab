// The load generator of `npm run bench:dns`: one thread, one socket, recvmmsg and sendmmsg.
//
//     generator PORT QUERIES closed SECONDS WINDOW       as fast as the server answers, WINDOW queries outstanding
//     generator PORT QUERIES paced  SECONDS QUERIES/S    on a fixed timetable, whether answered or not; latency
//     generator PORT QUERIES check  FILE                 each query once; FILE gets one byte for each of them
//
// QUERIES holds records: length (u16, little-endian), source address (four octets; 0.0.0.0 for 127.0.0.1), the DNS message.
// The source of a query is set per packet with IP_PKTINFO: any address of 127.0.0.0/8 belongs to this machine.
// An answer counts when it has QR, NOERROR, at least one answer record and the question that was asked.
// In check, a query's byte is the last octet of the address in its answer, 0 if there is no right answer.
// Prints one line of JSON. Exits by itself: no run is longer than MOST_SECONDS.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, SIZE = 2048, IDS = 65536, MOST_SECONDS = 120, MOST_RATE = 1000000, BUCKETS = 1000000 };
static const int64_t LOST_AFTER_NS = 500 * 1000 * 1000LL; // then its place in the window is free again
static const int64_t SLIP_NS = 1000 * 1000LL;             // see paced()
static const int64_t SECOND_NS = 1000 * 1000 * 1000LL;

struct query { uint16_t length; uint16_t question; uint32_t source; const uint8_t *message; };
static struct query *queries;
static uint32_t query_count;

// What is outstanding, by message id. sent_ns 0 is a free id.
static struct { int64_t sent_ns; uint32_t query; } slots[IDS];
static uint16_t next_id;
static uint32_t outstanding;
static uint64_t sent, answered, lost, bad, late;
static int64_t slipped_ns;
static uint32_t latency_us[BUCKETS]; // the last bucket holds what was slower
static uint8_t *checked;             // in check: the byte of each query

static int fd;
static struct sockaddr_in server;
static uint8_t out[BATCH][SIZE], in[BATCH][SIZE];
static struct mmsghdr out_messages[BATCH], in_messages[BATCH];
static struct iovec out_parts[BATCH], in_parts[BATCH];
static union { struct cmsghdr header; uint8_t room[CMSG_SPACE(sizeof(struct in_pktinfo))]; } control[BATCH];

static void fail(const char *what) { perror(what); exit(1); }

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static void read_queries(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  uint8_t *bytes = malloc(size);
  if (!bytes || fread(bytes, 1, size, file) != (size_t)size) fail(path);
  fclose(file);
  queries = calloc(size / 18 + 1, sizeof *queries);
  for (long at = 0; at + 6 <= size;) {
    struct query *q = &queries[query_count++];
    memcpy(&q->length, bytes + at, 2);
    memcpy(&q->source, bytes + at + 2, 4);
    q->message = bytes + at + 6;
    at += 6 + q->length;
    if (q->length < 17 || q->length > SIZE || at > size) { fprintf(stderr, "%s: a record is damaged\n", path); exit(1); }
    int end = 12;
    while (q->message[end]) end += q->message[end] + 1;
    q->question = end + 5 - 12;
  }
  if (query_count == 0) { fprintf(stderr, "%s: no queries\n", path); exit(1); }
}

static void open_socket(int port) {
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  int room = 8 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  struct sockaddr_in any = {.sin_family = AF_INET};
  if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any)) fail("bind");
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int i = 0; i < BATCH; i++) {
    in_parts[i] = (struct iovec){in[i], SIZE};
    in_messages[i].msg_hdr = (struct msghdr){.msg_iov = &in_parts[i], .msg_iovlen = 1};
    out_messages[i].msg_hdr = (struct msghdr){
      .msg_name = &server, .msg_namelen = sizeof server, .msg_iov = &out_parts[i], .msg_iovlen = 1,
      .msg_control = &control[i], .msg_controllen = sizeof control[i]};
    control[i].header = (struct cmsghdr){CMSG_LEN(sizeof(struct in_pktinfo)), IPPROTO_IP, IP_PKTINFO};
  }
}

// Sends `count` queries; each counts as sent at the time that `when` says, the next one `step_ns` later.
static void send_some(int count, int64_t when, int64_t step_ns) {
  for (int i = 0; i < count; i++, when += step_ns) {
    while (slots[next_id].sent_ns) { // all ids are taken: the oldest is given up
      slots[next_id].sent_ns = 0;
      outstanding--;
      lost++;
    }
    const struct query *q = &queries[sent % query_count];
    slots[next_id].sent_ns = when;
    slots[next_id].query = sent % query_count;
    memcpy(out[i], q->message, q->length);
    memcpy(out[i], &next_id, 2);
    out_parts[i] = (struct iovec){out[i], q->length};
    struct in_pktinfo source = {.ipi_spec_dst.s_addr = q->source ? q->source : htonl(INADDR_LOOPBACK)};
    memcpy(CMSG_DATA(&control[i].header), &source, sizeof source);
    next_id++, sent++, outstanding++;
  }
  for (int done = 0; done < count;) {
    int n = sendmmsg(fd, out_messages + done, count - done, 0);
    if (n > 0) done += n;
    else if (errno != EINTR && errno != ENOBUFS && errno != EAGAIN) fail("sendmmsg");
  }
}

// The last octet of the address in the first answer record, 0 unless that has the type that was asked for.
static uint8_t address_in(const uint8_t *answer, int length, int question) {
  int at = 12 + question;
  const uint8_t *type = answer + at - 4;
  while (at < length && answer[at] && answer[at] < 0xc0) at += answer[at] + 1;
  at += at < length && answer[at] ? 2 : 1;
  if (at + 10 > length || memcmp(answer + at, type, 2)) return 0;
  int size = answer[at + 8] << 8 | answer[at + 9];
  return (size == 4 || size == 16) && at + 10 + size <= length ? answer[at + 9 + size] : 0;
}

static void receive(int flags) {
  int n = recvmmsg(fd, in_messages, BATCH, flags, NULL);
  if (n <= 0) return;
  int64_t now = now_ns();
  for (int i = 0; i < n; i++) {
    const uint8_t *answer = in[i];
    int length = in_messages[i].msg_len;
    uint16_t id;
    memcpy(&id, answer, 2);
    if (length < 12 || !slots[id].sent_ns) { late++; continue; }
    const struct query *q = &queries[slots[id].query];
    if (length < 12 + q->question || memcmp(answer + 12, q->message + 12, q->question)) { late++; continue; }
    int good = (answer[2] & 0x82) == 0x80 && (answer[3] & 15) == 0 && (answer[6] || answer[7]); // QR, not TC
    if (good) answered++; else bad++;
    if (checked) checked[slots[id].query] = good ? address_in(answer, length, q->question) : 0;
    int64_t us = (now - slots[id].sent_ns) / 1000;
    latency_us[us < 0 ? 0 : us < BUCKETS ? us : BUCKETS - 1]++;
    slots[id].sent_ns = 0;
    outstanding--;
  }
}

static void give_up_before(int64_t when) {
  for (int id = 0; id < IDS; id++) {
    if (!slots[id].sent_ns || slots[id].sent_ns > when) continue;
    slots[id].sent_ns = 0;
    outstanding--;
    lost++;
  }
}

// Keeps `window` queries outstanding until `seconds` are over, or until `most` are sent.
static void closed_loop(double seconds, uint32_t window, uint64_t most) {
  int64_t now = now_ns(), end = now + seconds * SECOND_NS, look = now + LOST_AFTER_NS;
  struct timeval wait = {.tv_usec = 50000}; // so that a silent server does not hold the loop
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  while (now < end && (sent < most || outstanding)) {
    while (outstanding < window && sent < most) {
      uint64_t n = window - outstanding < most - sent ? window - outstanding : most - sent;
      send_some(n < BATCH ? n : BATCH, now, 0);
    }
    receive(MSG_WAITFORONE);
    now = now_ns();
    if (now >= look) give_up_before(now - LOST_AFTER_NS), look = now + LOST_AFTER_NS / 4;
  }
}

// Query i is due at start + i / rate, and its latency counts from then: a server that falls behind cannot hide it.
// This loop never waits for the server. If it is late all the same, others had its core: no fault of the server, so
// the timetable is put off instead of a burst being sent.
static void paced(double seconds, double rate) {
  int64_t start = now_ns(), end = start + seconds * SECOND_NS;
  for (int64_t now = start; now < end; now = now_ns()) {
    int64_t behind = now - start - (int64_t)(sent / rate * 1e9);
    if (behind > SLIP_NS) start += behind, slipped_ns += behind;
    uint64_t due = (now - start) / 1e9 * rate;
    while (sent < due) {
      int n = due - sent < BATCH ? due - sent : BATCH;
      send_some(n, start + sent / rate * 1e9 + 1, 1e9 / rate);
      receive(MSG_DONTWAIT);
    }
    receive(MSG_DONTWAIT);
  }
}

static void drain(void) {
  int64_t end = now_ns() + LOST_AFTER_NS;
  struct pollfd p = {fd, POLLIN, 0};
  while (outstanding && now_ns() < end) if (poll(&p, 1, 20) > 0) receive(MSG_DONTWAIT);
  lost += outstanding;
}

static int percentile(double share) {
  uint64_t all = 0, seen = 0;
  for (int i = 0; i < BUCKETS; i++) all += latency_us[i];
  for (int i = 0; i < BUCKETS; i++) if ((seen += latency_us[i]) > 0 && seen >= share * all) return i;
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 5) { fprintf(stderr, "generator PORT QUERIES closed|paced|check ...\n"); return 2; }
  const char *mode = argv[3];
  double number = atof(argv[4]), rate = argc > 5 ? atof(argv[5]) : 0;
  double seconds = number < MOST_SECONDS ? number : MOST_SECONDS;
  read_queries(argv[2]);
  open_socket(atoi(argv[1]));
  int64_t start = now_ns();
  if (!strcmp(mode, "paced")) paced(seconds, rate < MOST_RATE ? rate : MOST_RATE);
  else if (!strcmp(mode, "closed")) closed_loop(seconds, rate < IDS / 2 ? rate : IDS / 2, UINT64_MAX);
  else {
    checked = calloc(query_count, 1);
    closed_loop(MOST_SECONDS, BATCH, query_count);
  }
  double took = (now_ns() - start) / 1e9;
  drain();
  if (checked) {
    FILE *file = fopen(argv[4], "wb");
    if (!file || fwrite(checked, 1, query_count, file) != query_count || fclose(file)) fail(argv[4]);
  }
  latency_us[BUCKETS - 1] += lost; // a lost query is slower than any other
  printf("{\"seconds\":%.6f,\"sent\":%lu,\"answered\":%lu,\"lost\":%lu,\"bad\":%lu,\"late\":%lu,\"slippedMs\":%ld,\"p50Us\":%d,\"p99Us\":%d}\n",
         took, sent, answered, lost, bad, late, (long)(slipped_ns / 1000000), percentile(0.5), percentile(0.99));
  return 0;
}
