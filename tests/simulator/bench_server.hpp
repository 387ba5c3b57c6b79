// Many meters for benchmarks, on as little CPU as can be: one thread, prepared answers. Every unit id of every endpoint
// is a meter of the model generic-10.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace gateway::simulator {

class BenchServer {
 public:
  // The first endpoint on `port` (0: a free one), the others on free ports; places() tells.
  static std::expected<std::unique_ptr<BenchServer>, std::string> start(const std::string& host, int port,
                                                                        std::size_t endpoints);
  ~BenchServer();
  [[nodiscard]] const std::vector<std::string>& places() const noexcept { return places_; }

 private:
  BenchServer() = default;
  void run();
  std::vector<int> listeners_;
  std::vector<std::string> places_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace gateway::simulator
