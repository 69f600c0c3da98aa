#include "api/query_api.h"

#include "api/handlers.h"

namespace vivace::api {

void RegisterQueryApi(net::Router& router, const ApiContext& context) {
  RegisterTraceById(router, context);
  RegisterSearch(router, context);
  RegisterTags(router, context);
  RegisterJaegerList(router, context);
  RegisterStatus(router, context);
}

}  // namespace vivace::api
