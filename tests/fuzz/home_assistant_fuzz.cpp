// Home Assistant discovery: the first line is the topic, the rest the announcement.
#include "drivers/mqtt/home_assistant.hpp"
#include "tests/fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view payload(reinterpret_cast<const char*>(data), size);
  const auto topic = gateway::fuzz::line_of(payload);
  if (const auto entities = gateway::decode_announcement("homeassistant", topic, payload)) {
    GATEWAY_CHECK(entities->size() <= gateway::most_announced_entities);
    for (const auto& entity : *entities) {
      GATEWAY_CHECK(!entity.state_topic.empty() && entity.state_topic.size() <= gateway::longest_announced_text);
      if (entity.pointer && !entity.pointer->empty()) GATEWAY_CHECK(entity.pointer->front() == '/');
    }
  }
  (void)gateway::pointer_of_template(payload);
  return 0;
}
