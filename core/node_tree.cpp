#include "core/node_tree.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "core/sub_item.hpp"

namespace gateway {
namespace {

constexpr std::array utilities{Utility::electricity, Utility::water};

// Areas from a meter's own up to the compound, which is the area that is not valid.
std::vector<AreaId> way_up(const Site& site, AreaId area) {
  std::vector<AreaId> way{area};
  while (way.back().valid()) way.push_back(site.area(way.back()).parent);
  return way;
}

// The lowest area that holds both meters.
AreaId meeting_area(const Site& site, const Meter& a, const Meter& b) {
  const auto way_a = way_up(site, a.area);
  for (const auto area : way_up(site, b.area))
    if (std::ranges::find(way_a, area) != way_a.end()) return area;
  return AreaId{};
}

void build_area_nodes(Site& site, Utility utility) {
  std::map<AreaId, Node> of_area;
  const auto touch = [&](AreaId area) -> Node& {
    auto [place, fresh] = of_area.try_emplace(area);
    if (fresh) {
      place->second.kind = area.valid() ? NodeKind::area : NodeKind::compound;
      place->second.utility = utility;
      place->second.area = area;
      place->second.name = area.valid() ? site.area(area).id : "compound";
      place->second.label = area.valid() ? site.area(area).name : site.name;
      if (utility == Utility::electricity)
        place->second.demand_limit = area.valid() ? site.area(area).demand_limit : site.demand_limit;
    }
    return place->second;
  };
  for (std::size_t i = 0; i < site.meters.size(); ++i) {
    const auto& meter = site.meters[i];
    if (meter.utility != utility) continue;
    for (const auto area : way_up(site, meter.area)) touch(area);
    touch(meter.area).terms.push_back({NodeId{i}, 1});
    // Behind another meter: already in that one's reading from the area on that holds both.
    if (meter.upstream.valid())
      touch(meeting_area(site, meter, site.meter(meter.upstream))).terms.push_back({NodeId{i}, -1});
  }
  std::map<AreaId, NodeId> placed;
  const std::function<NodeId(AreaId)> place = [&](AreaId area) {
    for (std::size_t i = 0; i < site.areas.size(); ++i) {
      const AreaId child{i};
      if (site.areas[i].parent == area && of_area.contains(child)) of_area[area].terms.push_back({place(child), 1});
    }
    // A meter that is in and out again at one area is its upstream's affair.
    auto& terms = of_area[area].terms;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const auto opposite = std::find_if(
          terms.begin() + static_cast<std::ptrdiff_t>(i) + 1, terms.end(),
          [&](const Node::Term& term) { return term.source == terms[i].source && term.sign == -terms[i].sign; });
      if (opposite == terms.end()) continue;
      terms.erase(opposite);
      terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(i--));
    }
    site.nodes.push_back(std::move(of_area[area]));
    return NodeId{site.nodes.size() - 1};
  };
  if (of_area.contains(AreaId{})) place(AreaId{});
}

// The lowest code that holds both; "": of different energies.
std::string meeting_sub_item(const std::string& a, const std::string& b) {
  for (auto code = a; !code.empty(); code = parent_sub_item(code))
    for (auto other = b; !other.empty(); other = parent_sub_item(other))
      if (code == other) return code;
  return {};
}

void build_sub_item_nodes(Site& site, Utility utility) {
  std::map<std::string, Node> of_code;
  for (std::size_t i = 0; i < site.meters.size(); ++i) {
    const auto& meter = site.meters[i];
    if (meter.utility != utility || meter.subitem.empty()) continue;
    for (auto code = meter.subitem; !code.empty(); code = parent_sub_item(code)) {
      auto& node = of_code[code];
      node.kind = NodeKind::sub_item;
      node.utility = utility;
      node.name = code;
      const auto item = std::ranges::find(site.sub_items, code, &SubItem::code);
      node.label = item == site.sub_items.end() ? Name{code, code} : item->name;
    }
    of_code[meter.subitem].terms.push_back({NodeId{i}, 1});
  }
  // Behind another meter with a sub-item: already in that one's reading from the code on that holds both.
  for (std::size_t i = 0; i < site.meters.size(); ++i) {
    const auto& meter = site.meters[i];
    if (meter.utility != utility || meter.subitem.empty()) continue;
    auto upstream = meter.upstream;
    while (upstream.valid() && site.meter(upstream).subitem.empty()) upstream = site.meter(upstream).upstream;
    if (!upstream.valid()) continue;
    const auto code = meeting_sub_item(meter.subitem, site.meter(upstream).subitem);
    if (code.empty()) continue;
    auto& terms = of_code[code].terms;
    // In and out again at one code: it is its upstream's affair.
    const auto own =
        std::ranges::find_if(terms, [&](const Node::Term& term) { return term.source == NodeId{i} && term.sign == 1; });
    if (own != terms.end())
      terms.erase(own);
    else
      terms.push_back({NodeId{i}, -1});
  }
  // Codes with fewer zeros at the end are lower; a lower one has to come first.
  std::vector<std::string> order;
  for (const auto& [code, node] : of_code) order.push_back(code);
  const auto level = [](const std::string& code) { return 5 - (code.find_last_not_of('0') + 1); };
  std::ranges::stable_sort(order, {}, level);
  for (const auto& code : order) {
    const NodeId id{site.nodes.size()};
    const auto parent = parent_sub_item(code);
    if (!parent.empty()) of_code[parent].terms.push_back({id, 1});
    site.nodes.push_back(of_code[code]);
  }
}

// What a virtual node names was checked when it was read, but for the site's own tests: a name without a node is left
// out.
void build_virtual_nodes(Site& site) {
  for (const auto& of : site.virtual_nodes) {
    Node node;
    node.kind = of.kind;
    node.utility = of.utility;
    node.name = of.id;
    node.label = of.name;
    node.demand_limit = of.demand_limit;
    node.unaccounted_limit = of.unaccounted_limit;
    const auto add = [&](const std::vector<std::string>& names, int sign) {
      for (const auto& name : names)
        if (const auto source = site.node_named(name, of.utility)) node.terms.push_back({*source, sign});
    };
    add(of.plus, 1);
    add(of.minus, -1);
    site.nodes.push_back(std::move(node));
  }
}

// How often each meter's reading is in each node.
std::vector<std::map<MeterId, int>> weights(const Site& site) {
  std::vector<std::map<MeterId, int>> out(site.nodes.size());
  for (std::size_t i = 0; i < site.nodes.size(); ++i) {
    const auto& node = site.nodes[i];
    if (node.kind == NodeKind::meter) out[i][node.meter] = 1;
    for (const auto& term : node.terms)
      for (const auto& [meter, times] : out[term.source.index()]) out[i][meter] += term.sign * times;
  }
  return out;
}

void fill_meters(Site& site) {
  const auto count = weights(site);
  for (std::size_t i = 0; i < site.nodes.size(); ++i)
    for (const auto& [meter, times] : count[i])
      if (times != 0) site.nodes[i].meters.push_back(meter);
}

}  // namespace

void build_nodes(Site& site) {
  site.nodes.clear();
  for (std::size_t i = 0; i < site.meters.size(); ++i) {
    Node node;
    node.kind = NodeKind::meter;
    node.utility = site.meters[i].utility;
    node.name = site.meters[i].id;
    node.meter = MeterId{i};
    node.label = site.meters[i].name;
    node.area = site.meters[i].area;
    node.demand_limit = site.meters[i].demand_limit;
    site.nodes.push_back(std::move(node));
  }
  for (const auto utility : utilities) {
    build_area_nodes(site, utility);
    build_sub_item_nodes(site, utility);
  }
  build_virtual_nodes(site);
  fill_meters(site);
}

std::vector<std::pair<std::size_t, MeterId>> counted_twice(const Site& site) {
  std::vector<std::pair<std::size_t, MeterId>> out;
  const auto count = weights(site);
  const auto first = site.nodes.size() - site.virtual_nodes.size();
  for (std::size_t i = 0; i < site.virtual_nodes.size(); ++i)
    for (const auto& [meter, times] : count[first + i])
      if (times < -1 || times > 1) out.emplace_back(i, meter);
  return out;
}

}  // namespace gateway
