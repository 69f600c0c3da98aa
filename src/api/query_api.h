#pragma once
// The query API over HTTP: Tempo's endpoints, as docs/http-api.md lists them.

#include <cstdint>
#include <string>

#include "base/byte_accountant.h"
#include "base/clock.h"
#include "base/executor.h"
#include "net/router.h"
#include "query/budget.h"
#include "storage/store.h"

namespace vivace::api {

/// What the handlers use; all of it outlives the router.
struct ApiContext {
  const storage::Store& store;
  Executor& queries;  ///< Where queries run; a full queue answers 429.
  const Clock& clock;
  ByteAccountant* bytes = nullptr;  ///< Memory of queries is taken from here, if given.
  query::Budget::Limits limits{};
  std::string tenant = "single-tenant";  ///< Whose data is shown; Tempo's name for the only one.

  // Bounds of client numbers, Tempo's defaults.
  std::size_t search_limit_default = 20;
  std::size_t search_limit_max = 262'144;
  std::size_t spans_per_span_set_default = 3;
  std::size_t spans_per_span_set_max = 100;
};

/// Registers every endpoint of the query API; `context` outlives `router`.
void RegisterQueryApi(net::Router& router, const ApiContext& context);

}  // namespace vivace::api
