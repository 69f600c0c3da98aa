# Third-party libraries, all from the distribution; reasons in docs/dependencies.md.
# Modules name what they need in LIBS.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(mimalloc REQUIRED)
find_package(ZLIB REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(lz4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)

# Header-only parts of Boost (Asio, Beast). No find_package: only headers are used.
find_path(VIVACE_BOOST_INCLUDE boost/beast.hpp REQUIRED)
add_library(boost_headers INTERFACE)
target_include_directories(boost_headers SYSTEM INTERFACE ${VIVACE_BOOST_INCLUDE})
target_compile_definitions(boost_headers INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
target_link_libraries(boost_headers INTERFACE Threads::Threads)

find_path(VIVACE_PROTOZERO_INCLUDE protozero/pbf_reader.hpp REQUIRED)
add_library(protozero_headers INTERFACE)
target_include_directories(protozero_headers SYSTEM INTERFACE ${VIVACE_PROTOZERO_INCLUDE})

find_path(VIVACE_RAPIDCHECK_INCLUDE rapidcheck.h REQUIRED)
find_library(VIVACE_RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
add_library(rapidcheck_library INTERFACE)
target_include_directories(rapidcheck_library SYSTEM INTERFACE ${VIVACE_RAPIDCHECK_INCLUDE})
target_link_libraries(rapidcheck_library INTERFACE ${VIVACE_RAPIDCHECK_LIBRARY})
