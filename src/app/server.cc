#include "app/server.h"

#include <utility>

#include "api/query_api.h"
#include "app/own_api.h"
#include "app/process_metrics.h"
#include "app/version.h"
#include "app/web_assets.h"
#include "base/byte_accountant.h"
#include "base/executor.h"
#include "base/file_system.h"
#include "base/log.h"
#include "net/server.h"
#include "receivers/otlp_receiver.h"
#include "receivers/tenant.h"
#include "storage/store.h"

namespace vivace::app {
namespace {

// Threads that make row groups and blocks: one may write a block while the other makes fresh
// data columnar for a search.
constexpr std::size_t kBackgroundThreads = 2;
constexpr std::size_t kBackgroundTasksMax = 1024;
// Searches that wait for a thread; more are told to come back.
constexpr std::size_t kQueryTasksMax = 256;

/// Hands what receivers take to the store.
class StoreSink final : public receivers::SpanSink {
 public:
  explicit StoreSink(storage::Store& store) : store_(store) {}
  void Append(std::string tenant, otlp::Batch batch, std::function<void(Status)> done) override {
    store_.Append(std::move(tenant), std::move(batch), std::move(done));
  }

 private:
  storage::Store& store_;
};

class LocalServer final : public Server {
 public:
  explicit LocalServer(const ServeConfig& config)
      : config_(config),
        bytes_(config.memory_bytes_max),
        background_({.name = "background",
                     .threads = kBackgroundThreads,
                     .queue_tasks_max = kBackgroundTasksMax}),
        queries_(
            {.name = "query", .threads = config.query_threads, .queue_tasks_max = kQueryTasksMax}),
        network_({.io_threads = config.io_threads}, RealClock(), bytes_, Metrics()) {}

  ~LocalServer() override { IgnoreError(Stop(), "logged by the part that failed"); }

  Status Start() {
    AddProcessMetrics(Metrics(), RealClock());
    RETURN_IF_ERROR(OpenStore());
    RETURN_IF_ERROR(Listen());
    RETURN_IF_ERROR(network_.Start());
    RETURN_IF_ERROR(WriteListeningFile(RealFileSystem(), ListeningPath(), addresses_));
    announced_ = true;
    LogInfo("vivace serves", {{"version", kVersion},
                              {"http", addresses_.http},
                              {"otlp_http", addresses_.otlp_http},
                              {"otlp_grpc", addresses_.otlp_grpc},
                              {"data", config_.data_dir}});
    return {};
  }

  const ListeningAddresses& addresses() const override { return addresses_; }

  Status Stop() override {
    if (std::exchange(stopped_, true)) return {};
    if (announced_) {
      IgnoreError(RealFileSystem().Remove(ListeningPath()), "it means nothing without a server");
    }
    network_.Stop(config_.stop_grace);
    queries_.Stop();
    Status status;
    if (store_ != nullptr) status = store_->Stop();
    background_.Stop();
    LogInfo("vivace has stopped");
    return status;
  }

 private:
  std::string ListeningPath() const { return JoinPath(config_.data_dir, "listening.json"); }

  Status OpenStore() {
    storage::StoreConfig config;
    config.folder = config_.data_dir;
    config.cut_bytes = config_.block_cut_bytes;
    config.cut_age = config_.block_cut_age;
    config.live_bytes_max = config_.live_bytes_max;
    ASSIGN_OR_RETURN(store_, storage::Store::Open(std::move(config), {.files = RealFileSystem(),
                                                                      .clock = RealClock(),
                                                                      .random = SystemRandom(),
                                                                      .background = background_,
                                                                      .bytes = bytes_,
                                                                      .metrics = Metrics()}));
    sink_ = std::make_unique<StoreSink>(*store_);
    return {};
  }

  net::Router OtlpRouter() {
    net::Router router;
    receivers::RegisterOtlp(router, *receiver_);
    return router;
  }

  net::Router QueryRouter() {
    net::Router router;
    api::RegisterQueryApi(router, *query_api_);
    RegisterOwnApi(router, *own_api_);
    RegisterWebUi(router, WebAssets());
    return router;
  }

  Status Listen() {
    receiver_ = std::make_unique<receivers::ReceiverContext>(
        receivers::ReceiverContext{.spans = *sink_, .first_data = first_data_});
    query::Budget::Limits query_limits;
    query_limits.time_max = config_.query_timeout;
    query_api_ = std::make_unique<api::ApiContext>(
        api::ApiContext{.store = *store_,
                        .queries = queries_,
                        .clock = RealClock(),
                        .bytes = &bytes_,
                        .limits = query_limits,
                        .tenant = std::string(receivers::kSingleTenant)});
    own_api_ = std::make_unique<OwnApiContext>(
        OwnApiContext{.spans = *sink_,
                      .first_data = first_data_,
                      .workers = queries_,
                      .clock = RealClock(),
                      .random = SystemRandom(),
                      .flush = [this] { return store_->Flush(); },
                      .otlp_connections =
                          [this] {
                            return network_.ConnectionsAccepted("otlp_http") +
                                   network_.ConnectionsAccepted("otlp_grpc");
                          },
                      .otlp_http_address = addresses_.otlp_http,
                      .otlp_grpc_address = addresses_.otlp_grpc});
    ASSIGN_OR_RETURN(
        addresses_.otlp_http,
        network_.Listen(Listener("otlp_http", config_.otlp_http_address), OtlpRouter()));
    ASSIGN_OR_RETURN(
        addresses_.otlp_grpc,
        network_.Listen(Listener("otlp_grpc", config_.otlp_grpc_address), OtlpRouter()));
    ASSIGN_OR_RETURN(addresses_.http,
                     network_.Listen(Listener("http", config_.http_address), QueryRouter()));
    return {};
  }

  net::ListenerConfig Listener(std::string name, std::string address) const {
    net::ListenerConfig listener;
    listener.name = std::move(name);
    listener.address = std::move(address);
    listener.limits = config_.limits;
    listener.tls_enabled = !config_.tls_certificate_path.empty();
    listener.tls.certificate_path = config_.tls_certificate_path;
    listener.tls.key_path = config_.tls_key_path;
    return listener;
  }

  // In the order in which they are built; Stop ends them in reverse.
  const ServeConfig config_;
  ByteAccountant bytes_;
  receivers::FirstData first_data_;
  ListeningAddresses addresses_;
  ThreadPool background_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<StoreSink> sink_;
  ThreadPool queries_;
  std::unique_ptr<receivers::ReceiverContext> receiver_;
  std::unique_ptr<api::ApiContext> query_api_;
  std::unique_ptr<OwnApiContext> own_api_;
  net::Server network_;
  bool announced_ = false;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(const ServeConfig& config) {
  auto server = std::make_unique<LocalServer>(config);
  RETURN_IF_ERROR(server->Start());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace vivace::app
