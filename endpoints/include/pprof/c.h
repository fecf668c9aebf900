/* The profiler for programs in C: a server, profiles in files, labels.

     #include <pprof/c.h>
     if (pprof_start("127.0.0.1:6060") != 0) fputs(pprof_error(), stderr);

   Functions that can fail return 0, or -1 and leave a sentence in pprof_error(). All are safe to
   call from any thread. Not async-signal-safe: they allocate and lock. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Why the calling thread's last function failed. Valid until its next one fails. */
const char* pprof_error(void);

/* Starts the server, at most one. `address`: "HOST:PORT" or "unix:/path"; NULL: PPROF_CPP_LISTEN,
   or 127.0.0.1:6060. The token and remote access come from the environment as for http::Options. */
int pprof_start(const char* address);

/* Stops it within 0.2 s; nothing if it does not run. */
void pprof_stop(void);

/* Writes the profile, e.g. "heap", to a file for `pprof`. `seconds`: records for so long, or of a
   profile that is not recorded ("heap") shows the change in that time; 0: what there is now. */
int pprof_collect(const char* profile, int seconds, const char* path);

/* Labels the calling thread's work until the matching pop, last in, first out; threads that it
   creates inherit the label. NULL without memory, which pop accepts. Ownership: pop frees it. */
struct pprof_label;
struct pprof_label* pprof_push_label(const char* key, const char* value);
void pprof_pop_label(struct pprof_label* label);

#ifdef __cplusplus
}
#endif
