// An RTU answer that comes after its timeout has nothing in it that says which request it belongs to (FAULTS 29). A
// scripted device on a pty answers one request too late; no read may ever give another request's registers.
#include <atomic>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "drivers/modbus/modbus_link.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

std::uint16_t crc_of(const Bytes& bytes) {  // Modbus over Serial Line 1.02, 6.2.2
  std::uint16_t crc = 0xFFFF;
  for (const auto byte : bytes) {
    crc = static_cast<std::uint16_t>(crc ^ byte);
    for (int bit = 0; bit < 8; ++bit) crc = static_cast<std::uint16_t>((crc & 1) != 0 ? (crc >> 1) ^ 0xA001 : crc >> 1);
  }
  return crc;
}

// Every unit answers after `usual`; the answer to request number `late_request` comes `late` later. A register holds
// unit * 256 + the low byte of its address.
class Device {
 public:
  Device(int late_request, std::chrono::milliseconds usual, std::chrono::milliseconds late)
      : late_request_(late_request), usual_(usual), late_(late) {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    ::grantpt(master_);
    ::unlockpt(master_);
    name_ = ::ptsname(master_);
    slave_ = ::open(name_.c_str(), O_RDWR | O_NOCTTY);
    termios raw{};
    ::tcgetattr(slave_, &raw);
    ::cfmakeraw(&raw);
    ::tcsetattr(slave_, TCSANOW, &raw);
    thread_ = std::thread([this] { run(); });
  }
  ~Device() {
    stopping_ = true;
    thread_.join();
    for (auto& answer : answers_) answer.join();
    ::close(slave_);
    ::close(master_);
  }
  [[nodiscard]] BusUrl url() const {
    BusUrl url;
    url.kind = BusKind::rtu;
    url.device = name_;
    return url;
  }

 private:
  void run() {
    Bytes pending;
    while (!stopping_) {
      pollfd wait{master_, POLLIN, 0};
      if (::poll(&wait, 1, 20) <= 0) continue;
      std::uint8_t bytes[64];
      const auto got = ::read(master_, bytes, sizeof bytes);
      if (got <= 0) continue;
      pending.insert(pending.end(), bytes, bytes + got);
      while (pending.size() >= 8) {
        answer({pending.begin(), pending.begin() + 8});
        pending.erase(pending.begin(), pending.begin() + 8);
      }
    }
  }
  void answer(const Bytes& request) {
    Bytes reply{request[0], request[1], static_cast<std::uint8_t>(2 * request[5])};
    for (int i = 0; i < request[5]; ++i) {
      reply.push_back(request[0]);
      reply.push_back(static_cast<std::uint8_t>(request[3] + i));
    }
    const auto crc = crc_of(reply);
    reply.push_back(static_cast<std::uint8_t>(crc));
    reply.push_back(static_cast<std::uint8_t>(crc >> 8));
    const auto after = usual_ + (requests_++ == late_request_ ? late_ : 0ms);
    answers_.emplace_back([this, reply, after] {
      std::this_thread::sleep_for(after);
      [[maybe_unused]] const auto sent = ::write(master_, reply.data(), reply.size());
    });
  }

  int late_request_;
  std::chrono::milliseconds usual_, late_;
  int master_ = -1, slave_ = -1;
  std::string name_;
  int requests_ = 0;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
  std::vector<std::thread> answers_;
};

struct Count {
  int good = 0, failed = 0, wrong = 0;
};
Count read_from(Device& device, const std::vector<int>& units, std::chrono::milliseconds timeout) {
  ModbusLink link(device.url());
  Count count;
  int number = 0;
  for (const int unit : units) {
    const auto address = static_cast<std::uint16_t>(16 * number++);
    std::uint16_t registers[2] = {};
    if (!link.read({static_cast<std::uint8_t>(unit), 3, address, timeout, 0ns}, registers)) {
      ++count.failed;
    } else if (registers[0] == (unit << 8 | (address & 0xFF))) {
      ++count.good;
    } else {
      ++count.wrong;
    }
  }
  return count;
}

TEST(LateAnswer, IsNeverTakenForTheNextRequestOfTheSameUnit) {
  Device device(1, 20ms, 480ms);
  const auto count = read_from(device, {5, 5, 5, 5, 5, 5, 5, 5}, 400ms);
  EXPECT_EQ(count.wrong, 0);
  EXPECT_EQ(count.failed, 1);
  EXPECT_EQ(count.good, 7);
}

TEST(LateAnswer, OfOneUnitDoesNotBringTheOthersOutOfStep) {
  Device device(1, 20ms, 480ms);
  const auto count = read_from(device, {1, 2, 3, 4, 5, 6, 7, 8}, 400ms);
  EXPECT_EQ(count.wrong, 0);
  EXPECT_EQ(count.failed, 1);
  EXPECT_EQ(count.good, 7);
}

TEST(LateAnswer, ThatComesWhileNobodyAsksIsThrownAwayBeforeTheNextRequest) {
  Device device(0, 20ms, 300ms);
  ModbusLink link(device.url());
  std::uint16_t registers[2] = {};
  EXPECT_FALSE(link.read({5, 3, 0, 100ms, 0ns}, registers));
  std::this_thread::sleep_for(
      300ms);  // the answer is there now, after the line was quiet for as long as it was waited for
  ASSERT_TRUE(link.read({5, 3, 0x20, 1s, 0ns}, registers));
  EXPECT_EQ(registers[0], 5 << 8 | 0x20);
}

}  // namespace
}  // namespace gateway
