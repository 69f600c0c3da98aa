// The bytes of the web UI. The assembler includes the packed file as it is, which costs no
// compile time; the index says what lies where.
#include "app/web_assets.h"

#ifdef VIVACE_WEB_ASSETS
// clang-format off
asm(".section .rodata\n"
    ".global vivace_web_assets_begin\n"
    ".balign 16\n"
    "vivace_web_assets_begin:\n"
    ".incbin \"" VIVACE_WEB_ASSETS "\"\n"
    ".byte 0\n"
    ".previous\n");
// clang-format on
extern "C" const std::byte vivace_web_assets_begin[];
#endif

namespace vivace::app {

std::span<const WebAsset> WebAssets() {
#ifdef VIVACE_WEB_ASSETS
#define WEB_ASSET(path, content_type, tag, immutable, plain_bytes, gzip_at, gzip_bytes, brotli_at, \
                  brotli_bytes)                                                                    \
  WebAsset{path,                                                                                   \
           content_type,                                                                           \
           tag,                                                                                    \
           immutable,                                                                              \
           plain_bytes,                                                                            \
           ByteView(vivace_web_assets_begin + (gzip_at), gzip_bytes),                              \
           ByteView(vivace_web_assets_begin + (brotli_at), brotli_bytes)},
  static const WebAsset kAssets[] = {
#include "web_assets_index.inc"
  };
#undef WEB_ASSET
  return kAssets;
#else
  return {};
#endif
}

}  // namespace vivace::app
