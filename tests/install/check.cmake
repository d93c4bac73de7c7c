# Installs weir's build into a folder of its own, builds docs/example against that, runs it on
# points.lp and compares what it prints. Variables: see CMakeLists.txt beside this file.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output
    ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nended with ${status}:\n${output}")
  endif()
endfunction()

function(require_file path)
  if(NOT EXISTS ${path})
    message(FATAL_ERROR "cmake --install left out ${path}")
  endif()
endfunction()

file(REMOVE_RECURSE ${work})
file(MAKE_DIRECTORY ${work})
run(${CMAKE_COMMAND} --install ${weir_build} --prefix ${work}/prefix)
require_file(${work}/prefix/include/weir/line_protocol.hpp)
if(has_program)
  require_file(${work}/prefix/bin/weir)
endif()
file(GLOB inner RELATIVE ${work}/prefix/include/weir ${work}/prefix/include/weir/*)
if(NOT inner STREQUAL "line_protocol.hpp")
  message(FATAL_ERROR "not only the public header was installed: ${inner}")
endif()

# No configuration, no flags: the library must say itself what its users need.
run(${CMAKE_COMMAND} -S ${example} -B ${work}/example -DCMAKE_PREFIX_PATH=${work}/prefix
  -DCMAKE_CXX_COMPILER=${compiler} -DCMAKE_CXX_FLAGS=-Wall\ -Wextra\ -Werror)
run(${CMAKE_COMMAND} --build ${work}/example)

execute_process(COMMAND ${work}/example/list_points ${CMAKE_CURRENT_LIST_DIR}/points.lp
  RESULT_VARIABLE status OUTPUT_VARIABLE output)
file(READ ${CMAKE_CURRENT_LIST_DIR}/expected.txt expected)
if(NOT status EQUAL 1) # some of its lines are bad
  message(FATAL_ERROR "list_points ended with ${status}:\n${output}")
endif()
if(NOT output STREQUAL expected)
  message(FATAL_ERROR "list_points printed\n${output}\ninstead of\n${expected}")
endif()

# A version that is too new is refused, and so is a component that there is none of.
foreach(wish "99.0" "0.1 COMPONENTS nothing_of_weir")
  string(MAKE_C_IDENTIFIER "${wish}" name)
  file(WRITE ${work}/${name}/CMakeLists.txt "cmake_minimum_required(VERSION 3.22)
project(wish LANGUAGES CXX)
find_package(weir ${wish} QUIET)
if(weir_FOUND)
  message(FATAL_ERROR \"found\")
endif()
")
  run(${CMAKE_COMMAND} -S ${work}/${name} -B ${work}/${name}/build
    -DCMAKE_PREFIX_PATH=${work}/prefix -DCMAKE_CXX_COMPILER=${compiler})
endforeach()
file(REMOVE_RECURSE ${work})
