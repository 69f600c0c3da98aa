#include "tracing/shop_simulator.h"

#include <array>
#include <cmath>

#include <fmt/core.h>

namespace vivace::tracing {
namespace {

constexpr std::array<std::string_view, 5> kProducts = {
    "comet-book", "red-flashlight", "roof-binoculars", "solar-filter", "lens-kit"};
constexpr std::array<std::string_view, 5> kCities = {"Berlin", "Lyon", "Porto", "Tampere",
                                                     "Zagreb"};
constexpr std::uint64_t kPaymentFailurePercent = 15;
constexpr std::uint64_t kCacheHitPercent = 60;
constexpr std::uint64_t kSecondNs = 1'000'000'000;
// The showcase reads the catalogue once for each of these: the N+1 that it is there to show.
constexpr int kShowcaseCartItems = 16;

}  // namespace

/// The made-up time of one trace.
struct ShopSimulator::Timeline {
  std::uint64_t now_ns;
  Random* random;

  /// Lets about this much time pass.
  void Spend(double milliseconds) {
    const double jitter = 0.7 + 0.9 * static_cast<double>(random->Below(1000)) / 1000.0;
    now_ns += static_cast<std::uint64_t>(milliseconds * jitter * 1e6);
  }
};

/// A remote call: the client's span and, inside it, the server's.
struct ShopSimulator::Call {
  ActiveSpan client;
  ActiveSpan server;
};

ShopSimulator::ShopSimulator(double sample_rate, Clock& clock, Random& random, SpanSink& sink)
    : sample_rate_(sample_rate), clock_(clock), random_(random), sink_(sink) {}

ShopSimulator::~ShopSimulator() = default;

double ShopSimulator::Between(double low, double high) {
  return low + (high - low) * static_cast<double>(random_.Below(10'000)) / 10'000.0;
}

const Tracer& ShopSimulator::TracerOf(std::string_view service) {
  auto found = tracers_.find(service);
  if (found == tracers_.end()) {
    auto origin = std::make_shared<SpanOrigin>();
    origin->resource = ServiceResource(service, "2.4.1");
    origin->resource.attributes.push_back(MakeAttribute("deployment.environment.name", "demo"));
    origin->resource.attributes.push_back(MakeAttribute("service.namespace", "shop"));
    origin->resource.attributes.push_back(MakeAttribute("host.name", fmt::format("{}-0", service)));
    origin->scope.name = "shop";
    origin->scope.version = "1.0.0";
    found =
        tracers_
            .emplace(std::string(service), std::make_unique<Tracer>(std::move(origin), sample_rate_,
                                                                    clock_, random_, sink_))
            .first;
  }
  return *found->second;
}

ActiveSpan ShopSimulator::Begin(std::string_view service, std::string_view name,
                                const SpanContext* parent, const Timeline& time, SpanKind kind) {
  StartOptions options;
  options.kind = kind;
  options.start_unix_ns = time.now_ns;
  if (parent != nullptr) options.parent = *parent;
  return TracerOf(service).Start(name, options);
}

ShopSimulator::Call ShopSimulator::BeginCall(std::string_view client, std::string_view server,
                                             std::string_view method, const SpanContext& parent,
                                             Timeline& time) {
  const std::string name = fmt::format("shop.{}/{}", server, method);
  ActiveSpan outer = Begin(client, name, &parent, time, SpanKind::kClient);
  outer.SetAttribute("server.address", server);
  time.Spend(0.4);
  ActiveSpan inner = Begin(server, name, &outer.context(), time, SpanKind::kServer);
  for (ActiveSpan* span : {&outer, &inner}) {
    span->SetAttribute("rpc.system", "grpc");
    span->SetAttribute("rpc.service", fmt::format("shop.{}", server));
    span->SetAttribute("rpc.method", method);
  }
  time.Spend(0.3);
  return Call{std::move(outer), std::move(inner)};
}

void ShopSimulator::EndCall(Call& call, Timeline& time) {
  time.Spend(0.2);
  call.server.End(time.now_ns);
  time.Spend(0.2);
  call.client.End(time.now_ns);
}

void ShopSimulator::Query(std::string_view service, std::string_view system, std::string_view name,
                          std::string_view statement, const SpanContext& parent, Timeline& time,
                          double milliseconds) {
  ActiveSpan span = Begin(service, name, &parent, time, SpanKind::kClient);
  span.SetAttribute("db.system", system);
  span.SetAttribute(system == "redis" ? "db.operation" : "db.statement", statement);
  time.Spend(milliseconds);
  span.End(time.now_ns);
}

std::vector<TraceId> ShopSimulator::WriteTraces(int count) {
  std::vector<TraceId> ids;
  const auto now = static_cast<std::uint64_t>(clock_.UnixNanos());
  for (int i = 0; i < count; ++i) {
    const Timeline time{now - (2 + random_.Below(19)) * kSecondNs, &random_};
    ids.push_back(i % 3 == 2 ? WritePageView(time) : WriteOrder(time));
  }
  return ids;
}

TraceId ShopSimulator::WriteOrder(Timeline time) {
  const std::string_view product = kProducts[random_.Below(kProducts.size())];
  const auto quantity = static_cast<std::int64_t>(1 + random_.Below(4));
  const double amount = std::round(static_cast<double>(quantity) * Between(9, 250) * 100) / 100;

  ActiveSpan root = Begin("web-frontend", "POST /checkout", nullptr, time, SpanKind::kServer);
  root.SetAttribute("http.request.method", "POST");
  root.SetAttribute("http.route", "/checkout");
  root.SetAttribute("user.city", kCities[random_.Below(kCities.size())]);
  root.SetAttribute("order.items", quantity);
  ArrayValue products;
  for (std::int64_t i = 0; i < quantity; ++i) {
    products.values.push_back(AttributeValue{std::string(product)});
  }
  root.SetAttribute("order.products", AttributeValue{std::move(products)});
  time.Spend(1);
  Call checkout = BeginCall("web-frontend", "checkout", "PlaceOrder", root.context(), time);

  Call cart = BeginCall("checkout", "cart", "GetCart", checkout.server.context(), time);
  Query("cart", "redis", "HGETALL", "HGETALL", cart.server.context(), time, 1.1);
  cart.server.AddEvent("cart read", {MakeAttribute("items", quantity)}, time.now_ns);
  EndCall(cart, time);

  Call stock = BeginCall("checkout", "inventory", "Reserve", checkout.server.context(), time);
  Query("inventory", "postgresql", "SELECT stock",
        "SELECT quantity FROM stock WHERE product = $1 FOR UPDATE", stock.server.context(), time,
        6);
  Query("inventory", "postgresql", "UPDATE stock",
        "UPDATE stock SET quantity = quantity - $2 WHERE product = $1", stock.server.context(),
        time, 4);
  EndCall(stock, time);

  Call pay = BeginCall("checkout", "payment", "Charge", checkout.server.context(), time);
  pay.server.SetAttribute("payment.amount", amount);
  pay.server.SetAttribute("payment.currency", "EUR");
  pay.server.SetAttribute("payment.retry", false);
  time.Spend(45);
  const bool fails = random_.Chance(kPaymentFailurePercent, 100);
  if (fails) {
    constexpr std::string_view kReason = "card issuer did not answer within 40 ms";
    pay.server.RecordException("ConnectionError", kReason, time.now_ns);
    for (ActiveSpan* span : {&pay.client, &checkout.server, &checkout.client, &root}) {
      span->SetError(kReason);
    }
    EndCall(pay, time);
    EndCall(checkout, time);
  } else {
    EndCall(pay, time);
    ActiveSpan publish =
        Begin("checkout", "publish orders", &checkout.server.context(), time, SpanKind::kProducer);
    publish.SetAttribute("messaging.system", "kafka");
    publish.SetAttribute("messaging.destination.name", "orders");
    time.Spend(2);
    publish.End(time.now_ns);
    EndCall(checkout, time);
    Deliver(publish.context(), time);
  }
  root.SetAttribute("http.response.status_code", fails ? 502 : 200);
  time.Spend(0.2);
  root.End(time.now_ns);
  return root.context().trace_id;
}

/// What the queue's consumers do: children of the producer, linked to it as well.
void ShopSimulator::Deliver(const SpanContext& publish, Timeline time) {
  time.Spend(15);
  ActiveSpan consume = Begin("shipping", "process orders", &publish, time, SpanKind::kConsumer);
  consume.AddLink(publish, {MakeAttribute("link.reason", "message")});
  consume.SetAttribute("messaging.system", "kafka");
  consume.SetAttribute("messaging.destination.name", "orders");
  time.Spend(3);
  Query("shipping", "postgresql", "INSERT shipment", "INSERT INTO shipment VALUES ($1, $2)",
        consume.context(), time, 5);
  Call mail = BeginCall("shipping", "email", "SendConfirmation", consume.context(), time);
  time.Spend(12);
  mail.server.AddEvent("mail handed over", {MakeAttribute("mail.bytes", std::int64_t{4312})},
                       time.now_ns);
  EndCall(mail, time);
  time.Spend(0.2);
  consume.End(time.now_ns);
}

TraceId ShopSimulator::WritePageView(Timeline time) {
  const std::string_view product = kProducts[random_.Below(kProducts.size())];
  ActiveSpan root = Begin("web-frontend", "GET /product/{id}", nullptr, time, SpanKind::kServer);
  root.SetAttribute("http.request.method", "GET");
  root.SetAttribute("http.route", "/product/{id}");
  root.SetAttribute("product.id", product);
  root.SetAttribute("http.response.status_code", 200);
  Call call = BeginCall("web-frontend", "catalog", "GetProduct", root.context(), time);
  const bool hit = random_.Chance(kCacheHitPercent, 100);
  call.server.SetAttribute("cache.hit", hit);
  Query("catalog", "redis", "GET", "GET", call.server.context(), time, 0.6);
  if (!hit) {
    Query("catalog", "postgresql", "SELECT product", "SELECT * FROM product WHERE id = $1",
          call.server.context(), time, 8);
  }
  EndCall(call, time);
  time.Spend(0.2);
  root.End(time.now_ns);
  return root.context().trace_id;
}

TraceId ShopSimulator::WriteShowcase() {
  Timeline time{static_cast<std::uint64_t>(clock_.UnixNanos()) - 2 * kSecondNs, &random_};
  ActiveSpan root = Begin("web-frontend", "POST /checkout", nullptr, time, SpanKind::kServer);
  root.SetAttribute("http.request.method", "POST");
  root.SetAttribute("http.route", "/checkout");
  root.SetAttribute("user.city", kCities[random_.Below(kCities.size())]);
  root.SetAttribute("order.items", kShowcaseCartItems);
  root.AddEvent("cart validated", {MakeAttribute("items", std::int64_t{kShowcaseCartItems})},
                time.now_ns);
  time.Spend(2);
  Call checkout = BeginCall("web-frontend", "checkout", "PlaceOrder", root.context(), time);

  Call cart = BeginCall("checkout", "cart", "GetCart", checkout.server.context(), time);
  Query("cart", "redis", "HGETALL", "HGETALL", cart.server.context(), time, 1.2);
  EndCall(cart, time);

  // One call and one query per item: the classic that a waterfall makes visible.
  ActiveSpan prices =
      Begin("checkout", "price items", &checkout.server.context(), time, SpanKind::kInternal);
  for (int item = 0; item < kShowcaseCartItems; ++item) {
    Call product = BeginCall("checkout", "catalog", "GetProduct", prices.context(), time);
    product.server.SetAttribute("product.id",
                                kProducts[static_cast<std::size_t>(item) % kProducts.size()]);
    // The cache is cold for the first few; then the database is spared.
    if (item < 4) {
      Query("catalog", "postgresql", "SELECT product", "SELECT * FROM product WHERE id = $1",
            product.server.context(), time, 3);
    }
    EndCall(product, time);
  }
  prices.End(time.now_ns);

  Call stock = BeginCall("checkout", "inventory", "Reserve", checkout.server.context(), time);
  stock.server.AddEvent("waiting for a row lock", {MakeAttribute("table", "stock")}, time.now_ns);
  ActiveSpan slow =
      Begin("inventory", "SELECT stock", &stock.server.context(), time, SpanKind::kClient);
  slow.SetAttribute("db.system", "postgresql");
  slow.SetAttribute("db.statement",
                    "SELECT quantity FROM stock WHERE product = ANY($1) FOR UPDATE");
  slow.SetAttribute("db.rows", kShowcaseCartItems);
  time.Spend(320);
  slow.AddEvent("lock granted", {}, time.now_ns);
  slow.End(time.now_ns);
  Query("inventory", "postgresql", "UPDATE stock",
        "UPDATE stock SET quantity = quantity - $2 WHERE product = $1", stock.server.context(),
        time, 6);
  EndCall(stock, time);

  constexpr std::string_view kReason = "card issuer did not answer within 40 ms";
  for (const bool retry : {false, true}) {
    Call pay = BeginCall("checkout", "payment", "Charge", checkout.server.context(), time);
    pay.server.SetAttribute("payment.currency", "EUR");
    pay.server.SetAttribute("payment.amount", 412.5);
    pay.server.SetAttribute("payment.retry", retry);
    time.Spend(retry ? 30 : 40);
    if (!retry) {
      pay.server.RecordException("ConnectionError", kReason, time.now_ns);
      pay.client.SetError(kReason);
    }
    EndCall(pay, time);
    if (!retry) {
      checkout.server.AddEvent("payment is tried again",
                               {MakeAttribute("attempt", std::int64_t{2})}, time.now_ns);
      time.Spend(25);
    }
  }

  ActiveSpan publish =
      Begin("checkout", "publish orders", &checkout.server.context(), time, SpanKind::kProducer);
  publish.SetAttribute("messaging.system", "kafka");
  publish.SetAttribute("messaging.destination.name", "orders");
  time.Spend(2);
  publish.End(time.now_ns);
  EndCall(checkout, time);
  Deliver(publish.context(), time);
  root.SetAttribute("http.response.status_code", 200);
  time.Spend(1);
  root.End(time.now_ns);
  return root.context().trace_id;
}

}  // namespace vivace::tracing
