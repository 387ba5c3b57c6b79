// Signals as a queue of their own: blocked in every thread, taken one by one by the main thread.
#pragma once

#include <chrono>

namespace gateway {

enum class SignalEvent { none, stop, reload };

// Before any thread is started: threads inherit the mask.
void block_signals();
// Waits up to `timeout`.
[[nodiscard]] SignalEvent wait_for_signal(std::chrono::milliseconds timeout);

}  // namespace gateway
