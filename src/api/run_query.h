#pragma once
// Running of a request's query on the executor, away from the I/O threads.

#include <functional>
#include <string>
#include <vector>

#include "api/query_api.h"
#include "base/result.h"
#include "net/http.h"
#include "query/budget.h"

namespace vivace::api {

/// Computes an answer. An error becomes a plain text answer with the status of its code.
using QueryTask = std::function<Result<net::HttpResponse>(const net::HttpRequest& request,
                                                          query::Budget& budget)>;

/// A handler that runs `task` on the context's executor, with a deadline, and stops it when the
/// client has gone.
net::HttpHandler OnExecutor(const ApiContext& context, QueryTask task);

/// The answer for an error: plain text, one line.
net::HttpResponse ErrorResponse(const Error& error);

/// Says in the header `Vivace-Partial` why an answer may lack something; nothing if `reasons` is
/// empty. Tempo's answers have no field for it, and Grafana refuses unknown ones.
void AddPartialHeader(const std::vector<std::string>& reasons, net::HttpResponse& response);

}  // namespace vivace::api
