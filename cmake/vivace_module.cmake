# vivace_module(NAME wal DEPS vivace::base LIBS PkgConfig::lz4
#               SOURCES a.cc HEADERS a.h TESTS a_test.cc TEST_LIBS rapidcheck_library
#               FUZZ a_fuzz.cc)
#
# Makes the static library vivace_<name> (alias vivace::<name>), one program
# vivace_<name>_headers that compiles each header alone, the test program
# vivace_<name>_test (one ctest entry), and for each FUZZ source a program that
# replays tests/corpus/<target>/ in every preset and is a libFuzzer target with
# VIVACE_FUZZ.
#   DEPS       modules of ours that this one uses      LIBS  third-party, public
#   PRIVATE_LIBS  third-party that no header shows     TEST_DEPS modules only tests use

# Off where another preset checks the same headers anyway.
option(VIVACE_CHECK_HEADERS "Compile each header alone" ON)

function(vivace_module)
  cmake_parse_arguments(M "" "NAME"
    "DEPS;LIBS;PRIVATE_LIBS;SOURCES;HEADERS;TESTS;TEST_DEPS;TEST_LIBS;FUZZ" ${ARGN})
  if(M_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "vivace_module(${M_NAME}): unknown words ${M_UNPARSED_ARGUMENTS}")
  endif()
  set(library vivace_${M_NAME})

  add_library(${library} STATIC ${M_SOURCES} ${M_HEADERS})
  add_library(vivace::${M_NAME} ALIAS ${library})
  target_include_directories(${library} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${library}
    PUBLIC ${M_DEPS} ${M_LIBS} fmt::fmt Threads::Threads
    PRIVATE ${M_PRIVATE_LIBS} vivace_warnings)

  # Each header compiles alone: one generated source per header.
  set(header_sources)
  foreach(header IN LISTS M_HEADERS)
    string(MAKE_C_IDENTIFIER ${header} id)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/header_${id}.cc)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${M_NAME}/${header}\"\n" @ONLY)
    list(APPEND header_sources ${source})
  endforeach()
  if(header_sources AND VIVACE_CHECK_HEADERS)
    add_library(${library}_headers OBJECT ${header_sources})
    target_compile_options(${library}_headers PRIVATE -fsyntax-only -O0 -g0)
    target_link_libraries(${library}_headers PRIVATE ${library} vivace_warnings)
  endif()

  if(M_TESTS)
    add_executable(${library}_test ${M_TESTS})
    target_link_libraries(${library}_test PRIVATE
      ${library} ${M_TEST_DEPS} ${M_TEST_LIBS} GTest::gmock GTest::gtest_main vivace_warnings)
    add_test(NAME ${M_NAME} COMMAND ${library}_test)
    set_tests_properties(${M_NAME} PROPERTIES TIMEOUT 300 LABELS unit
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endif()

  foreach(source IN LISTS M_FUZZ)
    vivace_fuzz(${source} DEPS ${library})
  endforeach()
endfunction()

# A fuzz target from one source that defines LLVMFuzzerTestOneInput.
function(vivace_fuzz source)
  cmake_parse_arguments(F "" "" "DEPS" ${ARGN})
  cmake_path(GET source STEM target)
  set(corpus ${PROJECT_SOURCE_DIR}/tests/corpus/${target})
  add_executable(${target} ${source})
  if(VIVACE_FUZZ)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set(replay ${target} -runs=2000 -seed=1 -max_total_time=20 -timeout=10 ${corpus})
  else()
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/fuzz_replay_main.cc)
    set(replay ${target} ${corpus})
  endif()
  target_link_libraries(${target} PRIVATE ${F_DEPS} vivace_warnings)
  add_test(NAME ${target} COMMAND ${replay})
  set_tests_properties(${target} PROPERTIES TIMEOUT 120 LABELS fuzz)
endfunction()
