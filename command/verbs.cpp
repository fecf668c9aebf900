// The table of verbs: the command line, its help and the completion follow from it.
#include <limits>

#include "command/verb.h"

namespace pprof::command {
namespace {

constexpr size_t kAnyNumber = std::numeric_limits<size_t>::max();

constexpr char kRunHelp[] = R"(
Starts PROGRAM with the profiler in it. The program and every process that it starts can then be
asked: `pprof-cpp ps` lists them. Shells, env, nice, tini and other wrappers pass it on.

  --listen ADDR          listen at 127.0.0.1:6060 or unix:/path instead
  --socket               a socket for each process, for this user alone (the default)
  --children serve|off   whether the processes that it starts can be asked, too (serve)
  --allocator CHOICE     tcmalloc, or keep: the malloc that the program has without the profiler.
                         Without the option, keep for programs with jemalloc or mimalloc
  --heap-interval SIZE   mean bytes between two samples of the heap (512k)

  pprof-cpp run -- redis-server --port 7000
  pprof-cpp run --listen 127.0.0.1:6060 -- python3 app.py
)";
constexpr char kPsHelp[] = R"(
Lists your processes that can be asked: those started by `pprof-cpp run`, and those that have the
profiler built in, in containers, too. With PROCESS only those of that number or name. HEAP is what
malloc has given out and not taken back.

  pprof-cpp ps
  pprof-cpp ps redis-server 1234
)";
constexpr char kGetHelp[] = R"(
Fetches one profile. WHOM is a process by its number or name, or an address such as
127.0.0.1:6060, http://:TOKEN@host:6060 or unix:/path. The server's page lists the profiles: heap,
allocs, peak, goroutine, threadcreate, profile (CPU), wall, block, mutex.

  --seconds N            record for so long; for heap and others: the change within that time
  -o, --output FILE      write there; - is stdout. Default: a name made of program, profile and
                         time, which is printed; text goes to stdout

  pprof-cpp get redis-server heap
  pprof-cpp get 1234 profile --seconds 10 -o cpu.pb.gz && go tool pprof -top cpu.pb.gz
  pprof-cpp get 127.0.0.1:6060 'heap?debug=1'
)";
constexpr char kTopHelp[] = R"(
Shows the functions that hold memory (heap, the default), use CPUs (profile), allocate (allocs) or
any other profile, again and again; GREW is the change of CUM since the last screen.

  --seconds N            time between two screens, and length of each recording (5)
  --by flat|cum|grew     what the list is sorted by (flat)
  --rows N               rows of the table (as many as fit)
  --once                 one table and no more

  pprof-cpp top redis-server
  pprof-cpp top 1234 profile --by cum
  pprof-cpp top 1234 heap --once --rows 10
)";
constexpr char kStacksHelp[] = R"(
Prints the stacks of all threads with their states and the owners of the locks that they wait for.

  --self                 also the profiler's own threads

  pprof-cpp stacks 1234
)";
constexpr char kCaptureHelp[] = R"(
Fetches everything that WHOM offers into one archive, e.g. before it is restarted, with the
binaries that a process on this machine has mapped. Prints what is in it, and its name.

  -o, --output FOLDER    where the archive goes (.)
  --seconds N            length of profile, wall and other recordings (5)

  pprof-cpp capture redis-server -o /tmp
)";
constexpr char kCapturesHelp[] = R"(
Lists the captures in the folder that WHOM watches itself with (PPROF_CPP_WATCH), oldest first, with
what became of earlier processes; or fetches one of them, `last` being the newest.

  -o, --output FILE      write there; - is stdout. Default: NAME.tar.gz, which is printed

  pprof-cpp captures order-service
  pprof-cpp captures order-service last && tar xf 2026*.tar.gz
)";
constexpr char kOpenHelp[] = R"(
Fetches one profile and shows it in the pages of the pprof tool (go tool pprof -http), until Ctrl-C.

  --seconds N            as in get
  --http ADDR            where the tool listens (127.0.0.1, a free port)

  pprof-cpp open redis-server heap
)";
constexpr char kExposeHelp[] = R"(
Listens at ADDR, an address of this machine alone, and leads each connection to WHOM, until Ctrl-C:
for clients that know no Unix sockets. Every user of this machine can then connect.

  pprof-cpp expose redis-server 127.0.0.1:6060 &
  go tool pprof -top http://127.0.0.1:6060/debug/pprof/heap
)";
constexpr char kAttachHelp[] = R"(
Puts the profiler into a process that was started without it. One thread of the process stands still
for some milliseconds, at a moment when it holds no lock of the C library. From then on the process
can be asked for profile (CPU), wall, goroutine and threadcreate; not for heap, block and mutex,
which must see the process from its start. Needs the right to trace it: the same user and, where
kernel.yama.ptrace_scope is 1 or more, root or CAP_SYS_PTRACE.

  --listen ADDR          listen at 127.0.0.1:6060 or unix:/path; default: a socket for its user alone

  pprof-cpp attach redis-server
  pprof-cpp get redis-server profile --seconds 10 -o cpu.pb.gz
)";

constexpr std::array<Verb, 10> kVerbs = {{
    {"run", "[OPTIONS] [--] PROGRAM [ARGUMENT...]", "start a program with the profiler in it",
     kRunHelp, "listen: socket children: allocator: heap-interval:", 1, kAnyNumber, true, Run},
    {"ps", "[PROCESS...]", "list the processes that can be asked", kPsHelp, "", 0, kAnyNumber,
     false, Ps},
    {"get", "WHOM PROFILE [--seconds N] [-o FILE]", "fetch one profile", kGetHelp,
     "seconds: output:", 2, 2, false, Get},
    {"top", "WHOM [PROFILE] [OPTIONS]", "watch the functions that hold memory or use CPUs",
     kTopHelp, "seconds: by: rows: once", 1, 2, false, Top},
    {"stacks", "WHOM [--self]", "print the stacks of all threads", kStacksHelp, "self", 1, 1, false,
     Stacks},
    {"capture", "WHOM [-o FOLDER] [--seconds N]", "fetch everything into one archive", kCaptureHelp,
     "seconds: output:", 1, 1, false, Capture},
    {"captures", "WHOM [NAME|last] [-o FILE]", "list or fetch what was written before a death",
     kCapturesHelp, "output:", 1, 2, false, Captures},
    {"open", "WHOM PROFILE [--seconds N]", "look at a profile in the browser", kOpenHelp,
     "seconds: http:", 2, 2, false, Open},
    {"expose", "WHOM ADDR", "lead a local TCP port to a process", kExposeHelp, "", 2, 2, false,
     Expose},
    {"attach", "WHOM [--listen ADDR]", "put the profiler into a process that runs", kAttachHelp,
     "listen:", 1, 1, false, Attach},
}};

}  // namespace

const std::array<Verb, 10>& Verbs() { return kVerbs; }

}  // namespace pprof::command
