# Language, warnings, build types and sanitizers, the same for every target.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

# Dev: quick to compile, still quick enough for the long tests, readable stacks.
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1 -fno-omit-frame-pointer" CACHE STRING "" FORCE)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -fno-omit-frame-pointer" CACHE STRING "" FORCE)

# x86-64-v2 (2009 and later) is what Debian's own fast paths may assume; wider
# instructions are chosen at run time where they pay.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-march=x86-64-v2)
endif()

set(VIVACE_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined or thread")
if(VIVACE_SANITIZE)
  add_compile_options(-fsanitize=${VIVACE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${VIVACE_SANITIZE})
endif()
option(VIVACE_FUZZ "Build libFuzzer targets (clang only)" OFF)
if(VIVACE_FUZZ)
  # Without this the fuzzer sees the target's own file only and learns nothing of the rest.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(VIVACE_CCACHE ccache)
if(VIVACE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${VIVACE_CCACHE})
endif()

# Every target of ours links this; third-party headers are SYSTEM and exempt.
add_library(vivace_warnings INTERFACE)
target_compile_options(vivace_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Werror=thread-safety>)

# With its full optimisation or sanitizers g++ 12 takes unused alternatives of std::variant and
# std::optional for uninitialised; clang's analysis and the sanitizers find the real ones.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND (CMAKE_BUILD_TYPE STREQUAL "Release" OR VIVACE_SANITIZE))
  target_compile_options(vivace_warnings INTERFACE -Wno-maybe-uninitialized)
endif()
