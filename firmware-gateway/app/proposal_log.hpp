// What the log says of devices that announced themselves: each once, by id and topic, and no more of them than a person
// would read; the blocks to paste are on the device page. What is announced comes from whoever may publish: nothing of
// it reaches the log but printable text of bounded length. For one thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "collectors/sensing/discovery.hpp"

namespace gateway {

class ProposalLog {
 public:
  // The lines for what is new since the last call. Cheap when nothing is.
  [[nodiscard]] std::vector<std::string> news(const Discovery::Proposals& proposals, const DiscoveryStatus& status);

  static constexpr std::size_t most_told = 200;

 private:
  Discovery::Proposals seen_;
  std::set<std::string, std::less<>> told_;  // topics of announcements
  bool end_told_ = false;
  bool full_told_ = false;
};

}  // namespace gateway
