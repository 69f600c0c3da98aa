#pragma once
// Whose data it is.

#include <string_view>

namespace vivace::receivers {

/// The tenant of everything while there is one; Tempo's name for it.
inline constexpr std::string_view kSingleTenant = "single-tenant";

}  // namespace vivace::receivers
