// PPROF_CPP_LISTEN for programs in C that link the profiler through CMake: such a program need not
// call anything, and it is asked for a profile only because its builder wanted that. So its server
// starts before main, and there is nothing to wait for.
//
// The file is a member of libpprof_endpoints.a, which the linker takes only for the option
// `-u pprof_cpp_listen_at_start`: see pprof-cpp-config.cmake. Programs in C++ start their server
// themselves. The preload library has preload.cpp in its place.
#include "profiler/preload/listening.h"

namespace {

void ListenAtStart() {
  auto* const listening = pprof::preload::Listening::FromEnvironment();
  if (listening != nullptr) listening->Serve();
}

}  // namespace

extern "C" __attribute__((constructor, visibility("hidden"))) void pprof_cpp_listen_at_start() {
  ListenAtStart();
}
