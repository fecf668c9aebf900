# Refuses compilers that the project is not tested with, in one sentence. An older one fails in the
# middle of a file with messages about C++17 and attributes. Another kind was never tried, and the
# compiler's inlining and unwind tables decide what a profile says.
set(_pprof_oldest_GNU 12)
set(_pprof_oldest_Clang 14)
set(_pprof_compiler "${CMAKE_CXX_COMPILER} is ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
if(NOT DEFINED _pprof_oldest_${CMAKE_CXX_COMPILER_ID} OR
   CMAKE_CXX_COMPILER_VERSION VERSION_LESS _pprof_oldest_${CMAKE_CXX_COMPILER_ID})
  message(FATAL_ERROR "pprof-cpp needs g++ 12 or clang++ 14 or newer; ${_pprof_compiler}. "
    "Name another one in an empty build folder: cmake -DCMAKE_CXX_COMPILER=g++-12 ...")
endif()
