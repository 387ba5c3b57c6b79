// A store, its thread and an uploader a sink on a network thread, with short waits: the pushing half of a gateway.
#pragma once

#include <boost/asio/io_context.hpp>

#include "cloud-sync/influx/uploader.hpp"
#include "tests/support/real_server.hpp"
#include "tests/support/store_site.hpp"

namespace gateway::test {

using namespace std::chrono_literals;

inline UploaderOptions short_waits() {
  UploaderOptions options;
  options.first_backoff = 20ms;
  options.longest_backoff = 200ms;
  options.refused_pause = 200ms;
  options.longest_hold = 20ms;
  options.longest_start_hold = 0ms;
  return options;
}

// A gateway's keeping and pushing half, with the real clock's threads and a hand-turned wall clock.
class Pushing {
 public:
  Pushing(const Site& site, const Clock& clock, const std::filesystem::path& folder,
          UploaderOptions options = short_waits(), const MakeTransport& make = {})
      : store_(std::move(*Store::open(folder, site, clock.now())), site.sinks.size(), clock) {
    for (std::size_t i = 0; i < site.sinks.size(); ++i)
      uploaders_.push_back(
          std::make_unique<Uploader>(context_.get_executor(), site.sinks[i], i, store_, clock, options, make));
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Pushing() {
    for (auto& uploader : uploaders_) uploader->stop();
    thread_.join();
    store_.stop();
  }
  void keep(std::uint64_t lines, std::unique_ptr<Batch> batch) {
    submitted_lines_ += lines;
    ASSERT_TRUE(eventually([&] { return store_.submit(batch, false); }));
  }
  bool kept_everything() {
    return eventually([&] { return store_.figures(0).kept_lines == submitted_lines_; });
  }
  bool delivered_everything(std::size_t sink = 0) {
    return eventually([&] {
      const SinkFigures f = store_.figures(sink);
      return f.kept_lines == submitted_lines_ && f.queued_values == 0;
    });
  }
  [[nodiscard]] SinkFigures figures(std::size_t sink = 0) const { return store_.figures(sink); }
  [[nodiscard]] SinkStatus status(std::size_t sink = 0) const { return uploaders_[sink]->status(); }
  StoreThread& store() { return store_; }

 private:
  StoreThread store_;
  std::uint64_t submitted_lines_ = 0;
  boost::asio::io_context context_;
  std::vector<std::unique_ptr<Uploader>> uploaders_;
  std::thread thread_;
};

}  // namespace gateway::test
