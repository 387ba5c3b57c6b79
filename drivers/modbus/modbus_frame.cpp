#include "drivers/modbus/modbus_frame.hpp"

#include <algorithm>

namespace gateway {
namespace {

constexpr std::uint8_t exception_bit = 0x80;

constexpr auto crc_table = [] {
  std::array<std::uint16_t, 256> table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? (value >> 1) ^ 0xA001u : value >> 1;
    table[byte] = static_cast<std::uint16_t>(value);
  }
  return table;
}();

std::uint8_t high(std::uint16_t word) { return static_cast<std::uint8_t>(word >> 8); }
std::uint8_t low(std::uint16_t word) { return static_cast<std::uint8_t>(word); }

void write_pdu(const ReadFrame& request, std::uint8_t* out) {
  out[0] = request.unit;
  out[1] = request.function == 4 ? 4 : 3;  // nothing that writes can be asked for, whatever the caller says
  out[2] = high(request.address);
  out[3] = low(request.address);
  out[4] = high(request.count);
  out[5] = low(request.count);
}

bool crc_holds(std::span<const std::uint8_t> frame) {
  const auto crc = crc16(frame.first(frame.size() - 2));
  return frame[frame.size() - 2] == low(crc) && frame[frame.size() - 1] == high(crc);
}

// Length of the read answer, or exception, that begins here; 0: these bytes can't begin one. Needs three bytes.
std::size_t rtu_length(std::span<const std::uint8_t> bytes) {
  const auto function = bytes[1] & ~exception_bit;
  if ((function != 3 && function != 4) || bytes[0] > 247) return 0;
  const std::size_t data = bytes[2];
  if ((bytes[1] & exception_bit) != 0) return data >= 1 && data <= 11 ? 5 : 0;
  return data == 0 || data > 250 || data % 2 != 0 ? 0 : 5 + data;
}

}  // namespace

// Modbus over Serial Line 1.02, 6.2.2.
std::uint16_t crc16(std::span<const std::uint8_t> bytes) noexcept {
  std::uint16_t crc = 0xFFFF;
  for (const auto byte : bytes) crc = static_cast<std::uint16_t>((crc >> 8) ^ crc_table[(crc ^ byte) & 0xFF]);
  return crc;
}

std::size_t write_rtu(const ReadFrame& request, FrameBytes& out) noexcept {
  write_pdu(request, out.data());
  const auto crc = crc16(std::span(out).first(6));
  out[6] = low(crc);
  out[7] = high(crc);
  return 8;
}

std::size_t write_tcp(const ReadFrame& request, FrameBytes& out) noexcept {
  out = {high(request.transaction), low(request.transaction), 0, 0, 0, 6};
  write_pdu(request, out.data() + 6);
  return 12;
}

Scan scan_rtu(std::span<const std::uint8_t> bytes, const ReadFrame& request) noexcept {
  const std::size_t expected = 5 + 2u * request.count;
  FrameBytes sent{};
  const auto asked = write_rtu(request, sent);
  // Noise before a frame is skipped, so a frame may begin anywhere; the first that is whole decides.
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto rest = bytes.subspan(at);
    // Adapters without echo suppression give our own request back first.
    if (rest.size() >= asked &&
        std::equal(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(asked), rest.begin()))
      return {Answer::echo, at + asked, {}, 0};
    if (rest.size() < 3) break;
    const auto length = rtu_length(rest);
    if (length == 0) continue;
    // What may be a frame is waited for: in the middle of one, five bytes with a right check sum are mere chance.
    if (rest.size() < length) return {};
    if (!crc_holds(rest.first(length))) continue;
    if (rest[0] != request.unit) return {Answer::foreign, at + length, {}, 0};
    if (rest[1] == (request.function | exception_bit)) return {Answer::exception, at + length, {}, rest[2]};
    if (rest[1] == request.function && length == expected)
      return {Answer::registers, at + length, rest.subspan(3, std::size_t{2} * request.count), 0};
    return {Answer::stale, at + length, {}, 0};
  }
  if (bytes.size() >= 3 && bytes[0] == request.unit && bytes[1] == request.function && bytes[2] == 2 * request.count &&
      bytes.size() >= expected)
    return {Answer::crc, expected, {}, 0};
  if (bytes.size() >= longest_frame) return {Answer::nonsense, bytes.size(), {}, 0};
  return {};
}

Scan scan_tcp(std::span<const std::uint8_t> bytes, const ReadFrame& request) noexcept {
  if (bytes.size() < 6) return {};
  const std::size_t length = static_cast<std::size_t>(bytes[4] << 8 | bytes[5]);
  if (bytes[2] != 0 || bytes[3] != 0 || length < 3 || length > 254) return {Answer::nonsense, bytes.size(), {}, 0};
  const std::size_t whole = 6 + length;
  if (bytes.size() < whole) return {};
  if ((bytes[0] << 8 | bytes[1]) != request.transaction) return {Answer::stale, whole, {}, 0};
  if (bytes[6] != request.unit) return {Answer::foreign, whole, {}, 0};
  if (bytes[7] == (request.function | exception_bit)) return {Answer::exception, whole, {}, bytes[8]};
  if (bytes[7] != request.function || length != 3u + 2u * request.count || bytes[8] != 2 * request.count)
    return {Answer::nonsense, whole, {}, 0};
  return {Answer::registers, whole, bytes.subspan(9, std::size_t{2} * request.count), 0};
}

}  // namespace gateway
