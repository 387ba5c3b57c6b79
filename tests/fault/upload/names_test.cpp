// FAULTS 25: whatever stands in a name or a value, one point stays one line, or is refused before the store. The judge
// is a reader of line protocol of its own, written from the grammar.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "cloud-sync/influx/line_protocol.hpp"
#include "tests/fault/upload/upload_fault.hpp"

namespace gateway {
namespace {

// The first `at` that is neither escaped nor, where quotes count, in quotes.
std::size_t first(std::string_view text, char at, bool quotes) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (quotes && text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == at) {
      return i;
    }
  }
  return text.size();
}
std::vector<std::string> cut(std::string_view text, char at, bool quotes) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = first(text, at, quotes);
    parts.emplace_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

void expect_one_point(std::string_view written, std::size_t most_tags, std::size_t fields) {
  ASSERT_FALSE(written.empty());
  ASSERT_EQ(written.back(), '\n');
  EXPECT_EQ(std::ranges::count(written, '\n'), 1);
  const std::string_view line = written.substr(0, written.size() - 1);
  const std::size_t series_end = first(line, ' ', false);  // a quote is a letter like any other there
  ASSERT_LT(series_end, line.size()) << written;
  const auto series = cut(line.substr(0, series_end), ',', false);
  const auto rest = cut(line.substr(series_end + 1), ' ', true);
  ASSERT_EQ(rest.size(), 2U) << written;
  EXPECT_LE(series.size() - 1, most_tags) << written;
  for (std::size_t i = 0; i < series.size(); ++i) {
    EXPECT_FALSE(series[i].empty()) << written;
    if (i == 0) continue;
    const auto tag = cut(series[i], '=', false);
    EXPECT_EQ(tag.size(), 2U) << written;
    EXPECT_FALSE(tag.back().empty()) << written;
  }
  EXPECT_EQ(cut(rest[0], ',', true).size(), fields) << written;
  EXPECT_EQ(rest[1], "1763913600000");
  for (const char c : written) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
}

class NastyNames : public testing::Test {};

TEST_F(NastyNames, StayOneLineWithTheSamePartsWhateverTheyHold) {
  const std::vector<std::string> pieces{"a",
                                        ",",
                                        " ",
                                        "=",
                                        "\\",
                                        "\"",
                                        "\n",
                                        "\r",
                                        "\t",
                                        std::string(1, '\0'),
                                        "门",
                                        "\xC3",
                                        "\xED\xA0\x80",
                                        "\xFF",
                                        "#",
                                        "i",
                                        "1 2\nm x=1 1\n",
                                        "\x7F"};
  std::mt19937 random{25};
  for (int round = 0; round < 20'000; ++round) {
    const auto nasty = [&] {
      std::string text;
      for (auto n = random() % 6; n > 0; --n) text += pieces[random() % pieces.size()];
      return text;
    };
    const std::string area = nasty();
    const std::string person = nasty();
    const std::array tags{Tag{"area", area}, Tag{"person", person}};
    std::string room(8192, '\0');
    LineWriter line{room};
    line.begin(series_key("alarm", tags));
    line.field("by", nasty());
    line.field("state", std::int64_t{3});
    ASSERT_TRUE(line.end(1'763'913'600'000));
    expect_one_point(line.text(), 2, 2);
    if (HasFailure()) return;
  }
}

TEST(NastyValues, AreRefusedBeforeTheStore) {
  std::string room(8192, '\0');
  LineWriter line{room};
  line.begin("electricity,meter=main");
  line.field("power_w", std::numeric_limits<double>::quiet_NaN());
  line.field("voltage_l1_v", std::numeric_limits<double>::infinity());
  line.field("voltage_l2_v", -std::numeric_limits<double>::infinity());
  EXPECT_FALSE(line.end(1));
  EXPECT_EQ(line.text(), "");
  EXPECT_EQ(line.refused(), 3U);
}

// The whole way: a meter that reads NaN and a user with a name out of hell.
class NastyUpload : public test::UploadFault {};

TEST_F(NastyUpload, ArrivesAsOneLineAPoint) {
  test::ScriptedStore far_end([](const test::WriteRequest&) { return std::string{test::ScriptedStore::accept}; });
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path()};
  auto batch = std::make_unique<Batch>(test::poll_batch(site, clock.now(), std::nan("")));
  AlarmRecord record;
  record.alarm = AlarmId{0};
  record.changed = record.raised = clock.utc();
  record.by = "Gao \"the\nboss\", a=b\\\xFF";
  batch->alarms.push_back(record);
  gateway.keep(2, std::move(batch));
  kept = 2;
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
  for (const auto& [line, times] : far_end.stored()) {
    EXPECT_EQ(line.find("nan"), std::string::npos);
    if (line.starts_with("alarm")) {
      EXPECT_NE(line.find("by=\"Gao \\\"the boss\\\", a=b\\\\\xEF\xBF\xBD\""), std::string::npos) << line;
    }
  }
}

}  // namespace
}  // namespace gateway
