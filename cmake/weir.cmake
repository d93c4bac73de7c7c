# How every target of weir is built: warnings, sanitizers, caches, and the helpers that the
# CMakeLists.txt of each folder use.

find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${WEIR_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WEIR_CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

add_library(weir_flags INTERFACE)
target_compile_options(weir_flags INTERFACE -Wall -Wextra -Wconversion -Wshadow)
if(WEIR_WERROR)
  target_compile_options(weir_flags INTERFACE -Werror)
endif()
if(WEIR_SANITIZE)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
  if(WEIR_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # The fences in moodycamel's queue, which it cannot follow; and what is no fault without the sanitizer's calls.
    add_compile_options(-Wno-tsan -Wno-maybe-uninitialized)
  endif()
  if(WEIR_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
if(WEIR_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# With WEIR_PRECOMPILED the headers that most sources read are read once: a build from nothing takes half of the time.
# It is off by default: a compiler cache serves better, and a source that forgot an include would compile.
option(WEIR_PRECOMPILED "Read the standard library's headers once, for builds from nothing" OFF)
set(WEIR_PRECOMPILED_HEADERS
  algorithm array atomic charconv chrono cstdint cstring deque functional map memory mutex optional set span string
  string_view unordered_map utility variant vector)
function(weir_add_precompiled name)
  set(source ${PROJECT_BINARY_DIR}/precompiled/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Of nothing but its precompiled header.\n")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${source})
  list(TRANSFORM WEIR_PRECOMPILED_HEADERS PREPEND "<" OUTPUT_VARIABLE headers)
  list(TRANSFORM headers APPEND ">")
  target_precompile_headers(${name} PRIVATE ${headers} ${ARGN})
  target_link_libraries(${name} PRIVATE weir_flags)
endfunction()
if(WEIR_PRECOMPILED)
  add_compile_options(-pthread) # it defines a macro, and all sources of a precompiled header must have the same
  weir_add_precompiled(weir_precompiled)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # What the optimiser of g++ 12 says about the library's own code, it says here although that is a system's header.
    add_compile_options(-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict)
  endif()
endif()

# A room is a folder of proxy/, or the parser. Each has an include path of its own, a folder of the build that holds
# a link to it and nothing else: a library sees the rooms that it links, and an include of another room does not
# compile (ARCHITECTURE.md, "Who may include what").
function(weir_room_of folder room)
  file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${folder})
  string(REGEX REPLACE "^proxy/" "" path ${path})
  string(REGEX REPLACE "/.*" "" path ${path})
  set(${room} ${path} PARENT_SCOPE)
endfunction()

function(weir_room_include_path room variable)
  set(path ${PROJECT_BINARY_DIR}/rooms/${room})
  if(room STREQUAL parser)
    set(folder ${PROJECT_SOURCE_DIR}/parser)
  elseif(room STREQUAL data)
    set(folder ${PROJECT_SOURCE_DIR}/bench/data)
  else()
    set(folder ${PROJECT_SOURCE_DIR}/proxy/${room})
  endif()
  if(NOT EXISTS ${path}/${room})
    file(MAKE_DIRECTORY ${path})
    file(CREATE_LINK ${folder} ${path}/${room} SYMBOLIC)
  endif()
  set(${variable} ${path} PARENT_SCOPE)
endfunction()

# weir_library(NAME sources... [ROOM room] [LINK public libraries...] [LINK_PRIVATE libraries...])
function(weir_library name)
  cmake_parse_arguments(ARG "" "ROOM" "LINK;LINK_PRIVATE" ${ARGN})
  if(NOT ARG_ROOM)
    weir_room_of(${CMAKE_CURRENT_SOURCE_DIR} ARG_ROOM)
  endif()
  weir_room_include_path(${ARG_ROOM} include_path)
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  # BUILD_INTERFACE: a library that is installed takes neither our folders nor our flags with it.
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${include_path}>)
  target_link_libraries(${name}
    PUBLIC ${ARG_LINK} PRIVATE $<BUILD_INTERFACE:weir_flags> ${ARG_LINK_PRIVATE})
  if(WEIR_PRECOMPILED AND NOT ARG_ROOM STREQUAL parser)
    target_precompile_headers(${name} REUSE_FROM weir_precompiled)
  endif()
endfunction()

# What the sanitizers build: all unit tests and fuzzers' seeds, or those that start threads.
add_custom_target(unit_tests)
add_custom_target(thread_tests)
add_custom_target(fuzzers)

# What is looked at is the code under test; without this its tests take more than half of the build's time.
function(weir_test_flags name is_long)
  if(WEIR_SANITIZE MATCHES undefined AND NOT is_long)
    target_compile_options(${name} PRIVATE -O0 -fno-sanitize=undefined)
  endif()
endfunction()

# weir_test(NAME [THREADS] [LONG] sources... LINK libraries...): one GoogleTest program and ctest test.
# THREADS: it starts threads, so that it is worth a run under ThreadSanitizer. LONG: its own loops take most of its time.
function(weir_test name)
  cmake_parse_arguments(ARG "THREADS;LONG" "" "LINK" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} weir_flags GTest::gtest GTest::gtest_main)
  weir_test_flags(${name} ${ARG_LONG})
  if(WEIR_SANITIZE MATCHES thread)
    # A target of its own, as a precompiled header of C++ is not for a source in C.
    if(NOT TARGET weir_tsan_threads)
      add_library(weir_tsan_threads OBJECT ${PROJECT_SOURCE_DIR}/tests/tsan_threads.c)
    endif()
    target_link_libraries(${name} PRIVATE weir_tsan_threads)
  endif()
  if(WEIR_PRECOMPILED AND NOT ARG_LONG)
    if(NOT TARGET weir_precompiled_test)
      weir_add_precompiled(weir_precompiled_test <gtest/gtest.h>)
      weir_test_flags(weir_precompiled_test NO)
      target_link_libraries(weir_precompiled_test PRIVATE GTest::gtest)
    endif()
    target_precompile_headers(${name} REUSE_FROM weir_precompiled_test)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS unit)
  add_dependencies(unit_tests ${name})
  if(ARG_THREADS)
    set_tests_properties(${name} PROPERTIES LABELS "unit;threads")
    add_dependencies(thread_tests ${name})
  endif()
endfunction()

# weir_process_tests(PREFIX files... [ENVIRONMENT variables...]): a ctest test PREFIX_NAME of each test_NAME.py, which pytest
# runs from this folder. They start processes: weir, where it is built, and those of build/servers.
function(weir_process_tests prefix)
  cmake_parse_arguments(ARG "" "" "ENVIRONMENT" ${ARGN})
  set(environment "WEIR_SERVERS=${PROJECT_SOURCE_DIR}/build/servers" "PYTHONDONTWRITEBYTECODE=1")
  if(TARGET weir)
    list(APPEND environment "WEIR_BINARY=$<TARGET_FILE:weir>")
  endif()
  list(APPEND environment ${ARG_ENVIRONMENT})
  foreach(file ${ARG_UNPARSED_ARGUMENTS})
    get_filename_component(name ${file} NAME_WE)
    string(REGEX REPLACE "^test_" "${prefix}_" name ${name})
    add_test(NAME ${name}
      COMMAND ${WEIR_PYTHON} -m pytest -q -p no:cacheprovider --tb=short ${file}
      WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    # Where pytest has skipped all of a file, ctest says so, too.
    set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS integration
      ENVIRONMENT "${environment}" SKIP_REGULAR_EXPRESSION "\n[0-9]+ skipped in")
  endforeach()
endfunction()

# For the tests that read files of the project: only these sources know where it lies, so that a
# compiler cache serves all others in every checkout.
set(WEIR_KNOWS_SOURCE_DIR "WEIR_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\"")

# weir_fuzzer(NAME source LINK libraries...): with WEIR_FUZZ a libFuzzer program; either way a test that replays the
# committed seeds of tests/fuzz/seeds/NAME.
function(weir_fuzzer name source)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  set(seeds ${PROJECT_SOURCE_DIR}/tests/fuzz/seeds/${name})
  if(WEIR_FUZZ)
    add_executable(${name} ${source})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${name}_seeds COMMAND ${name} -runs=0 ${seeds})
  else()
    add_executable(${name} ${source} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
    add_test(NAME ${name}_seeds COMMAND ${name} ${seeds})
  endif()
  set_tests_properties(${name}_seeds PROPERTIES TIMEOUT 120 LABELS fuzz)
  add_dependencies(unit_tests ${name})
  add_dependencies(fuzzers ${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} weir_flags)
endfunction()
