// An answer is taken for the request it belongs to, or not at all, however late it comes (FAULTS 29): on a line with a
// time of its own, so that nothing here depends on the machine.
#include "drivers/modbus/modbus_link.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "drivers/modbus/modbus_frame.hpp"
#include "tests/support/timed_line.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::TimedLine;
using Bytes = TimedLine::Bytes;

BusUrl url_of(BusKind kind) {
  BusUrl url;
  url.kind = kind;
  url.device = "/dev/x";
  url.host = "h";
  return url;
}

// A register holds unit * 256 + the low byte of its address: a value tells whose it is.
Bytes good_answer(const Bytes& request) {
  const bool tcp = request.size() == 12;
  const auto* pdu = request.data() + (tcp ? 6 : 0);
  Bytes body{pdu[0], pdu[1], static_cast<std::uint8_t>(2 * pdu[5])};
  for (int i = 0; i < pdu[5]; ++i) {
    body.push_back(pdu[0]);
    body.push_back(static_cast<std::uint8_t>(pdu[3] + i));
  }
  if (!tcp) {
    const auto crc = crc16(body);
    body.push_back(static_cast<std::uint8_t>(crc));
    body.push_back(static_cast<std::uint8_t>(crc >> 8));
    return body;
  }
  Bytes out{request[0], request[1], 0, 0, 0, static_cast<std::uint8_t>(body.size())};
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

enum class Got : std::uint8_t { good, wrong, failed };
Got ask(ModbusLink& link, std::uint8_t unit, std::uint16_t address, std::chrono::nanoseconds timeout) {
  std::uint16_t registers[2] = {};
  if (!link.read({unit, 3, address, timeout, 0ns}, registers)) return Got::failed;
  const auto expected = static_cast<std::uint16_t>(unit << 8 | (address & 0xFF));
  return registers[0] == expected && registers[1] == expected + 1 ? Got::good : Got::wrong;
}

class LateAnswer : public testing::TestWithParam<BusKind> {};

// On a line without transaction ids as late as twice the wait; with them however late.
TEST_P(LateAnswer, IsNeverTakenForAnotherRequest) {
  const bool tcp = GetParam() == BusKind::tcp;
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    constexpr auto timeout = 100ms;
    auto owned = std::make_unique<TimedLine>([&](const Bytes& request) -> std::vector<TimedLine::Arrival> {
      switch (random() % 8) {
        case 0:
          return {};
        case 1:
        case 2:
          return {{std::chrono::milliseconds{101 + random() % (tcp ? 900 : 98)}, good_answer(request)}};
        case 3: {  // noise before it
          auto bytes = good_answer(request);
          if (!tcp) bytes.insert(bytes.begin(), static_cast<std::uint8_t>(random()));
          return {{5ms, bytes}};
        }
        case 4: {  // a bit of it turned over; Modbus TCP leaves that to TCP
          auto bytes = good_answer(request);
          if (!tcp) bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1 << random() % 8);
          return {{5ms, bytes}};
        }
        default:
          return {{std::chrono::milliseconds{1 + random() % 90}, good_answer(request)}};
      }
    });
    auto& line = *owned;
    ModbusLink link(url_of(GetParam()), {}, std::move(owned));
    int good = 0;
    for (int i = 0; i < 60; ++i) {
      const auto unit = static_cast<std::uint8_t>(1 + random() % 3);
      const auto got = ask(link, unit, static_cast<std::uint16_t>(2 * i), timeout);
      ASSERT_NE(got, Got::wrong) << "seed " << seed << ", request " << i;
      good += got == Got::good ? 1 : 0;
      if (random() % 4 == 0) line.pass(std::chrono::milliseconds{random() % 300});
    }
    EXPECT_GT(good, 15) << "seed " << seed;
  }
}

TEST_P(LateAnswer, CostsItsOwnRequestAndNoOther) {
  for (const bool other_unit : {false, true}) {
    int number = 0;
    auto line = std::make_unique<TimedLine>([&](const Bytes& request) {
      return std::vector<TimedLine::Arrival>{{number++ == 1 ? 500ms : 20ms, good_answer(request)}};
    });
    ModbusLink link(url_of(GetParam()), {}, std::move(line));
    for (int i = 0; i < 8; ++i)
      EXPECT_EQ(ask(link, static_cast<std::uint8_t>(other_unit ? 1 + i : 5), static_cast<std::uint16_t>(16 * i), 400ms),
                i == 1 ? Got::failed : Got::good)
          << i;
  }
}

TEST_P(LateAnswer, ThatComesWhileNobodyAsksIsThrownAwayBeforeTheNextRequest) {
  int number = 0;
  auto owned = std::make_unique<TimedLine>([&](const Bytes& request) {
    return std::vector<TimedLine::Arrival>{{number++ == 0 ? 320ms : 20ms, good_answer(request)}};
  });
  auto& line = *owned;
  ModbusLink link(url_of(GetParam()), {}, std::move(owned));
  EXPECT_EQ(ask(link, 5, 0, 100ms), Got::failed);
  line.pass(300ms);  // the answer is there now, after the line was quiet for as long as it was waited for
  EXPECT_EQ(ask(link, 5, 0x20, 1s), Got::good);
  EXPECT_EQ(link.discarded(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Lines, LateAnswer, testing::Values(BusKind::tcp, BusKind::rtu, BusKind::rtu_over_tcp),
                         [](const auto& line) {
                           return line.param == BusKind::tcp   ? "Tcp"
                                  : line.param == BusKind::rtu ? "Rtu"
                                                               : "RtuOverTcp";
                         });

TEST(SerialSilence, IsKeptBetweenFramesAndDoubledWhenTheUnitChanges) {
  std::chrono::nanoseconds answer_after = 20ms;
  auto owned = std::make_unique<TimedLine>([&](const Bytes& request) {
    return std::vector<TimedLine::Arrival>{{answer_after, good_answer(request)}};
  });
  const auto& line = *owned;
  ModbusLink link(url_of(BusKind::rtu), {}, std::move(owned));  // 9600 baud: 3.5 characters of 11 bits are 4.01 ms
  for (const int unit : {1, 1, 2, 2}) EXPECT_EQ(ask(link, static_cast<std::uint8_t>(unit), 0, 400ms), Got::good);
  ASSERT_EQ(line.sent.size(), 4u);
  EXPECT_NEAR(std::chrono::duration<double>(line.sent[1] - line.sent[0] - answer_after).count(), 0.00401, 1e-5);
  EXPECT_NEAR(std::chrono::duration<double>(line.sent[2] - line.sent[1] - answer_after).count(), 0.00802, 1e-5);
  EXPECT_NEAR(std::chrono::duration<double>(line.sent[3] - line.sent[2] - answer_after).count(), 0.00401, 1e-5);
}

TEST(SerialSilence, PausesOfTheBusAndTheMeterAreKeptToo) {
  auto owned = std::make_unique<TimedLine>([&](const Bytes& request) {
    return std::vector<TimedLine::Arrival>{{1ms, good_answer(request)}};
  });
  const auto& line = *owned;
  ModbusLink link(url_of(BusKind::tcp), {30ms, 50ms}, std::move(owned));
  std::uint16_t word = 0;
  ASSERT_TRUE(link.read({1, 3, 0, 1s, 0ns}, {&word, 1}));
  ASSERT_TRUE(link.read({1, 3, 0, 1s, 0ns}, {&word, 1}));
  ASSERT_TRUE(link.read({1, 3, 0, 1s, 70ms}, {&word, 1}));
  ASSERT_TRUE(link.read({2, 3, 0, 1s, 0ns}, {&word, 1}));
  EXPECT_EQ(line.sent[1] - line.sent[0], 31ms);
  EXPECT_EQ(line.sent[2] - line.sent[1], 71ms);
  EXPECT_EQ(line.sent[3] - line.sent[2], 81ms);
}

// Whatever is looked for, something else is there already: a serial server that sends faster than it is read.
class NeverSilentLine final : public Line {
 public:
  explicit NeverSilentLine(Bytes bytes) : bytes_(std::move(bytes)) {}

  [[nodiscard]] Steady::time_point now() const override { return now_; }
  std::expected<void, std::string> open(Steady::time_point) override {
    open_ = true;
    return {};
  }
  void close() noexcept override { open_ = false; }
  [[nodiscard]] bool is_open() const noexcept override { return open_; }
  std::expected<void, std::string> send(std::span<const std::uint8_t>) override { return {}; }
  std::expected<std::size_t, std::string> receive(std::span<std::uint8_t> into, Steady::time_point) override {
    if (now_ > begin + 1min) {  // without an end
      hung = true;
      return std::unexpected("hung");
    }
    now_ += 1ms;
    for (auto& byte : into) byte = bytes_[at_++ % bytes_.size()];
    return into.size();
  }
  void interrupt() noexcept override {}
  [[nodiscard]] bool interrupted() const noexcept override { return false; }

  static constexpr Steady::time_point begin{1h};
  bool hung = false;

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
  Steady::time_point now_ = begin;
  bool open_ = false;
};

TEST(NeverSilent, ALineHoldsAReadForThreeSecondsAtMost) {
  const Bytes other_tcp = good_answer({0x77, 0x77, 0, 0, 0, 6, 9, 3, 0, 0, 0, 2});
  const Bytes other_rtu = good_answer({9, 3, 0, 0, 0, 2});
  for (const auto kind : {BusKind::tcp, BusKind::rtu, BusKind::rtu_over_tcp})
    for (const auto& bytes : {Bytes(7, 0x55), kind == BusKind::tcp ? other_tcp : other_rtu}) {
      auto owned = std::make_unique<NeverSilentLine>(bytes);
      auto& line = *owned;
      ModbusLink link(url_of(kind), {}, std::move(owned));
      for (int i = 0; i < 3; ++i) {
        const auto before = line.now();
        EXPECT_EQ(ask(link, 5, 0, 200ms), Got::failed);
        EXPECT_LE(line.now() - before, 3s);
      }
      EXPECT_FALSE(line.hung);
    }
}

}  // namespace
}  // namespace gateway
