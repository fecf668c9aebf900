# Common settings of all targets: C++17, includes by full path, hidden symbols, warnings.
find_package(Threads REQUIRED)

function(pprof_target target)
  target_compile_features(${target} PUBLIC cxx_std_17)
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
  set_target_properties(${target} PROPERTIES
    CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  # With a program's link-time optimization malloc would be inlined into its callers.
  set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
  target_compile_options(${target} PRIVATE -fno-lto -Wall -Wextra -Wshadow -Wnon-virtual-dtor
    $<$<BOOL:${PPROF_CPP_WERROR}>:-Werror>)
  # clang holds the annotations of profiler/sys/thread/mutex.h against every use.
  target_compile_options(${target} PRIVATE
    "$<$<CXX_COMPILER_ID:Clang>:-Wthread-safety;-Wthread-safety-beta>")
  if(PPROF_CPP_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${PPROF_CPP_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${PPROF_CPP_SANITIZE})
    get_target_property(type ${target} TYPE)
    if(type STREQUAL EXECUTABLE)
      target_sources(${target} PRIVATE "${PROJECT_SOURCE_DIR}/tests/sanitizer_suppressions.cpp")
    endif()
    # gcc warns that ThreadSanitizer does not support fences; the tables that use one belong to the
    # heap sampler, which is off under it.
    target_compile_options(${target} PRIVATE
      $<$<AND:$<CXX_COMPILER_ID:GNU>,$<STREQUAL:${PPROF_CPP_SANITIZE},thread>>:-Wno-tsan>)
    # With the instrumentation of these two gcc reports members of std::regex and std::variant as
    # uninitialized.
    if(PPROF_CPP_SANITIZE MATCHES "address|thread")
      target_compile_options(${target} PRIVATE
        $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    endif()
  endif()
endfunction()
