// How fast readings become line protocol, on one core: 200 meters of ten values, beside the copying of the bytes that
// come out, and the compressing of them.
#include <cstring>
#include <vector>

#include "cloud-sync/influx/gzip.hpp"
#include "cloud-sync/influx/line_encoder.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/bench_site.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway::bench {
namespace {

using namespace std::chrono_literals;

constexpr int seconds = 200;

void run() {
  const Site site = site_of_meters(200, "");
  test::FakeClock clock;
  Polls polls{site};
  std::vector<Batch> batches(seconds);
  for (Batch& batch : batches) {
    polls.add(batch, clock.now());
    clock.advance(1s);
  }
  LineEncoder encoder{site};
  std::vector<std::string> texts;
  double fields = 0;
  for (const Batch& batch : batches) {
    encoder.clear();
    encoder.add(batch);
    for (const EncodedBody& body : encoder.bodies()) {
      texts.emplace_back(encoder.text(body));
      fields += body.values;
    }
  }
  const double encoding = quickest(7, [&] {
    for (const Batch& batch : batches) {
      encoder.clear();
      encoder.add(batch);
    }
  });
  std::vector<char> copy(1 << 20);
  std::size_t bytes = 0;
  const double copying = quickest(7, [&] {
    bytes = 0;
    for (const std::string& text : texts) {
      std::memcpy(copy.data(), text.data(), text.size());
      bytes += text.size();
      asm volatile("" : : "r"(copy.data()) : "memory");
    }
  });
  GzipCompressor gzip{4};
  std::size_t compressed = 0;
  const double compressing = quickest(3, [&] {
    compressed = 0;
    for (const std::string& text : texts) compressed += gzip.compress(text).size();
  });
  report("line_protocol_mfields_per_s", fields / encoding / 1e6, "M/s", Aim::at_least, 3);
  report("line_protocol_copy_mfields_per_s", fields / copying / 1e6, "M/s", Aim::none);
  report("line_protocol_gzip_mfields_per_s", fields / compressing / 1e6, "M/s", Aim::none);
  report("line_protocol_bytes_per_field", static_cast<double>(bytes) / fields, "B", Aim::none);
  report("line_protocol_gzip_bytes_per_field", static_cast<double>(compressed) / fields, "B", Aim::none);
}

}  // namespace
}  // namespace gateway::bench

int main() { gateway::bench::run(); }
