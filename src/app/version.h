#pragma once
// The version of this build.

#include <string_view>

namespace vivace::app {

inline constexpr std::string_view kVersion = VIVACE_VERSION;

}  // namespace vivace::app
