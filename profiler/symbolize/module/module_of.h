// The module that an executable mapping belongs to.
#pragma once

#include "profiler/symbolize/module/engine.h"

namespace pprof::symbolize {

// `mapping`: a sys::ExecutableMapping or a model::Mapping, which name the same things alike.
template <class Mapping>
ModuleRef ModuleOf(const Mapping& mapping) {
  ModuleRef module;
  module.path = mapping.path;
  module.build_id = mapping.build_id;
  module.bias = mapping.start - mapping.offset;
  module.offset = mapping.offset;
  module.size = mapping.limit - mapping.start;
  module.is_main_executable = mapping.main_executable;
  return module;
}

}  // namespace pprof::symbolize
