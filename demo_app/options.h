// The command line of demo_app.
#pragma once

#include <chrono>
#include <string>

enum class Fix {
  kNone,   // the leak, as it was found
  kClear,  // every request clears its context: the cure
  kPurge,  // old contexts are thrown away now and then: the emergency fix
};

struct Options {
  std::string listen = "127.0.0.1:8080";
  Fix fix = Fix::kNone;
  std::chrono::milliseconds purge_max_age{60000};
  std::chrono::milliseconds purge_interval{60000};
  bool debug = false;
  bool debug_mount = false;  // the profiles on the service's own port, too
  std::string debug_listen;  // empty: as the environment says (PPROF_CPP_LISTEN), or 127.0.0.1:6060
};

struct ParsedOptions {
  bool run = false;   // false: main returns exit_code, all has been said
  int exit_code = 0;  // 0 after --help, 2 for words that cannot be understood
  Options options;
};

ParsedOptions ParseOptions(int argc, char** argv);
