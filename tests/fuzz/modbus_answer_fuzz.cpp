// What may come back on a Modbus line: bytes in any number, against any request. The first five bytes choose the
// request.
#include <algorithm>
#include <cstdint>
#include <span>

#include "drivers/modbus/modbus_frame.hpp"
#include "tests/fuzz/check.hpp"

namespace gateway {
namespace {

// Scans as the link does: skips what is done with and looks again, until there is an answer or bytes are lacking.
template <class ScanFn>
void scan_all(std::span<const std::uint8_t> bytes, const ReadFrame& request, ScanFn scan) {
  while (true) {
    const auto found = scan(bytes, request);
    GATEWAY_CHECK(found.used <= bytes.size());
    if (found.what == Answer::registers) {
      GATEWAY_CHECK(found.data.size() == 2U * request.count);
      GATEWAY_CHECK(found.data.data() >= bytes.data() &&
                    found.data.data() + found.data.size() <= bytes.data() + bytes.size());
    }
    if (found.what != Answer::stale && found.what != Answer::foreign && found.what != Answer::echo) return;
    GATEWAY_CHECK(found.used > 0);
    bytes = bytes.subspan(found.used);
  }
}

}  // namespace
}  // namespace gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gateway;
  if (size < 5) return 0;
  ReadFrame request;
  request.unit = static_cast<std::uint8_t>(1 + data[0] % 247);
  request.function = data[1] % 2 == 0 ? 3 : 4;
  request.count = static_cast<std::uint16_t>(1 + data[2] % 125);
  request.transaction = static_cast<std::uint16_t>(data[3] << 8 | data[4]);
  const std::span<const std::uint8_t> bytes(data + 5, size - 5);
  scan_all(bytes, request, scan_rtu);
  scan_all(bytes, request, scan_tcp);
  return 0;
}
