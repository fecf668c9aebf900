# Sets `result` to the number of parameters of httplib::Server::process_request.
function(pprof_httplib_process_request_arguments result)
  if(DEFINED CACHE{PPROF_HTTPLIB_PROCESS_REQUEST_ARGUMENTS})
    set(${result} ${PPROF_HTTPLIB_PROCESS_REQUEST_ARGUMENTS} PARENT_SCOPE)
    return()
  endif()
  set(httplib httplib::httplib)
  get_target_property(aliased httplib::httplib ALIASED_TARGET)
  if(aliased)
    set(httplib ${aliased})  # try_compile takes imported targets, not aliases of them
  endif()
  set(call_4 "process_request(s, true, closed, setup)")
  set(call_8 "process_request(s, \"\", 0, \"\", 0, true, closed, setup)")
  set(call_9 "process_request(s, \"\", 0, \"\", 0, true, closed, setup, nullptr)")
  foreach(count 4 8 9)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/process_request_${count}.cpp")
    file(WRITE "${source}" "#include <httplib.h>
struct Probe : httplib::Server {
  void Call(httplib::Stream& s) {
    bool closed = false;
    const auto setup = [](httplib::Request&) {};
    ${call_${count}};
  }
};
")
    # Only compiles: without main, there is nothing to link.
    set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
    try_compile(found_${count} "${CMAKE_CURRENT_BINARY_DIR}/process_request_${count}" "${source}"
      LINK_LIBRARIES ${httplib} CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON)
    if(found_${count})
      message(STATUS "httplib::Server::process_request takes ${count} arguments")
      set(PPROF_HTTPLIB_PROCESS_REQUEST_ARGUMENTS ${count} CACHE INTERNAL "")
      set(${result} ${count} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "This version of cpp-httplib is not supported: Server::process_request takes neither 4 nor 8 nor 9 arguments.")
endfunction()
