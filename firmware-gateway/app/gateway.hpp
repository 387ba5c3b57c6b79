// The one place that wires the parts: buses and sensors to the core, the core to the store and the web server, the
// store to the uploaders.
//
// start() brings everything up or says what stopped it (a dashboard that can't be served does not: it is a fault, and
// tried again); stop() takes it down in order, so that everything that was read is kept. Both are for the main thread.
// One object lives per configuration: a reload ends it and makes another.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/site.hpp"

namespace gateway {

struct GatewayOptions {
  std::filesystem::path data_folder;
  std::string boot_id;
};

class Gateway {
 public:
  // Site and clock must outlive the gateway.
  Gateway(const Site& site, const Clock& clock, GatewayOptions options);
  ~Gateway();

  // Opens the store, which takes minutes where it has to be mended. start() does it if nobody has.
  Expected<void> open();
  Expected<void> start();
  void stop();
  // About once a second, by the main thread: what needs a look now and then.
  void tick();

  // The store is in memory because the disk took nothing, and now the disk works again: end this gateway and start
  // another, which takes over what is in memory. Main thread, after tick().
  [[nodiscard]] bool wants_restart() const;
  // site.toml can't be used, because of this; another configuration runs. "": all is well. Main thread.
  void refused_configuration(std::string why);

  // Where the dashboard is, or that it is not served yet, for the log; after start().
  [[nodiscard]] std::string address() const;
  // What does not move, one line a part; empty: all well. Any thread.
  [[nodiscard]] std::vector<std::string> health() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gateway
