#include "tests/simulator/register_image.hpp"

#include <bit>
#include <cmath>

namespace gateway::simulator {
namespace {

class Writer {
 public:
  explicit Writer(RegisterImage& image) : image_(image) {}
  void u16(std::uint16_t at, std::uint16_t value) { image_.registers[at] = value; }
  void u32(std::uint16_t at, std::uint32_t value) {
    u16(at, static_cast<std::uint16_t>(value >> 16));
    u16(static_cast<std::uint16_t>(at + 1), static_cast<std::uint16_t>(value));
  }
  void u64(std::uint16_t at, std::uint64_t value) {
    u32(at, static_cast<std::uint32_t>(value >> 32));
    u32(static_cast<std::uint16_t>(at + 2), static_cast<std::uint32_t>(value));
  }
  void f32(std::uint16_t at, double value) { u32(at, std::bit_cast<std::uint32_t>(static_cast<float>(value))); }
  // Low byte first, all the way.
  void f32_reversed(std::uint16_t at, double value) {
    u32(at, __builtin_bswap32(std::bit_cast<std::uint32_t>(static_cast<float>(value))));
  }
  void fill(std::uint16_t from, std::uint16_t to) {
    for (std::uint32_t at = from; at <= to; ++at)
      image_.registers.try_emplace(static_cast<std::uint16_t>(at), std::uint16_t{0});
  }

 private:
  RegisterImage& image_;
};

struct Phase {
  double volts, amperes, watts;
};
constexpr double power_factor = 0.93;
Phase phase_of(double watts, int number) {
  const double share = number == 0 ? 0.36 : number == 1 ? 0.33 : 0.31;
  const double volts = 229.4 + 0.8 * number;
  return {volts, watts * share / volts / power_factor, watts * share};
}

}  // namespace

RegisterImage image_of(const PlantMeter& meter, double rate) {
  RegisterImage image;
  Writer to(image);
  const double kwh = static_cast<double>(meter.counter) / 1e6;
  const auto at = [](int base, int phase, int step = 2) { return static_cast<std::uint16_t>(base + phase * step); };
  switch (meter.model) {
    case Model::eastron_sdm630:
      image.function = 4;
      to.fill(0x0000, 0x0059);
      for (int p = 0; p < 3; ++p) {
        const auto phase = phase_of(rate, p);
        to.f32(at(0x0000, p), phase.volts);
        to.f32(at(0x0006, p), phase.amperes);
        to.f32(at(0x000C, p), phase.watts);
      }
      to.f32(0x0034, rate);
      to.f32(0x003E, power_factor);
      to.f32(0x0046, 50.01);
      to.f32(0x0048, kwh);
      to.f32(0x004A, 0);
      break;
    case Model::chint_dtsu666:
      to.fill(0x2000, 0x2055);
      to.fill(0x101E, 0x1031);
      for (int p = 0; p < 3; ++p) {
        const auto phase = phase_of(rate, p);
        to.f32(at(0x2006, p), phase.volts * 10);
        to.f32(at(0x200C, p), phase.amperes * 1000);
        to.f32(at(0x2014, p), phase.watts * 10);
      }
      to.f32(0x2012, rate * 10);
      to.f32(0x202A, power_factor * 1000);
      to.f32(0x2044, 5001);
      to.f32(0x101E, kwh);
      to.f32(0x1028, 0);
      break;
    case Model::abb_b23:
      to.fill(0x5B00, 0x5B3D);
      for (int p = 0; p < 3; ++p) {
        const auto phase = phase_of(rate, p);
        to.u32(at(0x5B00, p), static_cast<std::uint32_t>(std::lround(phase.volts * 10)));
        to.u32(at(0x5B0C, p), static_cast<std::uint32_t>(std::lround(phase.amperes * 100)));
        to.u32(at(0x5B16, p), static_cast<std::uint32_t>(std::lround(phase.watts * 100)));
      }
      to.u32(0x5B14, static_cast<std::uint32_t>(std::lround(rate * 100)));
      to.u16(0x5B2C, 5001);
      to.u16(0x5B3A, static_cast<std::uint16_t>(power_factor * 1000));
      to.u64(0x5000, static_cast<std::uint64_t>(meter.counter / 10'000));  // 0.01 kWh
      to.u64(0x5004, 0xFFFFFFFFFFFFFFFFu);                                 // this meter has no export register
      break;
    case Model::kaifeng_xintai:
      to.fill(0x0001, 0x001D);
      to.f32_reversed(0x0001, static_cast<double>(meter.counter) / 1e6);
      to.f32_reversed(0x0003, 0);
      to.f32_reversed(0x0005, rate / 1000);
      to.u16(0x0007, 0x00AA);
      to.f32_reversed(0x000A, 0.31);
      to.f32_reversed(0x000C, 18.5);
      to.f32_reversed(0x001A, 3.6);
      break;
  }
  return image;
}

}  // namespace gateway::simulator
