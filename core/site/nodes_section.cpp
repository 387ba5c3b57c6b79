#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "core/site/site_draft.hpp"
#include "core/sub_item.hpp"

namespace gateway::site_reading {
namespace {

constexpr std::array<std::string_view, 2> node_kinds{"sum", "difference"};

// Names of the nodes that there will be in one utility (core/node_tree.hpp): of meters, of areas and sub-items with
// meters, the compound, and virtual nodes above.
std::set<std::string> names_of_nodes(const Site& site, Utility utility) {
  std::set<std::string> names;
  for (const auto& meter : site.meters) {
    if (meter.utility != utility) continue;
    names.insert(meter.id);
    names.insert("compound");
    auto area = meter.area;
    for (std::size_t steps = 0; area.valid() && steps <= site.areas.size(); ++steps, area = site.area(area).parent)
      names.insert(site.area(area).id);
    for (auto code = meter.subitem; !code.empty(); code = parent_sub_item(code)) names.insert(code);
  }
  for (const auto& node : site.virtual_nodes)
    if (node.utility == utility) names.insert(node.id);
  return names;
}

std::vector<std::string> read_terms(TomlTable& table, std::string_view key, const std::set<std::string>& known,
                                    std::set<std::string>& used, Utility utility) {
  const std::vector<std::string_view> words(known.begin(), known.end());
  auto out = table.strings(key);
  for (const auto& name : out) {
    if (!known.contains(name)) {
      const auto near = nearest(name, words);
      table.problem(key, fmt::format("'{}' names no {} meter, area or sub-item", name, name_of(utility)),
                    near.empty() ? "name a meter, an area or a sub-item with meters, \"compound\", or a [[node]] above"
                                 : fmt::format("did you mean '{}'?", near));
    } else if (!used.insert(name).second) {
      table.problem(key, fmt::format("'{}' is named twice", name), "name it once");
    }
  }
  return out;
}

}  // namespace

void read_virtual_nodes(TomlTable& root, SiteDraft& draft) {
  for (auto& table : root.tables("node")) {
    VirtualNode node;
    node.place = table.place();
    node.id = table.required_id("id");
    node.name = read_name(table, node.id);
    const bool difference = table.required_choice("kind", node_kinds).value_or(0) == 1;
    node.kind = difference ? NodeKind::difference : NodeKind::sum;
    node.utility = static_cast<Utility>(table.choice("utility", utility_names).value_or(0));
    const auto known = names_of_nodes(draft.site, node.utility);
    std::set<std::string> used;
    node.plus = read_terms(table, "of", known, used, node.utility);
    if (!table.has("of"))
      table.problem("", "'of' is missing", "add of = [\"...\"]: the meters, areas or sub-items that it is made of");
    if (difference) {
      node.minus = read_terms(table, "minus", known, used, node.utility);
      if (!table.has("minus"))
        table.problem("", "'minus' is missing", "add minus = [\"...\"]: what is taken away, as the sub-meters");
      if (const auto percent = table.number("unaccounted_limit_percent")) {
        if (*percent <= 0 || *percent > 100)
          table.problem("unaccounted_limit_percent", fmt::format("'unaccounted_limit_percent' is {}", *percent),
                        "it must be more than 0 and not more than 100");
        node.unaccounted_limit = *percent / 100;
      }
    }
    if (node.utility == Utility::electricity) node.demand_limit = read_demand_limit(table);
    draft.claim(table, node.id, "a node");
    table.finish();
    draft.site.virtual_nodes.push_back(std::move(node));
  }
}

}  // namespace gateway::site_reading
