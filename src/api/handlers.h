#pragma once
// The endpoints by topic; each function registers its own.

#include "api/query_api.h"
#include "net/router.h"

namespace vivace::api {

void RegisterTraceById(net::Router& router, const ApiContext& context);
void RegisterSearch(net::Router& router, const ApiContext& context);
void RegisterTags(net::Router& router, const ApiContext& context);
void RegisterJaegerList(net::Router& router, const ApiContext& context);
void RegisterStatus(net::Router& router, const ApiContext& context);

}  // namespace vivace::api
