// A test that tries many random cases divides their number by this, where the same arithmetic takes so much longer:
// under a sanitizer or an emulator. What these find, they find in the first of them; the whole number is tried where it
// costs little.
#pragma once

namespace gateway::test {

constexpr int slowness = GATEWAY_TEST_SLOWNESS;  // cmake/GatewayTest.cmake

}  // namespace gateway::test
