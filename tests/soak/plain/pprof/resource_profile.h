// Replaces pprof/resource_profile.h in demo_app_plain, the demo without pprof-cpp.
#pragma once

namespace pprof {

struct ResourceProfile {
  struct Entry {};
  ResourceProfile(const char*, const char*) {}
  Entry Add() { return {}; }
};

}  // namespace pprof
