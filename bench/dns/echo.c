// The limit of the socket API, for `npm run bench:dns`: what came in goes back at once, marked as an answer.
// One thread, one socket on 127.0.0.1, recvmmsg and sendmmsg, no DNS work. Ends on SIGTERM.
//
//     echo PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BATCH = 64, SIZE = 2048 };

static uint8_t bytes[BATCH][SIZE];
static struct sockaddr_in peers[BATCH];
static struct iovec parts[BATCH];
static struct mmsghdr messages[BATCH];

int main(int argc, char **argv) {
  if (argc != 2) { fprintf(stderr, "echo PORT\n"); return 2; }
  int fd = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  struct sockaddr_in here = {
    .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here)) { perror("bind"); return 1; }
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      parts[i] = (struct iovec){bytes[i], SIZE};
      messages[i].msg_hdr = (struct msghdr){
        .msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) { perror("recvmmsg"); return 1; }
    for (int i = 0; i < n; i++) {
      bytes[i][2] |= 0x84; // QR and AA
      bytes[i][7] = 1;     // ANCOUNT, so that the generator takes it for an answer
      parts[i].iov_len = messages[i].msg_len;
    }
    for (int done = 0; done < n;) {
      int sent = sendmmsg(fd, messages + done, n - done, 0);
      if (sent > 0) done += sent;
      else if (errno != EINTR && errno != ENOBUFS && errno != EAGAIN) done++; // one packet could not leave
    }
  }
}
