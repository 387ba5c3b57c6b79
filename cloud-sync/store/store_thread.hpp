// The thread that owns the store. Batches come in from the core, rows go out to the uploaders, acknowledgements come
// back and ride in the next commit.
//
// submit() never waits for the disk: while the disk stalls, is full or can't be written, batches wait in memory, up to
// a number of readings; then submit() says no and the core goes on filling the batch it has. A batch whose commit
// failed stays at the head and is tried again, until the disk takes it. Any thread may call; what is called back, is
// called on the store thread and must be quick. A large database is read through for damage beside the work.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "cloud-sync/store/store.hpp"

namespace gateway {

struct StoreThreadOptions {
  std::size_t batches = 8;                             // in the queue, usually
  std::size_t most_held_readings = 600'000;            // and beyond that while the disk takes nothing: 14 MB
  std::string in_memory{};                             // why the store is in memory and not on the disk; "": it is not
  std::chrono::milliseconds retry{1000};               // after a commit that failed
  std::chrono::milliseconds save_within{2000};         // acknowledgements without a batch to ride with
  std::function<void(const AlarmRecord&)> alarm_kept;  // after the commit that keeps it: may leave the box now
  std::function<void(const Error&)> commit_failed;
  std::function<void(MeterRequest)> meter_request{};  // a command asks for it; answered by a batch (Batch::answers)
};

class StoreThread {
 public:
  // Starts the thread. The clock must outlive it.
  StoreThread(Store store, std::size_t sinks, const Clock& clock, StoreThreadOptions options = {});
  ~StoreThread();
  // Commits what was submitted, answers what was asked, ends the thread. What is asked later is answered with
  // operation_canceled.
  void stop();

  // Takes the batch and leaves an empty one in its place. False: the queue is full, the batch stays where it is.
  // Batches are committed in order, each as soon as the one before it is; `urgent` ones before any other work.
  bool submit(std::unique_ptr<Batch>& batch, bool urgent);

  using Next = std::function<void(Expected<Delivery>)>;
  void next(std::size_t sink, Pick pick, Next answer);
  void acknowledge(std::size_t sink, Delivery delivery, std::vector<DeadLetter> dead = {});
  void change(OutboxChange change, std::function<void(Expected<std::string>)> answer);
  // Calls back on the store thread (or at once, when nothing waits) after the commit that keeps what was submitted
  // before; without it while the disk takes nothing.
  void after_commit(std::function<void()> then);
  void save_notifier(std::string id, NotifierPosition position);
  // Called after each commit that put something into the sink's queue. An empty function takes the listener away; when
  // that returns it is not called any more.
  void listen(std::size_t sink, std::function<void()> kept);

  [[nodiscard]] StoreStatus status() const;
  [[nodiscard]] SinkFigures figures(std::size_t sink) const;
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }

 private:
  using Task = std::function<void(Store*)>;  // nullptr: the store is closed
  void run();
  void post(Task task);
  void look_for_damage();
  bool commit(const Batch& batch);
  void answer_waiting(bool kept);
  void publish();

  Store store_;
  const Clock& clock_;
  StoreThreadOptions options_;
  std::filesystem::path file_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Batch>> queue_;
  std::vector<std::unique_ptr<Batch>> free_;
  std::vector<Task> tasks_;
  struct Waiting {
    std::uint64_t submitted;
    std::function<void()> then;
  };
  std::deque<Waiting> waiting_;  // in the order of `submitted`
  std::uint64_t submitted_ = 0;  // batches
  std::uint64_t committed_ = 0;
  bool refused_ = false;           // by the disk, at the last try
  std::size_t held_readings_ = 0;  // in the queue
  bool urgent_ = false;
  bool stopping_ = false;
  bool stopped_ = false;

  std::mutex listeners_mutex_;
  std::vector<std::function<void()>> listeners_;

  mutable std::mutex status_mutex_;
  bool on_disk_ = true;  // of the store thread: the last commit succeeded
  StoreStatus status_;
  std::vector<SinkFigures> figures_;

  std::thread thread_;
  std::thread checker_;  // of a database that was too large to be read whole at start; ends by itself
  std::atomic<bool> end_check_ = false;
};

}  // namespace gateway
