// A store, its thread and an uploader on a network thread, with short waits: the pushing half of a gateway.
#pragma once

#include <boost/asio/io_context.hpp>

#include "cloud-sync/influx/uploader.hpp"
#include "tests/support/real_server.hpp"
#include "tests/support/store_site.hpp"

namespace gateway::test {

using namespace std::chrono_literals;

// A gateway's keeping and pushing half, with the real clock's threads and a hand-turned wall clock.
class Pushing {
 public:
  Pushing(const Site& site, const FakeClock& clock, const std::filesystem::path& folder)
      : store_(std::move(*Store::open(folder, site, clock.now())), 1, clock) {
    UploaderOptions options;
    options.first_backoff = 20ms;
    options.longest_backoff = 200ms;
    options.refused_pause = 200ms;
    uploader_ = std::make_unique<Uploader>(context_.get_executor(), site.sinks[0], 0, store_, clock, options);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Pushing() {
    uploader_->stop();
    thread_.join();
    store_.stop();
  }
  void keep(std::uint64_t lines, std::unique_ptr<Batch> batch) {
    submitted_lines_ += lines;
    ASSERT_TRUE(eventually([&] { return store_.submit(batch, false); }));
  }
  bool delivered_everything() {
    return eventually([&] {
      const SinkFigures f = store_.figures(0);
      return f.kept_lines == submitted_lines_ && f.queued_values == 0;
    });
  }
  [[nodiscard]] SinkFigures figures() const { return store_.figures(0); }
  [[nodiscard]] SinkStatus status() const { return uploader_->status(); }
  StoreThread& store() { return store_; }

 private:
  StoreThread store_;
  std::uint64_t submitted_lines_ = 0;
  boost::asio::io_context context_;
  std::unique_ptr<Uploader> uploader_;
  std::thread thread_;
};

}  // namespace gateway::test
