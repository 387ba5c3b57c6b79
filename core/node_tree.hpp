// Which meters count where: fills Site::nodes from areas, sub-items and meters (docs/decisions.md 4). Used by the site
// reader only.
#pragma once

#include "core/site.hpp"

namespace gateway {

// Needs areas, sub_items, meters complete and free of circles.
void build_nodes(Site& site);

}  // namespace gateway
