// FAULTS 29 to 32 on TCP, on RTU over a pty, and on RTU frames inside TCP: an answer is the one to the request, or a
// failure with its own name, and the next request is in step.
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "drivers/modbus/modbus_link.hpp"
#include "tests/fault/modbus/scripted_bus.hpp"
#include "tests/support/loopback.hpp"

namespace gateway {
namespace {

using test::Asked;
using test::Bytes;
using test::Frames;
using test::PacedLine;
using test::Reply;
using test::ScriptedBus;
using namespace std::chrono_literals;

// Of answers that are to come, on lines whose time is the machine's.
constexpr std::chrono::nanoseconds patience = 20s;

struct Got {
  bool good = false;
  bool wrong = false;  // a value of another unit or address
  PollFailure kind{};
  std::uint8_t exception = 0;
};
Got ask(ModbusLink& link, std::uint8_t unit, std::uint16_t address, std::chrono::nanoseconds timeout = patience) {
  std::uint16_t registers[2] = {};
  const auto read = link.read({unit, 3, address, timeout, 0ns}, registers);
  if (!read) return {false, false, read.error().kind, read.error().exception};
  const auto expected = static_cast<std::uint16_t>(unit << 8 | (address & 0xFF));
  return {registers[0] == expected && registers[1] == expected + 1, registers[0] != expected, {}, 0};
}

class LineFault : public testing::TestWithParam<BusKind> {
 protected:
  // The script's answer to request `odd_one`; a good one, at once, to all others.
  ScriptedBus bus(int odd_one, ScriptedBus::Script odd) {
    return {
        GetParam(), [odd_one, odd = std::move(odd)](const Asked& asked, const Frames& frames) {
          return asked.number == odd_one ? odd(asked, frames) : std::vector<Reply>{{frames.good(asked), 0ms, false}};
        }};
  }
  static ModbusLink paced(ScriptedBus& bus) { return {bus.url(), {}, std::make_unique<PacedLine>(bus)}; }
  [[nodiscard]] static bool tcp() { return GetParam() == BusKind::tcp; }
};

TEST_P(LineFault, GoodAnswersAreRead) {
  auto device = bus(-1, {});
  auto link = paced(device);
  for (std::uint16_t i = 0; i < 20; ++i) EXPECT_TRUE(ask(link, 7, i).good);
  EXPECT_EQ(link.discarded(), 0u);
}

TEST_P(LineFault, ALateAnswerIsNeverGivenToAnotherRequestOrUnit) {
  auto device = bus(1, [](const Asked& asked, const Frames& frames) {
    return std::vector<Reply>{{frames.good(asked), 420ms, false}};
  });
  auto owned = std::make_unique<PacedLine>(device);
  auto& line = *owned;
  ModbusLink link(device.url(), {}, std::move(owned));
  int good = 0, failed = 0;
  for (std::uint16_t i = 0; i < 8; ++i) {
    const auto got = ask(link, static_cast<std::uint8_t>(1 + i % 2), static_cast<std::uint16_t>(16 * i), 300ms);
    EXPECT_FALSE(got.wrong) << i;
    ++(got.good ? good : failed);
    // Over TCP nobody waits for it: it lies there when the next answer is looked for.
    if (i == 1) {
      EXPECT_EQ(got.kind, PollFailure::timeout);
      line.pass(250ms);
    }
  }
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(good, 7);
  EXPECT_EQ(link.discarded(), 1u);
}

TEST_P(LineFault, TheAnswerToAnEarlierRequestIsSkippedWhenOursFollows) {
  auto device = bus(1, [](const Asked& asked, const Frames& frames) {
    auto earlier = asked;
    earlier.transaction = static_cast<std::uint16_t>(asked.transaction - 1);
    earlier.count = 1;  // in RTU frames its length is all that tells it apart
    auto both = frames.good(earlier);
    const auto ours = frames.good(asked);
    both.insert(both.end(), ours.begin(), ours.end());
    return std::vector<Reply>{{both, 0ms, false}};
  });
  auto link = paced(device);
  for (std::uint16_t i = 0; i < 4; ++i) EXPECT_TRUE(ask(link, 5, static_cast<std::uint16_t>(8 * i)).good) << i;
}

TEST_P(LineFault, OnlyTheAnswerToAnEarlierRequestIsStale) {
  auto device = bus(0, [](const Asked& asked, const Frames& frames) {
    auto earlier = asked;
    earlier.transaction = static_cast<std::uint16_t>(asked.transaction - 1);
    earlier.count = 1;
    return std::vector<Reply>{{frames.good(earlier), 0ms, false}};
  });
  auto link = paced(device);
  EXPECT_EQ(ask(link, 5, 0).kind, PollFailure::stale);
  EXPECT_TRUE(ask(link, 5, 8).good);
}

TEST_P(LineFault, AnAnswerFromAnotherUnitIsForeign) {
  auto device = bus(0, [](const Asked& asked, const Frames& frames) {
    return std::vector<Reply>{{frames.pdu(asked, 9, {3, 4, 0, 0, 0, 0}), 0ms, false}};
  });
  auto link = paced(device);
  EXPECT_EQ(ask(link, 5, 0).kind, PollFailure::foreign_unit);
  EXPECT_TRUE(ask(link, 5, 8).good);
}

TEST_P(LineFault, HalfAnAnswerIsAShortFrame) {
  auto device = bus(0, [](const Asked& asked, const Frames& frames) {
    auto bytes = frames.good(asked);
    bytes.resize(bytes.size() - 3);
    return std::vector<Reply>{{bytes, 0ms, false}};
  });
  auto link = paced(device);
  EXPECT_EQ(ask(link, 5, 0).kind, PollFailure::short_frame);
  EXPECT_TRUE(ask(link, 5, 8).good);
}

TEST_P(LineFault, ADamagedAnswerIsACheckSumErrorOnSerialFrames) {
  if (tcp()) GTEST_SKIP() << "Modbus TCP has no check sum of its own";
  auto device = bus(0, [](const Asked& asked, const Frames& frames) {
    auto bytes = frames.good(asked);
    bytes[4] = static_cast<std::uint8_t>(bytes[4] ^ 0x10);
    return std::vector<Reply>{{bytes, 0ms, false}};
  });
  auto link = paced(device);
  EXPECT_EQ(ask(link, 5, 0).kind, PollFailure::crc);
  EXPECT_TRUE(ask(link, 5, 8).good);
}

TEST_P(LineFault, ExceptionsAreToldApartAndTheLineStaysInStep) {
  ScriptedBus device(GetParam(), [](const Asked& asked, const Frames& frames) {
    static constexpr std::uint8_t codes[] = {2, 4, 6, 11};
    return std::vector<Reply>{
        {asked.number < 4 ? frames.exception(asked, codes[asked.number]) : frames.good(asked), 0ms, false}};
  });
  auto link = paced(device);
  for (const int code : {2, 4, 6, 11}) {
    const auto got = ask(link, 5, 0);
    EXPECT_EQ(got.kind, PollFailure::exception);
    EXPECT_EQ(got.exception, code);
  }
  EXPECT_TRUE(ask(link, 5, 8).good);
}

TEST_P(LineFault, AnAnswerInSmallPiecesIsOneAnswer) {
  auto device = bus(0, [](const Asked& asked, const Frames& frames) {
    const auto bytes = frames.good(asked);
    std::vector<Reply> pieces;
    for (std::size_t i = 0; i < bytes.size(); i += 3)
      pieces.push_back({Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(i),
                              bytes.begin() + static_cast<std::ptrdiff_t>(std::min(i + 3, bytes.size()))),
                        std::chrono::milliseconds{1 + 5 * i}, false});
    return pieces;
  });
  auto link = paced(device);
  EXPECT_TRUE(ask(link, 5, 0, 500ms).good);
}

TEST_P(LineFault, ADeadUnitCostsOneWaitAndTheOthersAnswerAtOnce) {
  ScriptedBus device(GetParam(), [](const Asked& asked, const Frames& frames) {
    return asked.unit == 3 ? std::vector<Reply>{} : std::vector<Reply>{{frames.good(asked), 0ms, false}};
  });
  auto owned = std::make_unique<PacedLine>(device);
  auto& line = *owned;
  ModbusLink link(device.url(), {}, std::move(owned));
  // After a few, nobody waits for its late answer any more.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(link, 3, 0, 50ms).kind, PollFailure::timeout);
  line.pass(1s);
  const auto begin = line.now();
  EXPECT_EQ(ask(link, 3, 0, 50ms).kind, PollFailure::timeout);
  EXPECT_LE(line.now() - begin, 65ms);  // and the silences around it
  const auto after = line.now();
  for (std::uint16_t i = 0; i < 10; ++i) EXPECT_TRUE(ask(link, 4, i, 1s).good);
  EXPECT_LE(line.now() - after, 10 * 4100us + 5ms);
}

TEST_P(LineFault, StopCutsAWaitShort) {
  ScriptedBus device(GetParam(), [](const Asked&, const Frames&) { return std::vector<Reply>{}; });
  ModbusLink link(device.url());
  std::thread stopper([&] {
    while (device.requests() == 0) std::this_thread::sleep_for(5ms);
    link.interrupt();
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(ask(link, 3, 0, 30s).kind, PollFailure::connection);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 25s);
  stopper.join();
}

INSTANTIATE_TEST_SUITE_P(Lines, LineFault, testing::Values(BusKind::tcp, BusKind::rtu, BusKind::rtu_over_tcp),
                         [](const auto& line) {
                           return line.param == BusKind::tcp   ? "Tcp"
                                  : line.param == BusKind::rtu ? "Rtu"
                                                               : "RtuOverTcp";
                         });

TEST(TcpLine, ATimeoutKeepsTheConnectionForTheOthers) {
  ScriptedBus device(BusKind::tcp, [](const Asked& asked, const Frames& frames) {
    return asked.unit == 3 ? std::vector<Reply>{} : std::vector<Reply>{{frames.good(asked), 0ms, false}};
  });
  ModbusLink link(device.url());
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(ask(link, 4, 0).good);
    EXPECT_EQ(ask(link, 3, 0, 30ms).kind, PollFailure::timeout);
  }
  EXPECT_EQ(device.connections(), 1);
}

TEST(TcpLine, AConnectionOnWhichNobodyAnswersIsMadeAnew) {
  ScriptedBus device(BusKind::tcp, [](const Asked& asked, const Frames& frames) {
    return asked.number < 3 ? std::vector<Reply>{} : std::vector<Reply>{{frames.good(asked), 0ms, false}};
  });
  ModbusLink link(device.url());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(link, 4, 0, 30ms).kind, PollFailure::timeout);
  EXPECT_TRUE(ask(link, 4, 0).good);
  EXPECT_EQ(device.connections(), 2);
}

TEST(TcpLine, AConnectionClosedWhileIdleCostsNoPoll) {
  ScriptedBus device(BusKind::tcp, [](const Asked& asked, const Frames& frames) {
    return std::vector<Reply>{{frames.good(asked), 0ms, asked.number == 0}};
  });
  ModbusLink link(device.url());
  EXPECT_TRUE(ask(link, 4, 0).good);
  EXPECT_TRUE(ask(link, 4, 0).good);
  EXPECT_EQ(device.connections(), 2);
}

TEST(TcpLine, ADeviceThatHangsUpUponAUnitIsToldFromOneThatIsGone) {
  std::optional<ScriptedBus> device(std::in_place, BusKind::tcp, [](const Asked& asked, const Frames& frames) {
    return asked.unit == 3 ? std::vector<Reply>{{{}, 0ms, true}} : std::vector<Reply>{{frames.good(asked), 0ms, false}};
  });
  ModbusLink link(device->url());
  const auto hung_up = [&](std::uint8_t unit) {
    std::uint16_t word = 0;
    const auto read = link.read({unit, 3, 0, patience, 0ns}, {&word, 1});
    EXPECT_FALSE(read);
    return !read && read.error().kind == PollFailure::connection && read.error().hung_up;
  };
  EXPECT_TRUE(ask(link, 4, 0).good);
  EXPECT_TRUE(hung_up(3));
  EXPECT_TRUE(ask(link, 4, 0).good);
  device.reset();
  EXPECT_FALSE(hung_up(4));
}

TEST(TcpLine, WhatIsNotModbusAtAllIsNoAnswer) {
  ScriptedBus device(BusKind::tcp, [](const Asked& asked, const Frames& frames) {
    const std::string page = "HTTP/1.1 400 Bad Request\r\n\r\n";
    return std::vector<Reply>{{asked.number == 0 ? Bytes(page.begin(), page.end()) : frames.good(asked), 0ms, false}};
  });
  ModbusLink link(device.url());
  EXPECT_EQ(ask(link, 4, 0).kind, PollFailure::short_frame);
  EXPECT_TRUE(ask(link, 4, 0).good);
}

TEST(TcpLine, NobodyThereIsAFailedConnection) {
  BusUrl url;
  {
    ScriptedBus gone(BusKind::tcp, [](const Asked&, const Frames&) { return std::vector<Reply>{}; });
    url = gone.url();
  }
  ModbusLink link(url);
  EXPECT_EQ(ask(link, 4, 0).kind, PollFailure::connection);
  EXPECT_FALSE(link.is_open());
}

TEST(SerialLine, BetweenTwoFramesThereAreThreeAndAHalfCharacters) {
  ScriptedBus device(BusKind::rtu, [](const Asked& asked, const Frames& frames) {
    return std::vector<Reply>{{frames.good(asked), 0ms, false}};
  });
  auto url = device.url();
  url.baud = 1200;  // 3.5 characters: 32 ms
  ModbusLink link(url);
  EXPECT_TRUE(ask(link, 4, 0).good);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(ask(link, 4, 0).good);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 5 * 32ms);
}

TEST(SerialLine, AnEchoOfOurOwnRequestIsSkipped) {
  ScriptedBus device(BusKind::rtu, [](const Asked& asked, const Frames& frames) {
    const Bytes echo =
        frames.pdu(asked, asked.unit,
                   {asked.function, static_cast<std::uint8_t>(asked.address >> 8),
                    static_cast<std::uint8_t>(asked.address), 0, static_cast<std::uint8_t>(asked.count)});
    return std::vector<Reply>{{echo, 0ms, false}, {frames.good(asked), 10ms, false}};
  });
  ModbusLink link(device.url(), {}, std::make_unique<PacedLine>(device));
  for (std::uint16_t i = 0; i < 3; ++i) EXPECT_TRUE(ask(link, 4, i).good);
}

TEST(SerialLine, TheEchoOfARequestThatNobodyAnswersIsATimeout) {
  ScriptedBus device(BusKind::rtu, [](const Asked& asked, const Frames& frames) {
    const Bytes echo =
        frames.pdu(asked, asked.unit,
                   {asked.function, static_cast<std::uint8_t>(asked.address >> 8),
                    static_cast<std::uint8_t>(asked.address), 0, static_cast<std::uint8_t>(asked.count)});
    return std::vector<Reply>{{echo, 0ms, false}};
  });
  ModbusLink link(device.url(), {}, std::make_unique<PacedLine>(device));
  EXPECT_EQ(ask(link, 4, 0, 100ms).kind, PollFailure::timeout);
  EXPECT_EQ(link.discarded(), 0u);
}

TEST(SerialLine, APortThatIsInUseKeepsItsSpeedAndItsLock) {
  ScriptedBus device(BusKind::rtu, [](const Asked& asked, const Frames& frames) {
    return std::vector<Reply>{{frames.good(asked), 0ms, false}};
  });
  const int look = ::open(device.url().device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(look, 0);
  ModbusLink first(device.url());
  EXPECT_TRUE(ask(first, 4, 0).good);
  auto slow = device.url();
  slow.baud = 1200;
  {
    ModbusLink second(slow);
    std::uint16_t word = 0;
    const auto refused = second.read({4, 3, 0, 100ms, 0ns}, {&word, 1});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().text, slow.device + ": in use by another program");
  }
  termios settings{};
  ASSERT_EQ(::tcgetattr(look, &settings), 0);
  EXPECT_EQ(::cfgetispeed(&settings), static_cast<speed_t>(B9600));
  int exclusive = 0;
  ASSERT_EQ(::ioctl(look, TIOCGEXCL, &exclusive), 0);
  EXPECT_NE(exclusive, 0);
  ::close(look);
}

// A serial server that never falls silent: what it sends is there before it is looked for, always.
class Flood {
 public:
  explicit Flood(const Bytes& frame) : listener_(test::tcp_socket()), port_(test::listen_on_loopback(listener_, 8)) {
    Bytes many;
    while (many.size() < 60'000) many.insert(many.end(), frame.begin(), frame.end());
    writer_ = std::thread([this, many = std::move(many)] { write(many); });
  }
  ~Flood() {
    stopping_ = true;
    writer_.join();
    ::close(listener_);
  }
  [[nodiscard]] BusUrl url(BusKind kind) const {
    BusUrl url;
    url.kind = kind;
    url.host = "127.0.0.1";
    url.port = port_;
    return url;
  }
  // Ends by itself, so that who waits for its end fails and does not hang.
  static constexpr auto longest = 20s;

 private:
  void write(const Bytes& many) {
    const auto until = std::chrono::steady_clock::now() + longest;
    int peer = -1;
    std::size_t at = 0;
    while (!stopping_ && std::chrono::steady_clock::now() < until) {
      pollfd waits[2] = {{listener_, POLLIN, 0}, {peer, POLLOUT, 0}};
      if (::poll(waits, 2, 10) <= 0) continue;
      if ((waits[0].revents & POLLIN) != 0) {
        if (peer >= 0) ::close(peer);
        peer = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        at = 0;
      } else if (peer >= 0 && waits[1].revents != 0) {
        const auto sent = ::send(peer, many.data() + at, many.size() - at, MSG_NOSIGNAL);
        if (sent > 0) {
          at = (at + static_cast<std::size_t>(sent)) % many.size();
        } else if (sent < 0 && errno != EAGAIN) {
          ::close(peer);
          peer = -1;
        }
      }
    }
    if (peer >= 0) ::close(peer);
  }

  int listener_;
  std::uint16_t port_;
  std::atomic<bool> stopping_{false};
  std::thread writer_;
};

std::chrono::nanoseconds time_of_a_read(const Flood& flood, BusKind kind) {
  ModbusLink link(flood.url(kind));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(ask(link, 5, 0, 200ms).good);
  EXPECT_FALSE(ask(link, 5, 0, 200ms).good);
  return std::chrono::steady_clock::now() - begin;
}

TEST(FloodedLine, RubbishWithoutAnEndEndsTheReadAllTheSame) {
  EXPECT_LT(time_of_a_read(Flood(Bytes(1000, 0x55)), BusKind::rtu_over_tcp), Flood::longest / 2);
}

TEST(FloodedLine, AnswersToOthersWithoutAnEndEndTheReadAllTheSame) {
  Asked other{0, 9, 3, 0, 2, 0x7777};
  EXPECT_LT(time_of_a_read(Flood(Frames(false).good(other)), BusKind::rtu_over_tcp), Flood::longest / 2);
  EXPECT_LT(time_of_a_read(Flood(Frames(true).good(other)), BusKind::tcp), Flood::longest / 2);
}

TEST(SerialLine, ASecondProgramOnThePortIsRefused) {
  ScriptedBus device(BusKind::rtu, [](const Asked& asked, const Frames& frames) {
    return std::vector<Reply>{{frames.good(asked), 0ms, false}};
  });
  ModbusLink first(device.url()), second(device.url());
  EXPECT_TRUE(ask(first, 4, 0).good);
  std::uint16_t word = 0;
  const auto refused = second.read({4, 3, 0, 100ms, 0ns}, {&word, 1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, PollFailure::connection);
  EXPECT_TRUE(ask(first, 4, 0).good);
}

TEST(SerialLine, AnAdapterThatIsPulledAndComesBackUnderAnotherNumberIsFoundByItsStableName) {
  const auto name = std::filesystem::temp_directory_path() / ("stable-name-" + std::to_string(::getpid()));
  std::filesystem::remove(name);
  const auto script = [](const Asked& asked, const Frames& frames) {
    return std::vector<Reply>{{frames.good(asked), 0ms, false}};
  };
  auto adapter = std::make_unique<ScriptedBus>(BusKind::rtu, script);
  std::filesystem::create_symlink(adapter->url().device, name);
  auto url = adapter->url();
  url.device = name.string();
  ModbusLink link(url);
  EXPECT_TRUE(ask(link, 4, 0).good);
  std::filesystem::remove(name);
  adapter.reset();
  EXPECT_EQ(ask(link, 4, 0).kind, PollFailure::connection);
  EXPECT_EQ(ask(link, 4, 0).kind, PollFailure::connection);
  EXPECT_FALSE(link.is_open());
  ScriptedBus other(BusKind::rtu, script);
  ScriptedBus again(BusKind::rtu, script);  // another number
  std::filesystem::create_symlink(again.url().device, name);
  EXPECT_TRUE(ask(link, 4, 0).good);
  EXPECT_EQ(other.requests(), 0);
  std::filesystem::remove(name);
}

}  // namespace
}  // namespace gateway
