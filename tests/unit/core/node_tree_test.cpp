#include "core/node_tree.hpp"

#include <map>

#include <gtest/gtest.h>

#include "tests/support/fake_catalogue.hpp"

namespace gateway {
namespace {

Site site_with(std::string_view meters) {
  const std::string text = R"([site]
id = "s"
[[area]]
id = "b1"
[[area]]
id = "b1-f1"
parent = "b1"
[[area]]
id = "b1-f2"
parent = "b1"
[[bus]]
id = "x"
url = "tcp://h:1"
)" + std::string(meters);
  auto site = parse_site(text, "site.toml", test::FakeCatalogue{});
  EXPECT_TRUE(site) << site.error().front().text();
  return std::move(*site);
}

std::string meter(std::string_view id, int unit, std::string_view more, std::string_view model = "electric") {
  return "[[meter]]\nid = \"" + std::string(id) + "\"\nbus = \"x\"\nunit = " + std::to_string(unit) + "\nmodel = \"" +
         std::string(model) + "\"\n" + std::string(more) + "\n";
}

// How often each meter's reading ends up in the node.
std::map<std::string, int> weights(const Site& site, std::string_view name, Utility utility = Utility::electricity) {
  std::vector<std::map<std::string, int>> of_node(site.nodes.size());
  for (std::size_t n = 0; n < site.nodes.size(); ++n) {
    const auto& node = site.nodes[n];
    if (node.kind == NodeKind::meter) of_node[n][node.name] = 1;
    for (const auto& term : node.terms) {
      EXPECT_LT(term.source.index(), n) << "terms come before the nodes that use them";
      for (const auto& [m, times] : of_node[term.source.index()]) of_node[n][m] += term.sign * times;
    }
    std::erase_if(of_node[n], [](const auto& each) { return each.second == 0; });
  }
  const auto found = site.node_named(name, utility);
  return found ? of_node[found->index()] : std::map<std::string, int>{};
}

using Weights = std::map<std::string, int>;

TEST(NodeTree, AnAreaIsTheSumOfItsMetersAndTheAreasBelow) {
  const auto site = site_with(meter("a", 1, "area = \"b1-f1\"") + meter("b", 2, "area = \"b1-f2\"") +
                              meter("c", 3, "area = \"b1\"") + meter("d", 4, ""));
  EXPECT_EQ(weights(site, "b1-f1"), (Weights{{"a", 1}}));
  EXPECT_EQ(weights(site, "b1"), (Weights{{"a", 1}, {"b", 1}, {"c", 1}}));
  EXPECT_EQ(weights(site, "compound"), (Weights{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}}));
}

TEST(NodeTree, AMeterBehindAnotherCountsForItsFloorButNotTwiceForTheBuilding) {
  const auto site =
      site_with(meter("main", 1, "area = \"b1\"") + meter("f1", 2, "area = \"b1-f1\"\nupstream = \"main\"") +
                meter("f1-light", 3, "area = \"b1-f1\"\nupstream = \"f1\""));
  EXPECT_EQ(weights(site, "b1-f1"), (Weights{{"f1", 1}}));
  EXPECT_EQ(weights(site, "b1"), (Weights{{"main", 1}}));
  EXPECT_EQ(weights(site, "compound"), (Weights{{"main", 1}}));
}

TEST(NodeTree, ASubItemIncludesThoseBelowItsCode) {
  const auto site = site_with(meter("l", 1, "subitem = \"01A10\"") + meter("s", 2, "subitem = \"01A40\"") +
                              meter("ac", 3, "subitem = \"01B00\""));
  EXPECT_EQ(weights(site, "01A10"), (Weights{{"l", 1}}));
  EXPECT_EQ(weights(site, "01A00"), (Weights{{"l", 1}, {"s", 1}}));
  EXPECT_EQ(weights(site, "01000"), (Weights{{"ac", 1}, {"l", 1}, {"s", 1}}));
}

// The air conditioning's own meter has the pump behind it, which is power; a chiller and a split unit, the split unit's
// board without a sub-item between. Whatever is measured twice is in the sum once.
TEST(NodeTree, AMeterBehindAnotherIsNotTwiceInTheSubItemThatHoldsBoth) {
  const auto site = site_with(
      meter("ac", 1, "subitem = \"01B00\"") + meter("chiller", 2, "subitem = \"01B10\"\nupstream = \"ac\"") +
      meter("board", 3, "upstream = \"ac\"") + meter("split", 4, "subitem = \"01B00\"\nupstream = \"board\"") +
      meter("pump", 5, "subitem = \"01C20\"\nupstream = \"ac\"") + meter("light", 6, "subitem = \"01A00\""));
  EXPECT_EQ(weights(site, "01B10"), (Weights{{"chiller", 1}}));
  EXPECT_EQ(weights(site, "01B00"), (Weights{{"ac", 1}}));
  EXPECT_EQ(weights(site, "01C00"), (Weights{{"pump", 1}}));
  EXPECT_EQ(weights(site, "01000"), (Weights{{"ac", 1}, {"light", 1}}));
}

TEST(NodeTree, AMainMeterWithASubItemStandsForWhatIsBehindIt) {
  const auto site = site_with(meter("main", 1, "subitem = \"01000\"") +
                              meter("light", 2, "subitem = \"01A10\"\nupstream = \"main\"") +
                              meter("lamp", 3, "subitem = \"01A10\"\nupstream = \"light\""));
  EXPECT_EQ(weights(site, "01A10"), (Weights{{"light", 1}}));
  EXPECT_EQ(weights(site, "01000"), (Weights{{"main", 1}}));
}

TEST(NodeTree, UtilitiesAreNeverAddedTogether) {
  const auto site = site_with(meter("e", 1, "area = \"b1\"") + meter("w", 2, "area = \"b1\"", "water"));
  EXPECT_EQ(weights(site, "b1", Utility::electricity), (Weights{{"e", 1}}));
  EXPECT_EQ(weights(site, "b1", Utility::water), (Weights{{"w", 1}}));
}

TEST(NodeTree, NodesListTheMetersThatCountInThem) {
  const auto site =
      site_with(meter("main", 1, "area = \"b1\"") + meter("f1", 2, "area = \"b1-f1\"\nupstream = \"main\""));
  EXPECT_EQ(site.node(*site.node_named("b1", Utility::electricity)).meters, (std::vector{MeterId{0}}));
  EXPECT_EQ(site.node(*site.node_named("b1-f1", Utility::electricity)).meters, (std::vector{MeterId{1}}));
}

}  // namespace
}  // namespace gateway
