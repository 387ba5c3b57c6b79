// Modbus frames as bytes: a read request, and what has come back so far. RTU and RTU inside TCP (Modbus over Serial
// Line 1.02, 2.5), and TCP (Modbus Messaging on TCP/IP 1.0b, 3.1.3). Only reads exist here. Pure functions; any thread.
//
// Answers are looked for in whatever bytes arrived: a stream of RTU answers has no marks of its own, so a frame counts
// only when its check sum is right; what is another request's is told apart from what is broken.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace gateway {

struct ReadFrame {
  std::uint8_t unit = 1;
  std::uint8_t function = 3;  // 3 or 4
  std::uint16_t address = 0;
  std::uint16_t count = 1;        // 1 to 125 registers
  std::uint16_t transaction = 0;  // TCP only
};

inline constexpr std::size_t longest_frame = 260;  // TCP: 7 + 253; RTU: 256
using FrameBytes = std::array<std::uint8_t, 12>;
// Length of the request written into `out`: 8 (RTU) or 12 (TCP).
std::size_t write_rtu(const ReadFrame& request, FrameBytes& out) noexcept;
std::size_t write_tcp(const ReadFrame& request, FrameBytes& out) noexcept;

[[nodiscard]] std::uint16_t crc16(std::span<const std::uint8_t> bytes) noexcept;

enum class Answer : std::uint8_t {
  incomplete,  // nothing wrong so far: wait for more
  registers,   // the answer; `data` is its registers, big-endian
  exception,   // the answer; `code` is the exception code
  stale,       // a whole frame, but of an earlier request of this unit; skip `used` bytes and look again
  foreign,     // a whole frame of another unit; skip `used` bytes and look again
  echo,        // our own request, given back by an adapter; skip `used` bytes and look again
  crc,         // as long as the answer would be, and begins as it would, but its check sum is wrong
  nonsense,    // can't become the answer any more, whatever follows
};
struct Scan {
  Answer what = Answer::incomplete;
  std::size_t used = 0;  // bytes from the front that are done with
  std::span<const std::uint8_t> data;
  std::uint8_t code = 0;
};
// What the bytes that came say of the request.
[[nodiscard]] Scan scan_rtu(std::span<const std::uint8_t> bytes, const ReadFrame& request) noexcept;
[[nodiscard]] Scan scan_tcp(std::span<const std::uint8_t> bytes, const ReadFrame& request) noexcept;

}  // namespace gateway
