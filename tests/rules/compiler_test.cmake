# PprofCompiler.cmake lets the tested compilers through and refuses older ones and other kinds.
# Run as cmake -P compiler_test.cmake, beside the project's cmake folder.
set(rule "${CMAKE_CURRENT_LIST_DIR}/../../cmake/PprofCompiler.cmake")

function(expect outcome id version)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -DCMAKE_CXX_COMPILER=c++ -DCMAKE_CXX_COMPILER_ID=${id}
      -DCMAKE_CXX_COMPILER_VERSION=${version} -P "${rule}"
    RESULT_VARIABLE status ERROR_VARIABLE message)
  string(REGEX REPLACE "[ \n]+" " " message "${message}")
  if(status EQUAL 0)
    set(seen accepted)
  elseif(message MATCHES "needs g\\+\\+ 12 or clang\\+\\+ 14 or newer; c\\+\\+ is ${id} ${version}")
    set(seen refused)
  endif()
  if(NOT seen STREQUAL outcome)
    message(SEND_ERROR "${id} ${version} should be ${outcome}; CMake ended with ${status}: ${message}")
  endif()
endfunction()

expect(accepted GNU 12)
expect(accepted GNU 12.2.0)
expect(accepted GNU 14.1.0)
expect(accepted Clang 14.0.6)
expect(refused GNU 11.4.0)
expect(refused GNU 9)
expect(refused Clang 13.0.1)
expect(refused AppleClang 15.0.0)
expect(refused Intel 2021.1)
