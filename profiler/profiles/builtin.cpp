#include "profiler/profiles/builtin.h"

namespace pprof::profiles {

std::vector<ProfileType> BuiltinTypes() { return {}; }

}  // namespace pprof::profiles
