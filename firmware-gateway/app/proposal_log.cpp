#include "firmware-gateway/app/proposal_log.hpp"

#include <utility>

#include "drivers/mqtt/payload.hpp"

namespace gateway {

std::vector<std::string> ProposalLog::news(const Discovery::Proposals& proposals, const DiscoveryStatus& status) {
  std::vector<std::string> lines;
  if (std::exchange(seen_, proposals) != proposals)
    for (const auto& proposal : *proposals) {
      if (told_.contains(proposal.announced)) continue;
      if (told_.size() == most_told) {
        if (!std::exchange(end_told_, true))
          lines.emplace_back("more devices announced themselves; from here on only the device page names them");
        break;
      }
      told_.insert(proposal.announced);
      lines.push_back("'" + payload_excerpt(proposal.id) + "' announced itself (" +
                      payload_excerpt(proposal.announced) +
                      ") and is not in site.toml; the device page has the block to take it in");
    }
  if (status.no_room > 0 && !std::exchange(full_told_, true))
    lines.emplace_back(
        "devices announced themselves for which there is no room: what is kept of announcements is full; the broker "
        "may hold old ones, or somebody floods it");
  return lines;
}

}  // namespace gateway
