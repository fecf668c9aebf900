// pprof-cpp: starts programs with the profiler in them, and asks programs that have it.
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include "command/failure.h"
#include "command/verb.h"
#include "pprof/version.h"

namespace {

using pprof::command::Failure;
using pprof::command::Verb;
using pprof::command::Verbs;

constexpr char kExamples[] = R"(
  pprof-cpp run -- redis-server --port 7000     start it
  pprof-cpp ps                                  what can be asked?
  pprof-cpp top redis-server                    which functions hold memory, and which get more
  pprof-cpp get redis-server profile --seconds 10 -o cpu.pb.gz
  go tool pprof -top cpu.pb.gz                  where the time went

WHOM is a process by its number or name, or an address: 127.0.0.1:6060, http://host:6060,
unix:/path. A server behind a token is asked with http://:TOKEN@host:6060, or with the token in the
file that PPROF_CPP_TOKEN_FILE names.

It ends with 0; 1 when the server or the system refuses; 2 when the command line makes no sense;
3 when nobody answers. run ends as the program does, or with 126 or 127 when it cannot start it.

pprof-cpp VERB --help says more about each.
)";

void PrintHelp() {
  std::puts(
      "Profiles of running programs: memory, CPU, threads, locks.\n\n"
      "usage: pprof-cpp VERB ...\n");
  for (const Verb& verb : Verbs()) std::printf("  %-9s %s\n", verb.name, verb.summary);
  std::fputs(kExamples, stdout);
}

void PrintHelp(const Verb& verb) {
  std::printf("usage: pprof-cpp %s %s\n%s", verb.name, verb.usage, verb.help);
}

const Verb& VerbOf(const std::string& name) {
  for (const Verb& verb : Verbs()) {
    if (name == verb.name) return verb;
  }
  throw Failure("there is no verb \"" + name + "\"; see pprof-cpp --help", pprof::command::kUsage);
}

int Main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "--help";
  if (first == "--version" || first == "-V") {
    std::puts("pprof-cpp " PPROF_CPP_VERSION_TEXT);
    return 0;
  }
  if (first == "--help" || first == "-h" || (first == "help" && argc == 2)) {
    PrintHelp();
    return argc > 1 ? 0 : pprof::command::kUsage;
  }
  if (first == "help") {
    PrintHelp(VerbOf(argv[2]));
    return 0;
  }
  const Verb& verb = VerbOf(first);
  const auto words = ParseWords(verb, argc - 1, argv + 1);
  if (!words.Has("help")) return verb.run(words);
  PrintHelp(verb);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int code = Main(argc, argv);
    if (std::fflush(stdout) == 0) return code;
    std::fputs("pprof-cpp: stdout cannot be written\n", stderr);
  } catch (const Failure& failure) {
    std::fprintf(stderr, "pprof-cpp: %s\n", failure.what());
    return failure.exit_code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pprof-cpp: %s\n", error.what());
  }
  return pprof::command::kFailed;
}
