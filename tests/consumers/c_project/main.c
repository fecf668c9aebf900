/* A program in C: a server, a heap profile in a file, a label, an error. */
#include <pprof/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int Failed(const char* what) {
  fprintf(stderr, "%s: %s\n", what, pprof_error());
  return 1;
}

int main(void) {
  if (pprof_start("127.0.0.1:0") != 0) return Failed("pprof_start");
  if (pprof_start("127.0.0.1:0") == 0) return Failed("a second pprof_start");
  struct pprof_label* label = pprof_push_label("route", "/orders");
  char* kept = malloc(64 << 20);
  if (kept == NULL) return 1;
  memset(kept, 1, 64 << 20);
  pprof_pop_label(label);
  if (pprof_collect("heap", 0, "heap.pb.gz") != 0) return Failed("heap");
  if (pprof_collect("profile", 1, "cpu.pb.gz") != 0) return Failed("profile");
  if (pprof_collect("no_such", 0, "no.pb.gz") == 0) return Failed("no_such");
  pprof_stop();
  printf("%d, %s\n", kept[1], pprof_error());
  free(kept);
  return strlen(pprof_error()) > 0 ? 0 : 1;
}
