// The command line of demo_app.
#pragma once

#include <chrono>
#include <string>

enum class Fix {
  kNone,   // the leak, as found
  kClear,  // every request clears its context: the fix
  kPurge,  // old contexts are purged periodically: the emergency fix
};

enum class Leak {
  kTable,  // a global table keeps every request: the incident
  kLost,   // records that nothing points to
};

struct Options {
  std::string listen = "127.0.0.1:8080";
  Fix fix = Fix::kNone;
  Leak leak = Leak::kTable;
  std::chrono::milliseconds purge_max_age{60000};
  std::chrono::milliseconds purge_interval{60000};
  bool debug = false;
  bool debug_mount = false;  // profiles also on the service's own port
  std::string debug_listen;  // empty: PPROF_CPP_LISTEN, or else 127.0.0.1:6060
};

struct ParsedOptions {
  bool run = false;   // false: main returns exit_code; messages are printed
  int exit_code = 0;  // 0 after --help, 2 for invalid arguments
  Options options;
};

ParsedOptions ParseOptions(int argc, char** argv);
