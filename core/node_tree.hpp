// Which meters count where: fills Site::nodes from areas, sub-items and meters (docs/decisions.md 4). Used by the site
// reader only.
#pragma once

#include <utility>
#include <vector>

#include "core/site.hpp"

namespace gateway {

// Needs areas, sub_items, meters, virtual_nodes complete and free of circles.
void build_nodes(Site& site);
// Virtual nodes (by place in Site::virtual_nodes) in which a meter's reading would be more than once. After
// build_nodes().
[[nodiscard]] std::vector<std::pair<std::size_t, MeterId>> counted_twice(const Site& site);

}  // namespace gateway
